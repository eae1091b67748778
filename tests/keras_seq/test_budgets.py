"""How large an example is."""

import numpy as np
import pytest
from fits import of_words

from keras_seq import budgets
from keras_seq.applications import translation
from keras_seq.formats import Example
from keras_seq.reading import Reader


def test_words_are_counted_without_their_padding(monkeypatch):
    monkeypatch.setattr(budgets, "AT_ONCE", 2)
    texts = ["a b c", "a", "", "a . b", "c " * 40]
    examples = [Example(text, ("x", "y"), f"f:{n}") for n, text in enumerate(texts)]
    assert list(budgets.sizes_of(examples, of_words(), Reader())) == [3, 1, 1, 3, 40]


def test_an_application_may_know_better():
    examples = [Example("a b c", "x", "f:1"), Example("a", "y", "f:2")]
    assert list(budgets.sizes_of(examples, of_words(cost=lambda one: len(one.input)), Reader())) == [5, 1]


def test_the_longer_of_two_texts_counts():
    pairs = [
        Example("ein Haus am See", "a house", "f:1"),
        Example("ja", "yes it is so at the lake", "f:2"),
    ] * 20
    preprocessing = translation.prepare(pairs, vocabulary_size=60)
    sizes = budgets.sizes_of(pairs[:2], preprocessing, Reader())
    inputs, _ = preprocessing.pair(
        preprocessing.features_of([pairs[1].input]), np.array([pairs[1].truth], object)
    )
    assert sizes[1] == inputs["target_ids"].shape[1] > inputs["source_ids"].shape[1]
    assert sizes[0] > 1


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (np.array([[1, 2, 0], [0, 0, 0]]), [2, 1]),
        (np.array([["a", ""], ["a", "b"]], object).astype("S"), [1, 2]),
        (np.zeros((2, 3, 4)) + np.array([1, 0, 1])[:, None], [3, 3]),
        (np.array([1.0, 2.0]), [1, 1]),
    ],
    ids=["ids", "strings", "vectors", "numbers"],
)
def test_padding_on_the_right_is_no_step(rows, expected):
    rows = rows.astype(object) if rows.dtype.kind == "S" else rows
    assert budgets.steps(rows).tolist() == expected
