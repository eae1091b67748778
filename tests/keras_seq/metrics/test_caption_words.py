"""Words of captions, as coco-caption's tokenizer makes them; what is expected here was its answer."""

import pytest

from keras_seq.metrics.caption_words import words_of


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("A man's dog isn't big; it's 3.5 feet - or 1,000 inches?",
         "a man 's dog is n't big it 's 3.5 feet or 1,000 inches"),
        ('"Hello," said the man (in a T-shirt).', "hello said the man -lrb- in a t-shirt -rrb-"),
        ("He can't, won't, cannot go... gonna!", "he ca n't wo n't can not go gon na"),
        ("the dogs' ball & the cat/dog #1 -- 50% off: $5", "the dogs ball & the cat/dog # 1 50 % off $ 5"),
        ("Mr. Smith of the U.S. at 5 o'clock p.m.", "mr. smith of the u.s. at 5 o'clock p.m."),
        ("two-year-old boy's e-mail: a@b.com 'quoted' word", "two-year-old boy 's e-mail a@b.com quoted word"),
        ("I'm sure they'd've we'll you're", "i 'm sure they 'd 've we 'll you 're"),
        ("a café \u2019s and it\u2019s \u201cfine\u201d \u2014 yes\u2026", "a café 's and it 's fine yes"),
        ("A dog runs .", "a dog runs"),
        ("an x.", "an x"),
        ("  ", ""),
        ("... !", ""),
        ("Кошка, спит.", "кошка спит"),
    ],
    ids=[
        *("clitics", "brackets", "joined", "signs", "points", "hyphens", "more clitics", "curly"),
        *("spaced", "last letter", "blank", "punctuation", "Russian"),
    ],
)  # fmt: skip
def test_words_are_those_of_the_treebank_without_punctuation(caption, expected):
    assert " ".join(words_of(caption)) == expected
