"""Answers of several sides, compared: numbers to a tolerance, texts exactly, padding not at all."""

import math

import pytest

from export.comparison import GateError, check_damage, largest_difference, rows
from export.questions import array
from keras_seq.answers.edge_inputs import EdgeInputs

SIDES = ("from here", "from there")


def arrays(row):
    return {name: array(value) for name, value in row.items()}


def difference(left, right):
    return largest_difference("gate 3", [b"x"], [arrays({"y": left})], [arrays({"y": right})], SIDES)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1.0, 1.000001),
        ("a", "a"),
        ([1, 2], [1, 2, 0, 0]),
        (["a", ""], ["a"]),
        ([[1], [0]], [[1, 0]]),
        ([], []),
        ([], [[0.0, 0.0]]),
        ([[0.5, 0], [0, 0]], [[0.5]]),
        ([True, False], [True]),
    ],
)
def test_what_is_the_same(left, right):
    assert difference(left, right) < 1e-5


@pytest.mark.parametrize(
    ("left", "right"),
    [
        *((1.0, 1.1), ("a", "b"), ([1], [1, 2]), (["a"], [""]), (math.nan, math.nan), (math.inf, 1.0)),
        *(([1, 0], [1, math.nan]), ([[1], [2]], [[1, 1], [2, 0]]), ([[1], [2]], [[1]]), ([], [1])),
        *((["a"], [1]), ([1], [[1]]), ("a", "a\0"), (2**40, 2**40 + 1), (True, False)),
    ],
)
def test_what_is_not_the_same_is_named_with_both_values(left, right):
    with pytest.raises(GateError, match=r"gate 3: input 'x': y is .* from here, .* from there \(difference"):
        difference(left, right)


def test_other_outputs_are_named():
    with pytest.raises(GateError, match=r"outputs \['a'\] from here, \['b'\] from there"):
        largest_difference("gate 3", [b"x"], [arrays({"a": 1})], [arrays({"b": 1})], SIDES)


def test_a_message_is_short_whatever_the_input_and_the_answer():
    with pytest.raises(GateError) as caught:
        largest_difference(
            "g", [b"\xff" * 10**6], [arrays({"y": "a" * 10**6})], [arrays({"y": "b" * 10**6})], SIDES
        )
    assert len(str(caught.value)) < 1000


def test_answers_to_batches_are_rows():
    answers = [arrays({"y": [1, 2], "z": ["a", "b"]}), arrays({"y": [3], "z": ["c"]})]
    found = [{name: value.tolist() for name, value in row.items()} for row in rows(answers, [2, 1])]
    assert found == [{"y": 1, "z": "a"}, {"y": 2, "z": "b"}, {"y": 3, "z": "c"}]


EDGES = EdgeInputs([], [b"damaged"], [b"either"])


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        (b"good", {"y": [1.0], "problem": ""}),
        (b"good", {"y": [0.0], "problem": ""}),
        (b"damaged", {"y": [0.0, 0.0], "z": ["", ""], "problem": "no file"}),
        (b"either", {"y": [], "problem": "no file"}),
        (b"either", {"y": [1.0], "problem": ""}),
    ],
)
def test_what_passes_gate_5(raw, row):
    check_damage([raw], [arrays(row)], EDGES, "REST")


@pytest.mark.parametrize(
    ("raw", "row", "message"),
    [
        (b"good", {"y": 1.0, "problem": "x"}, "good input 'good': problem is 'x' from REST; expected none"),
        (b"damaged", {"y": 0.0, "problem": ""}, "damaged input 'damaged': problem is empty from REST"),
        (
            b"damaged",
            {"y": [0.0, 1.0], "problem": "x"},
            "damaged input 'damaged': y is .*beside the problem 'x'",
        ),
        (b"either", {"y": "a", "problem": "x"}, "input 'either': y is 'a' from REST beside the problem 'x'"),
        (b"either", {"y": "a", "problem": ["x"]}, "problem is .* from REST, expected one text"),
    ],
)
def test_what_gate_5_refuses(raw, row, message):
    with pytest.raises(GateError, match=rf"^gate 5 \(damage\): .*{message}"):
        check_damage([raw], [arrays(row)], EDGES, "REST")
