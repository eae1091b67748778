"""Two sides of a comparison that take turns: each is a process that answers numbers with lines of JSON."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any


class Side:
    """A process that answers the number of a case.

    Args:
        command: that runs `answer_numbers`.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()  # that it is ready

    def __call__(self, number: int) -> dict[str, Any]:
        """What the process answers to a case."""
        print(number, file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit(self.process.wait() or 1)
        return json.loads(line)


def answer_numbers(answer: Callable[[int], dict[str, Any]]) -> None:
    """Answer every line of the standard input, which is the number of a case, until there are no more."""
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(int(line))), flush=True)


def in_turns(asked: Sequence[tuple[Side, int]], rounds: int) -> dict[tuple[Side, int], list[dict[str, Any]]]:
    """The answers of sides to cases, round by round; one round more, in which graphs are built, does not count."""
    found: dict[tuple[Side, int], list[dict[str, Any]]] = {key: [] for key in asked}
    for number in range(rounds + 1):
        for side, case in asked:
            answer = side(case)
            if number:
                found[side, case].append(answer)
        print(f"round {number} of {rounds} is done", file=sys.stderr)
    return found


def ratios(mine: Sequence[float], others: Sequence[float]) -> str:
    """The ratio of rates, round by round: the median, the lowest and the highest."""
    found = [one / other for one, other in zip(mine, others, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"
