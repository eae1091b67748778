"""What an answered caption and the true ones have in common: the counts that BLEU is made of, and ROUGE-L."""

from __future__ import annotations

import collections
from collections.abc import Sequence

import numpy as np

from keras_seq.metrics.cider import LONGEST, Words, ngrams

BETA = 1.2  # of ROUGE-L: how much more recall counts than precision


def counts_of(answer: Words, references: Sequence[Words]) -> list[int]:
    """What BLEU adds up over pictures: words of the answer and of the reference that is closest in length, the
    shorter one of two as close; then of one to four words how many n-grams are right, and how many there are.
    """
    closest = min((abs(len(words) - len(answer)), len(words)) for words in references)[1]
    most: collections.Counter[tuple[str, ...]] = collections.Counter()
    for words in references:
        most |= ngrams(words)
    right, total = [0] * LONGEST, [max(len(answer) - n, 0) for n in range(LONGEST)]
    for gram, count in ngrams(answer).items():
        right[len(gram) - 1] += min(count, most[gram])
    return [len(answer), closest, *right, *total]


def bleu(counts: np.ndarray, longest: int) -> np.ndarray:
    """Corpus BLEU without smoothing, from 0 to 100, out of sums of `counts_of`.

    Args:
        counts: `(..., 10)`, summed over the pictures.
        longest: words of the longest n-grams, 1 to 4.

    Source: Papineni et al. 2002; the same as sacreBLEU's without tokenizing and smoothing.
    """
    words, closest, *_ = np.moveaxis(counts, -1, 0).astype("float64")
    right, total = counts[..., 2 : 2 + longest], counts[..., 2 + LONGEST : 2 + LONGEST + longest]
    there = (right > 0).all(axis=-1)
    precision = np.log(np.where(right > 0, right, 1) / np.maximum(total, 1)).mean(axis=-1)
    brevity = np.minimum(0.0, 1 - closest / np.maximum(words, 1))
    return np.where(there, 100 * np.exp(precision + brevity), 0.0)


def rouge_l(answer: Words, references: Sequence[Words]) -> float:
    """ROUGE-L of a caption, from 0 to 100, as coco-caption has it: the F-measure of the best precision and the best
    recall, which may be those of different references, with beta 1.2 (Lin 2004).

    The package rouge-score has beta 1, one reference at a time, and words of its own: no paper's number.
    """
    common = [(_common(answer, words), len(words)) for words in references]
    precision = max(shared for shared, _ in common) / max(len(answer), 1)
    recall = max(shared / max(length, 1) for shared, length in common)
    if not precision:
        return 0.0
    return 100 * (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)


def _common(one: Words, other: Words) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        left = diagonal = 0
        for place, there in enumerate(other, 1):
            above = row[place]
            left = row[place] = diagonal + 1 if word == there else max(above, left)
            diagonal = above
    return row[-1]
