"""Scores of activities beside those of labels."""

import pytest

from keras_seq.formats import Example
from keras_seq.metrics import ActivityScorer

CLASSES = list("abcdefg")


def answer(best, **others):
    labels = [best, *(name for name in CLASSES if name != best)]
    return {"labels": labels, "label": best, "scores": [0.4, *[0.1] * 6], "score": 0.4, **others}


def scored(*answers):
    scorer = ActivityScorer(CLASSES)
    errors = [scorer.add(Example("x", truth, "f:1"), given) for truth, given in answers]
    return scorer.scores(), errors, scorer


def test_accuracy_comes_first_and_the_truth_may_be_among_five():
    scores, errors, scorer = scored(("a", answer("a")), ("e", answer("a")), ("g", answer("a")))
    assert list(scores)[:3] == ["accuracy", "top_5", "macro_f1"]
    assert scores["accuracy"] == pytest.approx(1 / 3)
    assert scores["top_5"] == pytest.approx(2 / 3)
    assert errors == pytest.approx([0.6, 0.9, 0.9])
    assert "single_frame_accuracy" not in scores
    assert "top_5" in scorer.table(scores)


def test_what_is_known_without_the_order_stands_beside_it():
    with_order = {"single_frame_label": "b", "shuffled_label": "a"}
    scores, _, _ = scored(("a", answer("a", **with_order)), ("b", answer("a", **with_order)))
    assert scores["single_frame_accuracy"] == 0.5
    assert scores["shuffled_accuracy"] == 0.5
    scores, _, _ = scored(("a", answer("a", **with_order)), ("a", answer("a")))
    assert scores["shuffled_accuracy"] == 1.0, "of the answers that have it"
