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
SHOWN_WORDS = 29  # whose attention is drawn
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
    """A picture again and again, word by word, the lighter the more the model looked there; of a caption without end
    the first words.

    Args:
        one: with attention over a grid.
    """

    def draw(path: pathlib.Path) -> None:
        words = one.words[:SHOWN_WORDS]
        tiles = [_coloured(one.pixels), *(_lit(one.pixels, weights) for weights in one.weights[:SHOWN_WORDS])]
        canvas, corners = _mosaic(tiles, columns := min(COLUMNS + 2, len(tiles)))
        height, width = canvas.shape[:2]
        wide = 0.7 * SIDE * columns
        with drawing(words):
            figure = new_figure(wide, wide * height / width)
            figure.set_layout_engine("none")
            axis = figure.add_axes((0, 0, 1, 1))
            axis.imshow(canvas)
            axis.set_axis_off()
            for word, (top, left) in zip(["", *words], corners, strict=True):
                middle = left + one.pixels.shape[1] / 2
                axis.text(
                    middle,
                    top - one.pixels.shape[0] / 40,
                    one_line(word),
                    fontsize=8,
                    ha="center",
                    va="bottom",
                    parse_math=False,
                )
            figure.savefig(path, dpi=110)

    about = f"{_title(one.name)}: where the model looks for each word, the lighter the more:"
    return Picture(f"attention_{one.name}", about, draw)


def _draw_picture(axis: Any, pixels: np.ndarray) -> None:
    axis.imshow(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
    axis.set(xticks=[], yticks=[])


def _coloured(pixels: np.ndarray) -> np.ndarray:
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3))


def _lit(pixels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A picture under the weights of a word, each word from none to its most."""
    from PIL import Image

    height, width = pixels.shape[:2]
    grey = Image.fromarray((255 * weights / max(weights.max(), 1e-9)).astype(np.uint8))
    light = np.asarray(grey.resize((width, height), Image.Resampling.BILINEAR))[..., None]
    return (0.35 * _coloured(pixels) + 0.65 * light).astype(np.uint8)


def _mosaic(tiles: Sequence[np.ndarray], columns: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Pictures of one size in rows on white, with room above each for a word; and their upper left corners. To
    matplotlib it is one picture, which it draws twenty times as fast as twenty.
    """
    height, width = tiles[0].shape[:2]
    above, beside = -(-height // 6), -(-width // 20)
    rows = -(-len(tiles) // columns)
    canvas = np.full(
        (rows * (height + above) + beside, columns * (width + beside) + beside, 3), 255, np.uint8
    )
    corners = []
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = row * (height + above) + above, column * (width + beside) + beside
        canvas[top : top + height, left : left + width] = tile
        corners.append((top, left))
    return canvas, corners


def _below(one: Captioned) -> str:
    """The answer, and true captions in brackets, in lines."""
    texts = [one.caption or "(nothing)", *(f"[{truth}]" for truth in one.truths[:SHOWN_TRUTHS])]
    printable = [
        "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split())) for text in texts
    ]
    return "\n".join(line for text in printable for line in textwrap.wrap(text, WIDE)[:4])


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
