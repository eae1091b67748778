"""Mean and deviation of the numbers of frames, over clips that are gone over once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

LEAST_DEVIATION = 1e-6  # a number that is always the same stays


def mean_and_deviation(clips: Iterable[np.ndarray], features: int) -> dict[str, list[float]]:
    """Clips `(time, features)` -> `mean` and `deviation` of each number; what is NaN or infinite does not count, nor
    do clips of other numbers.
    """
    count = total = squares = np.zeros(features)
    for clip in clips:
        if clip.shape[1] != features:
            continue
        seen = np.isfinite(clip)
        values = np.where(seen, clip, 0).astype("float64")
        count = count + seen.sum(axis=0)
        total, squares = total + values.sum(axis=0), squares + (values**2).sum(axis=0)
    mean = total / np.maximum(count, 1)
    deviation = np.sqrt(np.maximum(squares / np.maximum(count, 1) - mean**2, 0))
    deviation = np.where(deviation > LEAST_DEVIATION, deviation, 1.0)
    return {"mean": mean.tolist(), "deviation": deviation.tolist()}
