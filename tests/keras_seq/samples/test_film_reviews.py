"""The generated film reviews: the same on every machine, distinct, with no template of one split in another."""

import hashlib

import pytest

from keras_seq.formats import Table
from keras_seq.samples import film_reviews


def test_the_reviews_are_the_same_everywhere():
    """A change of this number is a change of the corpus: count VERSION up with it."""
    rows = [row for split, size in film_reviews.SIZES.items() for row in film_reviews.reviews(split, size)]
    assert (film_reviews.VERSION, hashlib.sha256(repr(rows).encode()).hexdigest()[:16]) == (
        1,
        "98eba128290a6777",
    )


@pytest.mark.parametrize("split", film_reviews.SIZES)
def test_reviews_are_distinct_and_balanced(split):
    rows = film_reviews.reviews(split, film_reviews.SIZES[split])
    assert len({text for text, _ in rows}) == len(rows) == film_reviews.SIZES[split]
    assert sum(label == "positive" for _, label in rows) == len(rows) // 2


def test_no_template_and_no_review_is_in_two_splits():
    templates = [set(film_reviews.TEMPLATES[split]) for split in film_reviews.SIZES]
    texts = [{text for text, _ in film_reviews.reviews(s, n)} for s, n in film_reviews.SIZES.items()]
    for sets in (templates, texts):
        assert sum(map(len, sets)) == len(set.union(*sets))


def test_negation_and_contrast_decide_the_label():
    labels = dict(film_reviews.reviews("train", 4000))
    negated = [(text, label) for text, label in labels.items() if text.startswith("this is not a")]
    assert len(negated) > 20
    for text, label in negated:
        named_positive = any(f" {word} " in f"{text} " for word in film_reviews.POSITIVE)
        assert label == ("negative" if named_positive else "positive")


def test_it_is_written_once_and_read_by_the_common_reader(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    folder = film_reviews.write()
    assert folder.parent == tmp_path
    before = (folder / "train.tsv").stat().st_mtime_ns
    assert film_reviews.write() == folder
    assert (folder / "train.tsv").stat().st_mtime_ns == before
    rows = [(example.input, example.truth) for example in Table(str(folder / "test.tsv"), 0, 1)]
    assert rows == film_reviews.reviews("test", 1000)
    assert [p.name for p in tmp_path.iterdir()] == [folder.name], "nothing half-written is left"
