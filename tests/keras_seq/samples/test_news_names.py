"""Names in the generated news."""

import itertools

from keras_seq.samples import news
from keras_seq.samples.news_names import names


def test_no_split_of_the_news_shares_names():
    for one, other in itertools.combinations(news.SIZES, 2):
        assert not set(itertools.chain(*names(one).values())) & set(itertools.chain(*names(other).values()))
