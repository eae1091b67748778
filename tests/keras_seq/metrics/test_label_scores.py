"""Scores of labels say something of every name."""

import pytest

from keras_seq import metrics

NAMES = ["x", "x-", "-x", "x_", "_", "-", "B-x", "O", "x\0", "x ", "1", "01", "True", "é", "e\u0301"]


def test_every_label_has_scores_of_its_own():
    """NumPy's texts lose what they end in, where that is NUL."""
    records = [(name, name) for name in NAMES] + [("x\0", "x")]
    found = metrics.classification(records, list(reversed(NAMES)))
    assert list(found["classes"]) == sorted(NAMES)
    assert found["accuracy"] == pytest.approx(len(NAMES) / (len(NAMES) + 1))
    assert found["classes"]["x\0"]["examples"] == 2
    assert found["classes"]["x\0"]["recall"] == pytest.approx(0.5)
    matrix = found["confusion_matrix"]
    assert sum(map(sum, matrix)) == len(records)
    assert matrix[sorted(NAMES).index("x\0")][sorted(NAMES).index("x")] == 1


def test_labels_that_a_split_lacks_are_scored_as_none():
    found = metrics.classification([("a", "a")], ["a", "b", "c"])
    assert found["classes"]["b"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "examples": 0}
    assert found["confusion_matrix"] == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
