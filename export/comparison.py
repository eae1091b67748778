"""Answers of several sides to the same inputs: whether they are the same, and whether damage is answered as
damage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from export.questions import described
from keras_seq.answers.answering import PROBLEM
from keras_seq.answers.edge_inputs import EdgeInputs

TOLERANCE = 1e-5  # between two numbers of the answers to one input
SHOWN_VALUE = 200  # characters of a value in a message

Row = dict[str, np.ndarray]  # output -> its value for one input; numbers, or texts (object)


class GateError(ValueError):
    """A servable failed a gate: which, and by which op, input and difference."""


class Answers(NamedTuple):
    """What one side answered, a row an input.

    Attributes:
        alone: to every input by itself; the Keras model is not asked so.
        together: to the batches of them, one after the other.
        others: of every other signature, to batches of like lengths, one after the other.
    """

    alone: list[Row]
    together: list[Row]
    others: dict[str, list[Row]]


def rows(answers: Iterable[Mapping[str, np.ndarray]], sizes: Iterable[int]) -> list[Row]:
    """The answers to batches of the sizes given, a row an input."""
    return [
        {name: values[place, ...] for name, values in answer.items()}
        for answer, size in zip(answers, sizes, strict=True)
        for place in range(size)
    ]


def largest_difference(
    gate: str, inputs: Sequence[bytes], expected: list[Row], given: list[Row], sides: tuple[str, str]
) -> float:
    """The largest difference of two numbers.

    Args:
        gate: for messages.
        inputs: raw inputs.
        expected, given: the answers to them of two sides.
        sides: where these come from, as "from REST" or "alone".

    Raises:
        GateError: when it is more than `TOLERANCE`, texts differ, or other outputs were answered.
    """
    largest = 0.0
    for raw, left, right in zip(inputs, expected, given, strict=True):
        if set(left) != set(right):
            raise GateError(f"{gate}: outputs {sorted(left)} {sides[0]}, {sorted(right)} {sides[1]}")
        for name in left:
            difference = _difference(left[name], right[name])
            largest = max(largest, difference)
            if difference > TOLERANCE:
                raise GateError(
                    f"{gate}: input {described(raw)}: {name} is {_shown(left[name])} {sides[0]}, "
                    f"{_shown(right[name])} {sides[1]} (difference {difference:.3g}, at most {TOLERANCE:g})"
                )
    return largest


def check_damage(inputs: Sequence[bytes], answered: list[Row], edges: EdgeInputs, side: str) -> None:
    """Gate 5, for the answers of one side.

    Raises:
        GateError: when a damaged input has no `problem`, a good one has one, or there is an answer beside a
            problem.
    """
    damaged, either = set(edges.damaged), set(edges.either)
    for raw, row in zip(inputs, answered, strict=True):
        problem = row[PROBLEM]
        kind = "damaged" if raw in damaged else "" if raw in either else "good"
        about = f"gate 5 (damage): {kind} input {described(raw)}".replace("  ", " ")
        if problem.ndim or not isinstance(problem.item(), str):
            raise GateError(f"{about}: {PROBLEM} is {_shown(problem)} from {side}, expected one text")
        if kind == "damaged" and _is_padding(problem):
            raise GateError(f"{about}: {PROBLEM} is empty from {side}; expected what is wrong with it")
        if kind == "good" and not _is_padding(problem):
            raise GateError(f"{about}: {PROBLEM} is {_shown(problem)} from {side}; expected none")
        for name, value in () if _is_padding(problem) else row.items():
            if name != PROBLEM and not _is_padding(value):
                raise GateError(
                    f"{about}: {name} is {_shown(value)} from {side} beside the problem {_shown(problem)}; "
                    "expected an empty row, 0 and ''"
                )


def _difference(left: np.ndarray, right: np.ndarray) -> float:
    # Rows of a batch are as long as its longest; what pads them is no difference. Lists have lost how wide nothing is.
    if not left.size or not right.size:
        return 0.0 if _is_padding(left) and _is_padding(right) else np.inf
    if left.ndim != right.ndim or (left.dtype == object) != (right.dtype == object):
        return np.inf
    shape = tuple(map(min, left.shape, right.shape))
    if any(_count(side) > _count(_cut(side, shape)) for side in (left, right)):
        return np.inf
    left, right = _cut(left, shape), _cut(right, shape)
    if left.dtype == object:
        return 0.0 if np.array_equal(left, right) else np.inf
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return np.inf
    return float(np.abs(np.subtract(left, right, dtype=np.float64)).max())


def _cut(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    # As an array again: of no dimensions NumPy gives the text itself.
    return np.asarray(values[tuple(map(slice, shape))], values.dtype)


def _is_padding(values: np.ndarray) -> bool:
    return not _count(values)


def _count(values: np.ndarray) -> int:
    """How many values are no padding."""
    return np.count_nonzero(values != ("" if values.dtype == object else 0))


def _shown(value: np.ndarray) -> str:
    text = repr(value.tolist())
    return text if len(text) <= SHOWN_VALUE else f"{text[:SHOWN_VALUE]}..."
