"""Answers of several sides to the same inputs: whether they are the same, and whether damage is answered as
damage.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from export.questions import described
from keras_seq.answers.answering import PROBLEM
from keras_seq.answers.edge_inputs import EdgeInputs

TOLERANCE = 1e-5  # between two numbers of the answers to one input
SHOWN_VALUE = 200  # characters of a value in a message

Row = dict[str, Any]  # output -> its value for one input


class GateError(ValueError):
    """A servable failed a gate: which, and by which op, input and difference."""


class Answers(NamedTuple):
    """What one side answered, a row an input.

    Attributes:
        alone: to every input by itself; the Keras model is not asked so.
        together: to the batches of them, one after the other.
        others: of every other signature, to all inputs at once.
    """

    alone: list[Row]
    together: list[Row]
    others: dict[str, list[Row]]


def rows(answers: Iterable[Mapping[str, list]], sizes: Iterable[int]) -> list[Row]:
    """The answers to batches of the sizes given, a row an input."""
    return [
        {name: values[place] for name, values in answer.items()}
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
        if not isinstance(problem, str):
            raise GateError(f"{about}: {PROBLEM} is {_shown(problem)} from {side}, expected one text")
        if kind == "damaged" and not problem:
            raise GateError(f"{about}: {PROBLEM} is empty from {side}; expected what is wrong with it")
        if kind == "good" and problem:
            raise GateError(f"{about}: {PROBLEM} is {_shown(problem)} from {side}; expected none")
        for name, value in row.items() if problem else ():
            if name != PROBLEM and not _is_padding(value):
                raise GateError(
                    f"{about}: {name} is {_shown(value)} from {side} beside the problem {_shown(problem)}; "
                    "expected an empty row, 0 and ''"
                )


def _difference(left: Any, right: Any) -> float:
    if isinstance(left, list):
        # Rows of a batch are as long as its longest; what pads them is no difference.
        if not all(map(_is_padding, (*left[len(right) :], *right[len(left) :]))):
            return math.inf
        return max((_difference(a, b) for a, b in zip(left, right, strict=False)), default=0.0)
    if isinstance(left, str):
        return 0.0 if left == right else math.inf
    return abs(left - right) if math.isfinite(left) and math.isfinite(right) else math.inf


def _is_padding(value: Any) -> bool:
    return all(map(_is_padding, value)) if isinstance(value, list) else value in ("", 0)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_VALUE else f"{text[:SHOWN_VALUE]}..."
