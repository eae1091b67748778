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


def test_the_surest_right_and_wrong_examples_are_shown():
    scorer = ActivityScorer(CLASSES)
    for number, (truth, best, score) in enumerate(
        [("a", "a", 0.5), ("a", "a", 0.9), ("b", "b", 0.7), *[("c", "a", 0.1 * n) for n in range(5)]]
    ):
        labels = [best, *(name for name in CLASSES if name != best)]
        scores = [score if name == truth else 0.01 for name in labels]
        scorer.add(Example(f"x{number}", truth, "f:1"), {"labels": labels, "label": best, "scores": scores})
    shown = {name: example.input for name, example in scorer.typical()}
    assert shown == {"right_1": "x1", "right_2": "x2", "wrong_1": "x3", "wrong_2": "x4", "wrong_3": "x5"}
    assert ActivityScorer(CLASSES).typical() == []
