"""The pictures of a run, whatever stands in their labels: learning curves, confusion matrix, attention.

What people name (labels, words, pieces) is drawn as it is written, never read as a formula. matplotlib is
imported when the first picture is drawn: what is wrong with it costs a picture then, and not the run.
"""

from __future__ import annotations

import contextlib
import logging
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_seq.answers.answering import Attention
from keras_seq.run import Run
from keras_seq.training.scoring import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SHOWN_PIECES = 60  # of an input or an answer whose attention is drawn
FONT = "DejaVu Sans"  # which comes with matplotlib


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


def learning_curves(run: Run) -> list[str]:
    """Draw the history, one axis a score; the file's name, in a list."""
    history = run.read_history()
    names = [name.removeprefix("val_") for name in history[0] if name.startswith("val_")]
    epochs = [row["epoch"] for row in history]
    with drawing():
        figure = _figure(4.5 * len(names), 3.2)
        axes = figure.subplots(1, len(names), squeeze=False)[0]
        for axis, name in zip(axes, names, strict=True):
            if name in history[0]:  # else only answers to the validation split are scored by it
                axis.plot(epochs, [row[name] for row in history], "o-", label="train", color="#8a8a8a")
            axis.plot(
                epochs, [row[f"val_{name}"] for row in history], "o-", label="validation", color="#0b6e99"
            )
            axis.set(title=name, xlabel="epoch")
            axis.xaxis.get_major_locator().set_params(integer=True)
            axis.grid(alpha=0.3)
            axis.legend()
        figure.savefig(run.learning_curves_file, dpi=120)
    return [run.learning_curves_file.name]


def confusion_matrix(run: Run, matrix: list[list[int]], classes: Sequence[str]) -> list[str]:
    """Draw a row a true class and a column an answered one; the file's name, in a list."""
    counts, labels = np.array(matrix), [shown(name) for name in classes]
    side = max(3.2, 0.45 * len(labels) + 1.5)
    parts = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = min(11, 60 / math.sqrt(side * len(labels)))
    with drawing(labels):
        figure = _figure(side + 0.3, side)
        axis = figure.subplots()
        axis.imshow(parts, cmap="Blues", vmin=0, vmax=1)
        for (row, column), number in np.ndenumerate(counts):
            color = "white" if parts[row, column] > 0.5 else "black"
            axis.text(column, row, str(number), ha="center", va="center", color=color, fontsize=size)
        _name_ticks(
            axis.set_xticks, labels, rotation=90 if len(labels) > 6 or max(map(len, labels)) > 12 else 0
        )
        _name_ticks(axis.set_yticks, labels)
        axis.set(xlabel="answer", ylabel="truth")
        figure.savefig(run.confusion_matrix_file, dpi=120)
    return [run.confusion_matrix_file.name]


def attention(run: Run, looks: Sequence[Attention]) -> list[str]:
    """Draw where the model looked, of each input that is not too long; the file's name, in a list, if there
    are any.
    """
    looks = [look for look in looks if look.target and max(map(len, look[:2])) <= MOST_SHOWN_PIECES]
    if not looks:
        return []
    sizes = [(0.3 * len(look.source) + 1.2, 0.3 * len(look.target) + 1.2) for look in looks]
    widths, heights = zip(*sizes, strict=True)
    with drawing(piece for look in looks for piece in (*look.source, *look.target)):
        figure = _figure(sum(widths), max(heights))
        axes = figure.subplots(1, len(looks), squeeze=False, width_ratios=widths)[0]
        for axis, look in zip(axes, looks, strict=True):
            axis.imshow(look.weights, cmap="Blues", vmin=0, vmax=1)
            axis.xaxis.tick_top()
            _name_ticks(axis.set_xticks, list(map(shown, look.source)), rotation=90)
            _name_ticks(axis.set_yticks, list(map(shown, look.target)))
        figure.savefig(run.attention_file, dpi=120)
    return [run.attention_file.name]


def _figure(width: float, height: float) -> Figure:
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
