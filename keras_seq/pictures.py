"""The pictures of a run, whatever stands in their labels: learning curves, confusion matrix, attention.

What people name (labels, words, pieces) is drawn as it is written, never read as a formula. matplotlib is
imported when the first picture is drawn: what is wrong with it costs a picture then, and not the run.
"""

from __future__ import annotations

import contextlib
import logging
import math
import pathlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SHOWN_PIECES = 60  # of an input or an answer whose attention is drawn
MOST_SHOWN_CHARACTERS = 40  # of a label
MOST_CURVES_IN_A_ROW = 6
FONT = "DejaVu Sans"  # which comes with matplotlib


class Picture(NamedTuple):
    """A picture that a card shows.

    Attributes:
        name: of its file, without the suffix.
        about: what stands above it, or "".
        draw: writes it into a PNG file.
        sound: a WAV file that it shows, to be played beside it; b"" for none.
    """

    name: str
    about: str
    draw: Callable[[pathlib.Path], None]
    sound: bytes = b""


class Attention(NamedTuple):
    """Where a model attended while it made an answer, of one input.

    Attributes:
        source: the pieces of the input.
        target: the pieces of the answer.
        weights: of every piece of the answer, a list of its weights of the pieces of the input.
    """

    source: list[str]
    target: list[str]
    weights: list[list[float]]


@contextlib.contextmanager
def spared(what: str) -> Iterator[None]:
    """Whatever goes wrong while a card or a picture is made is a warning: no trained run is lost for it.

    Args:
        what: that is made, for the warning.
    """
    try:
        yield
    except Exception as error:
        lines = str(error).splitlines() or [""]
        print(f"warning: {what} was left out: {type(error).__name__}: {lines[0][:200]}")


@contextlib.contextmanager
def drawing(texts: Iterable[str] = ()) -> Iterator[None]:
    """While this lasts, matplotlib draws in its own default style, and in fonts that have the characters of
    `texts`.

    The user's own style may have labels written by LaTeX. A character that no font has is drawn as a box,
    silently.
    """
    logger = logging.getLogger("matplotlib")  # which tells of font caches and folders
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.CRITICAL)
        try:
            import matplotlib.style

            with matplotlib.style.context(["default", {"font.family": _families(texts)}]):
                yield
        finally:
            logger.setLevel(level)


def learning_curves(history: Sequence[dict[str, float]]) -> Picture:
    """The history, one axis a score, up to six in a row."""

    def draw(path: pathlib.Path) -> None:
        names = [name.removeprefix("val_") for name in history[0] if name.startswith("val_")]
        epochs = [row["epoch"] for row in history]
        columns = min(len(names), MOST_CURVES_IN_A_ROW)
        rows = -(-len(names) // columns)
        with drawing():
            figure = new_figure(4.5 * columns, 3.2 * rows)
            axes = figure.subplots(rows, columns, squeeze=False).ravel()
            for axis in axes[len(names) :]:
                axis.set_visible(False)
            for axis, name in zip(axes, names, strict=False):
                if name in history[0]:  # else only answers to the validation split are scored by it
                    axis.plot(epochs, [row[name] for row in history], "o-", label="train", color="#8a8a8a")
                validation = [row[f"val_{name}"] for row in history]
                axis.plot(epochs, validation, "o-", label="validation", color="#0b6e99")
                axis.set(title=name, xlabel="epoch")
                axis.xaxis.get_major_locator().set_params(integer=True)
                axis.grid(alpha=0.3)
                axis.legend()
            figure.savefig(path, dpi=120)

    return Picture("learning_curves", "", draw)


def confusion_matrix(matrix: list[list[int]], classes: Sequence[str]) -> Picture:
    """A row a true class and a column an answered one."""

    def draw(path: pathlib.Path) -> None:
        counts, labels = np.array(matrix), [one_line(name) for name in classes]
        side = max(3.2, 0.45 * len(labels) + 1.5)
        parts = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        size = min(11, 60 / math.sqrt(side * len(labels)))
        with drawing(labels):
            figure = new_figure(side + 0.3, side)
            axis = figure.subplots()
            axis.imshow(parts, cmap="Blues", vmin=0, vmax=1)
            for (row, column), number in np.ndenumerate(counts):
                color = "white" if parts[row, column] > 0.5 else "black"
                axis.text(column, row, str(number), ha="center", va="center", color=color, fontsize=size)
            turned = len(labels) > 6 or max(map(len, labels)) > 12
            _name_ticks(axis.set_xticks, labels, rotation=90 if turned else 0)
            _name_ticks(axis.set_yticks, labels)
            axis.set(xlabel="answer", ylabel="truth")
            figure.savefig(path, dpi=120)

    return Picture("confusion_matrix", "", draw)


def attention(of: Sequence[Attention]) -> list[Picture]:
    """Where a model attended, of each input that is not too long; no picture where there are none."""
    shown = [one for one in of if one.target and max(len(one.source), len(one.target)) <= MOST_SHOWN_PIECES]
    if not shown:
        return []

    def draw(path: pathlib.Path) -> None:
        sizes = [(0.3 * len(one.source) + 1.2, 0.3 * len(one.target) + 1.2) for one in shown]
        widths, heights = zip(*sizes, strict=True)
        with drawing(piece for one in shown for piece in (*one.source, *one.target)):
            figure = new_figure(sum(widths), max(heights))
            axes = figure.subplots(1, len(shown), squeeze=False, width_ratios=widths)[0]
            for axis, one in zip(axes, shown, strict=True):
                axis.imshow(one.weights, cmap="Blues", vmin=0, vmax=1)
                axis.xaxis.tick_top()
                _name_ticks(axis.set_xticks, list(map(one_line, one.source)), rotation=90)
                _name_ticks(axis.set_yticks, list(map(one_line, one.target)))
            figure.savefig(path, dpi=120)

    about = (
        "Where the model attends (a column a piece of the input) for each piece of its answer (a row), "
        "the darker the more:"
    )
    return [Picture("attention", about, draw)]


def one_line(name: str) -> str:
    """A label as it stands in a table or a picture: one line, not too long, nothing that a terminal would act
    on.
    """
    line = " ".join(name.split())
    line = line if len(line) <= MOST_SHOWN_CHARACTERS else line[: MOST_SHOWN_CHARACTERS - 1] + "…"
    return "".join(c if c.isprintable() else "\ufffd" for c in line)


def new_figure(width: float, height: float) -> Figure:
    """A figure without a window, in inches."""
    import matplotlib.figure

    return matplotlib.figure.Figure(figsize=(width, height), layout="constrained")


def _name_ticks(set_ticks: Any, labels: list[str], **options: Any) -> None:
    set_ticks(range(len(labels)), labels, parse_math=False, **options)


def _families(texts: Iterable[str]) -> list[str]:
    """The font families to draw texts in: the default one, and where it lacks a character others that have
    it.
    """
    from matplotlib import font_manager

    missing = {ord(character) for text in texts for character in text if not character.isspace()}
    missing -= set(font_manager.get_font(font_manager.findfont(FONT)).get_charmap())
    families = [FONT]
    for entry in font_manager.fontManager.ttflist:
        if not missing:
            break
        if entry.name.startswith("Last Resort"):  # boxes, for every character there is
            continue
        with contextlib.suppress(OSError, RuntimeError):  # a font that is gone or damaged
            font = font_manager.get_font(entry.fname)
            found = missing.intersection(font.get_charmap()) if font.scalable else set()
            if found:
                families.append(entry.name)
                missing -= found
    return families
