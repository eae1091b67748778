"""How far a score would be another one on other pictures of the same kind: the bootstrap.

Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3 (percentiles); Koehn 2004,
"Statistical Significance Tests for Machine Translation Evaluation" (paired resamples).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RESAMPLES = 1000
SEED = 17
INSIDE = 95.0  # per cent of the resamples


class Interval(NamedTuple):
    """Where a number lies in 95 % of the resamples."""

    low: float
    high: float


def resamples(examples: int, count: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
    """How often each example is in each resample, `(resamples, examples)` float64; two systems that are asked the
    same examples get the same ones.
    """
    parts = np.full(examples, 1 / examples)
    return np.random.default_rng(seed).multinomial(examples, parts, size=count).astype("float64")


def interval(values: np.ndarray) -> Interval:
    """The interval of a score.

    Args:
        values: of the resamples.
    """
    outside = (100 - INSIDE) / 2
    low, high = np.percentile(values, [outside, 100 - outside])
    return Interval(float(low), float(high))
