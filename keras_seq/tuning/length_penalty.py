"""Which length penalty of a search gives the best score on held-out examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from keras_seq.metrics.caption_scores import CAPTION_SCORES
from keras_seq.metrics.text_scores import TEXT_SCORES, chrf, main_score

LENGTH_PENALTIES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0)  # that are tried


class Candidate(Protocol):
    """A text that a search met, and what it is ordered by."""

    @property
    def text(self) -> str: ...

    def score(self, length_penalty: float) -> float:
        """The higher, the further in front."""


def best_penalty(
    found: Sequence[Sequence[Candidate]], true: Sequence[tuple[str, ...]], monitor: str
) -> float:
    """The length penalty with the best score, the least of those as good.

    The penalty only orders what a search has found, so one search does for all.

    Args:
        found: of each example, the texts that the search met.
        true: of each example, the texts that are right.
        monitor: the score, one of `TEXT_SCORES`; for any other name the main one, see `main_score`. Where it is
            the same for all penalties, chrF decides.
    """
    main = monitor if monitor in TEXT_SCORES else main_score(true)
    return _best(found, true, [TEXT_SCORES[main], chrf])


def best_caption_penalty(
    found: Sequence[Sequence[Candidate]], true: Sequence[tuple[str, ...]], monitor: str
) -> float:
    """The length penalty of a search for captions: as `best_penalty`, by the scores of captions.

    Args:
        found: of each picture, the captions that the search met.
        true: of each picture, the captions that are right.
        monitor: the score, one of `CAPTION_SCORES`; for any other name CIDEr. Where it is the same for all
            penalties, chrF decides.
    """
    return _best(found, true, [CAPTION_SCORES.get(monitor, CAPTION_SCORES["cider"]), chrf])


def _best(
    found: Sequence[Sequence[Candidate]], true: Sequence[tuple[str, ...]], measures: Sequence[Callable]
) -> float:
    """The penalty that is best by the first of some scores that tells penalties apart."""
    answered = {
        penalty: [max(row, key=lambda one: one.score(penalty)).text for row in found]
        for penalty in LENGTH_PENALTIES
    }
    for measure in measures:
        scores = {penalty: measure(true, texts) for penalty, texts in answered.items()}
        if len(set(scores.values())) > 1:
            return max(scores, key=lambda penalty: scores[penalty])
    return LENGTH_PENALTIES[0]
