"""Which weights of a language model make the fewest errors on held-out utterances."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import jiwer
import numpy as np

WEIGHTS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0)  # that are tried
WORD_BONUSES = (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)


class Candidate(Protocol):
    """A transcript that a search met, and what it is ordered by."""

    @property
    def text(self) -> str: ...

    def score(self, language_weight: float, word_bonus: float) -> float:
        """The higher, the further in front."""


class Weights(NamedTuple):
    """What a language model counts beside the sound."""

    language_weight: float
    word_bonus: float


TRIED_FIRST = Weights(0.5, 1.0)  # by the first search


def searched(candidates: Callable[[Weights], Sequence[Sequence[Candidate]]], true: Sequence[str]) -> Weights:
    """`best_weights` of what two searches find, the second by the weights that the first has given.

    Args:
        candidates: weights -> of each utterance, the transcripts that a search by them meets.
        true: its true transcript.
    """
    return best_weights(candidates(best_weights(candidates(TRIED_FIRST), true)), true)


def best_weights(found: Sequence[Sequence[Candidate]], true: Sequence[str]) -> Weights:
    """The weights with the fewest wrong words; of those as good, with the fewest wrong characters, and then the
    least.

    The weights only order what a search has found, so one search does for all.

    Args:
        found: of each utterance, the transcripts that the search met.
        true: its true transcript.
    """
    errors = [[_errors(text, one.text) for one in row] for text, row in zip(true, found, strict=True)]

    def total(weights: Weights) -> tuple[int, int, Weights]:
        chosen = [
            row_errors[int(np.argmax([one.score(*weights) for one in row]))]
            for row, row_errors in zip(found, errors, strict=True)
        ]
        return sum(words for words, _ in chosen), sum(characters for _, characters in chosen), weights

    grid = [Weights(weight, bonus) for weight in WEIGHTS for bonus in sorted(WORD_BONUSES, key=abs)]
    return min(map(total, grid), key=lambda one: one[:2])[2]


@functools.lru_cache(maxsize=100_000)
def _errors(true: str, said: str) -> tuple[int, int]:
    """Wrong words and wrong characters."""
    found = jiwer.process_words(true, said), jiwer.process_characters(true, said)
    words, characters = (one.substitutions + one.deletions + one.insertions for one in found)
    return words, characters
