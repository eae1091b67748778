"""Pictures with their captions, and where a model looked for each word of one."""

from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_seq.pictures import Picture, drawing, new_figure, one_line

COLUMNS = 4  # pictures in a row
WIDE = 38  # characters of a line below a picture
SHOWN_TRUTHS = 1  # true captions beside the answer
SIDE = 2.4  # inches of a picture
CAPTIONS = "captions"  # the name of the first picture


class Captioned(NamedTuple):
    """What there is to see of a picture and its caption.

    Attributes:
        name: of the example, such as `best_1`.
        pixels: `(height, width, 1 or 3)` uint8.
        caption: that was answered.
        truths: the true ones.
        words: of the answer, or its pieces, the end among them.
        weights: of each of these the attention, `(words, rows, columns)`; `(words, 0, 0)` without any.
    """

    name: str
    pixels: np.ndarray
    caption: str
    truths: Sequence[str]
    words: Sequence[str]
    weights: np.ndarray

    @property
    def has_map(self) -> bool:
        """Whether the attention is over more than one place."""
        return self.weights.size > len(self.words)


def of_captions(shown: Sequence[Captioned]) -> list[Picture]:
    """A picture of all pictures, with what was answered and the first true caption; none where there are none."""
    if not shown:
        return []

    def draw(path: pathlib.Path) -> None:
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        texts = [_below(one) for one in shown]
        with drawing(texts):
            figure = new_figure(SIDE * columns, (SIDE + 1.1) * rows)
            axes = figure.subplots(rows, columns, squeeze=False).ravel()
            for axis, one, text in zip(axes, shown, texts, strict=False):
                _draw_picture(axis, one.pixels)
                axis.set_title(_title(one.name), fontsize=8)
                axis.set_xlabel(text, fontsize=7, parse_math=False, loc="left")
            for axis in axes[len(shown) :]:
                axis.set_visible(False)
            figure.savefig(path, dpi=110)

    about = "Pictures, what the model says of them, and in brackets a true caption:"
    return [Picture(CAPTIONS, about, draw)]


def of_attention(one: Captioned) -> Picture:
    """A picture again and again, word by word, the lighter the more the model looked there.

    Args:
        one: with attention over a grid.
    """

    def draw(path: pathlib.Path) -> None:
        columns = min(COLUMNS + 2, len(one.words) + 1)
        rows = -(-(len(one.words) + 1) // columns)
        with drawing(one.words):
            figure = new_figure(0.7 * SIDE * columns, 0.7 * (SIDE + 0.3) * rows)
            axes = figure.subplots(rows, columns, squeeze=False).ravel()
            for axis, word, weights in zip(axes, ["", *one.words], [None, *one.weights], strict=False):
                _draw_picture(axis, one.pixels)
                axis.set_title(one_line(word), fontsize=8, parse_math=False)
                if weights is not None:
                    _draw_heat(axis, weights, one.pixels)
            for axis in axes[len(one.words) + 1 :]:
                axis.set_visible(False)
            figure.savefig(path, dpi=110)

    about = f"{_title(one.name)}: where the model looks for each word, the lighter the more:"
    return Picture(f"attention_{one.name}", about, draw)


def _draw_picture(axis: Any, pixels: np.ndarray) -> None:
    axis.imshow(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
    axis.set(xticks=[], yticks=[])


def _draw_heat(axis: Any, weights: np.ndarray, pixels: np.ndarray) -> None:
    """The weights of a word over a picture, each word from its least to its most."""
    height, width = pixels.shape[:2]
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    axis.imshow(weights, cmap="gray", alpha=0.65, extent=extent, interpolation="bilinear", vmin=0.0)


def _below(one: Captioned) -> str:
    """The answer, and true captions in brackets, in lines."""
    texts = [one.caption or "(nothing)", *(f"[{truth}]" for truth in one.truths[:SHOWN_TRUTHS])]
    printable = [
        "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split())) for text in texts
    ]
    return "\n".join(line for text in printable for line in textwrap.wrap(text, WIDE)[:4])


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
