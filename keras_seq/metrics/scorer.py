"""The scorer of a split: it is given the answers one after the other, and gives the scores of all."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from keras_seq.formats import Answer, Example
from keras_seq.metrics import report
from keras_seq.pictures import Picture


class Scorer:
    """Scores of the answers to a split, and how they are shown.

    Args:
        classes: those that the model answers with.
        seen: what of the training split the scores compare with (`Preprocessing.seen`).
    """

    def __init__(self, classes: Sequence[str] = (), seen: Set[str] = frozenset()) -> None:
        self.classes, self.seen = sorted(classes), seen

    def add(self, example: Example, answer: Answer) -> float:
        """Count an answer, and give its error: how far it is from right. The worst examples have the most."""
        raise NotImplementedError

    def scores(self) -> dict[str, Any]:
        """The scores of all that was added, the main one first; `examples` is how many there were.

        To be asked of one answer or more.
        """
        raise NotImplementedError

    def typical(self) -> list[tuple[str, Example]]:
        """Examples that show how good the answers are, such as the best, the median and the worst one, by name;
        none where pictures of examples show nothing.
        """
        return []

    def table(self, scores: dict[str, Any]) -> str:
        """Scores as lines of text, for a terminal."""
        return report.numbers_table(scores)

    def pictures(self, scores: dict[str, Any]) -> list[Picture]:
        """Pictures of the scores, for the card."""
        return []
