"""Labels of windows that slide over a long input, without flicker."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

AVERAGED, HELD = 3, 2  # windows


def steady(scores: Iterable[Sequence[float]]) -> Iterator[tuple[int, float]]:
    """Scores of the classes, a window after the other -> of each window the place of a class, and its mean score.

    Two rules against flicker: the scores are means over the last three windows, and a class takes over when it was
    the best of these means in two windows running.

    Args:
        scores: of all classes, in the same order for each window.
    """
    last: deque[Sequence[float]] = deque(maxlen=AVERAGED)
    label, candidate, times = None, None, 0
    for one in scores:
        last.append(one)
        means = np.mean(last, axis=0)
        best = int(means.argmax())
        times = times + 1 if best == candidate else 1
        candidate = best
        if label is None or times >= HELD:
            label = best
        yield label, float(means[label])
