"""CIDEr-D: how much a caption says of what people agree on and do not say of other pictures.

No scorer on PyPI has it without Java or PyTorch, so it is here. Source: Vedantam et al. 2015, "CIDEr:
Consensus-based Image Description Evaluation", sections 3 and 5.
"""

from __future__ import annotations

import collections
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LONGEST = 4  # words of an n-gram
SIGMA = 6.0  # words that a caption may be longer or shorter, in the penalty
SCALE = 1000.0  # a mean cosine of 1 is 10 in the paper; papers print 100 times that

Words = Sequence[str]


def ngrams(words: Words) -> collections.Counter[tuple[str, ...]]:
    """How often each n-gram of one to four words stands in a caption."""
    runs = (zip(*(words[place:] for place in range(n)), strict=False) for n in range(1, LONGEST + 1))
    return collections.Counter(itertools.chain.from_iterable(runs))


class _Weighted(NamedTuple):
    """A caption: the weights of its n-grams by their length, the norms of these, and how many pairs of words it has."""

    weights: list[dict[tuple[str, ...], float]]
    norms: list[float]
    pairs: int


class CiderD:
    """Scores captions against those of a split, whose pictures tell how common an n-gram is.

    Args:
        references: of each picture of the split, the true captions as words.
    """

    def __init__(self, references: Sequence[Sequence[Words]]) -> None:
        counted = [[ngrams(words) for words in row] for row in references]
        self._pictures = collections.Counter(gram for row in counted for gram in set().union(*row))
        self._log_count = math.log(max(len(references), 1))
        self._references = [[self._weighted(counts) for counts in row] for row in counted]

    def scores(self, answers: Sequence[Words]) -> np.ndarray:
        """The CIDEr-D of one caption of each picture, `(pictures,)` float64, as papers print it: from 0 to 1000.

        Where all pictures have the same captions, as one picture alone, no n-gram tells anything: 0.
        """
        weighted = (self._weighted(ngrams(words)) for words in answers)
        pairs = zip(weighted, self._references, strict=True)
        return np.array([np.mean([_cosine(one, true) for true in row]) * SCALE for one, row in pairs])

    def _weighted(self, counts: collections.Counter[tuple[str, ...]]) -> _Weighted:
        weights: list[dict[tuple[str, ...], float]] = [{} for _ in range(LONGEST)]
        for gram, count in counts.items():
            weight = count * (self._log_count - math.log(max(self._pictures[gram], 1)))
            weights[len(gram) - 1][gram] = weight
        norms = [math.sqrt(sum(weight**2 for weight in one.values())) for one in weights]
        return _Weighted(weights, norms, sum(count for gram, count in counts.items() if len(gram) == 2))


def _cosine(answer: _Weighted, true: _Weighted) -> float:
    """The mean over lengths of the cosine of two captions, clipped, with the penalty of unlike lengths."""
    total = 0.0
    for mine, others, *norms in zip(answer.weights, true.weights, answer.norms, true.norms, strict=True):
        product = sum(
            min(weight, others[gram]) * others[gram] for gram, weight in mine.items() if gram in others
        )
        total += product / (norms[0] * norms[1]) if product else 0.0
    return total / LONGEST * math.exp(-((answer.pairs - true.pairs) ** 2) / (2 * SIGMA**2))
