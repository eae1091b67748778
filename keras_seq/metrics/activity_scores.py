"""Scores of activities: beside those of labels, what is known without the order of the frames."""

from __future__ import annotations

import heapq
from collections.abc import Sequence, Set
from typing import Any

from keras_seq.formats import Answer, Example
from keras_seq.metrics.label_scores import LabelScorer

SHOWN = {True: 2, False: 3}  # right and wrong examples in the card
FEW = 5  # answers among which the truth may be
BASELINES = {"single_frame_label": "single_frame_accuracy", "shuffled_label": "shuffled_accuracy"}


class ActivityScorer(LabelScorer):
    """Scores of labels, and `top_5`, the part of the examples whose class is among the best five.

    Where an answer has them (`Answering.score_truths`), `single_frame_accuracy` is that of `single_frame_label`, the
    answer to the middle frame alone, and `shuffled_accuracy` that of `shuffled_label`, to the frames in another
    order: what the accuracy is above them, the order of the frames has brought.
    """

    def __init__(self, classes: Sequence[str] = (), seen: Set[str] = frozenset()) -> None:
        super().__init__(classes, seen)
        self._hits = dict.fromkeys(("top_5", *BASELINES.values()), 0)
        self._counts = dict.fromkeys(self._hits, 0)
        self._shown: dict[bool, list[tuple[float, int, Example]]] = {
            True: [],
            False: [],
        }  # by whether it is right

    def add(self, example: Example, answer: Answer) -> float:
        """Count an answer; see `LabelScorer.add`."""
        error = super().add(example, answer)
        self._show(answer["label"] == example.truth, error, example)
        self._count("top_5", example.truth in answer["labels"][:FEW])
        for output, score in BASELINES.items():
            if output in answer:
                self._count(score, answer[output] == example.truth)
        return error

    def typical(self) -> list[tuple[str, Example]]:
        """The examples that were answered most surely: two right ones, and the wrong ones, up to three."""
        names = {True: "right", False: "wrong"}
        return [
            (f"{names[right]}_{place}", example)
            for right, shown in self._shown.items()
            for place, (_, _, example) in enumerate(sorted(shown, reverse=True), 1)
        ]

    def _show(self, right: bool, error: float, example: Example) -> None:
        """Keep the surest of either kind: the least error of the right ones, the most of the wrong ones."""
        shown = self._shown[right]
        entry = (-error if right else error, -self._counts["top_5"], example)
        (heapq.heappush if len(shown) < SHOWN[right] else heapq.heappushpop)(shown, entry)

    def scores(self) -> dict[str, Any]:
        """See `metrics.classification`; the scores of this class come behind `accuracy`."""
        accuracy, *others = super().scores().items()
        counted = {name: self._hits[name] / count for name, count in self._counts.items() if count}
        return dict([accuracy, *counted.items(), *others])

    def _count(self, score: str, is_right: bool) -> None:
        self._counts[score] += 1
        self._hits[score] += is_right
