"""Answers of two sides: equal up to the rounding of float32, or the input, the output and the difference."""

import pytest

from export.comparison import TOLERANCE, GateError, largest_difference, rows


def difference(expected, given):
    return largest_difference("gate 3 (same)", [b"a film"], [expected], [given], ("here", "there"))


def test_rows_of_batches_follow_each_other():
    assert rows([{"a": [1, 2]}, {"a": [3, 4]}], [2, 1]) == [{"a": 1}, {"a": 2}, {"a": 3}]


def test_numbers_may_differ_a_little():
    assert difference({"scores": [0.5, 0.25]}, {"scores": [0.5, 0.25 + TOLERANCE / 2]}) < TOLERANCE
    assert difference({"label": "good"}, {"label": "good"}) == 0


@pytest.mark.parametrize(
    ("expected", "given", "message"),
    [
        ({"score": 0.5}, {"score": 0.6}, "input 'a film': score is 0.5 here, 0.6 there"),
        ({"label": "good"}, {"label": "bad"}, "label is 'good' here, 'bad' there"),
        ({"scores": [0.5]}, {"scores": [0.5, 0.5]}, "scores is"),
        ({"score": 0.5}, {"score": float("nan")}, "score is 0.5 here, nan there"),
        ({"score": 0.5}, {"label": "good"}, r"outputs \['score'\] here, \['label'\] there"),
    ],
    ids=["number", "text", "length", "nan", "outputs"],
)
def test_what_differs_is_named(expected, given, message):
    with pytest.raises(GateError, match=message):
        difference(expected, given)
