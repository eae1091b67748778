"""What is behind the things of generated pictures: patterns of light and dark, by chance.

There are sums, products and roots alone, each by itself, so that the pixels are the same on every machine.
"""

from __future__ import annotations

import random

import numpy as np

KINDS = ("plain", "gradient", "clouds", "boxes")


def pattern(kind: str, size: int, generator: random.Random) -> np.ndarray:
    """A pattern, `(size, size)` from -1 to 1.

    Args:
        kind: one of `KINDS`.
        size: of a side, in pixels.
        generator: decides what it looks like.
    """
    return {"plain": _plain, "gradient": _gradient, "clouds": _clouds, "boxes": _boxes}[kind](size, generator)


def _plain(size: int, generator: random.Random) -> np.ndarray:
    return np.zeros((size, size))


def _gradient(size: int, generator: random.Random) -> np.ndarray:
    across, down = generator.uniform(-1, 1), generator.uniform(-1, 1)
    line = np.arange(size) / (size - 1) * 2 - 1
    return (across * line + down * line[:, None]) / (abs(across) + abs(down))


def _clouds(size: int, generator: random.Random) -> np.ndarray:
    cells = generator.randint(4, 9)
    grid = np.array([[generator.uniform(-1, 1) for _ in range(cells + 1)] for _ in range(cells + 1)])
    place = np.arange(size) * (cells / size)
    cell = place.astype(int)
    part = place - cell
    rows = grid[cell] * (1 - part[:, None]) + grid[cell + 1] * part[:, None]
    return rows[:, cell] * (1 - part) + rows[:, cell + 1] * part


def _boxes(size: int, generator: random.Random) -> np.ndarray:
    result = np.zeros((size, size))
    for _ in range(generator.randint(2, 5)):
        top, left = generator.randrange(size - 8), generator.randrange(size - 8)
        height, width = generator.randint(6, size // 2), generator.randint(6, size // 2)
        result[top : top + height, left : left + width] = generator.uniform(-1, 1)
    return result
