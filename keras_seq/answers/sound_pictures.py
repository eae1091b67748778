"""What a model heard: the spectrogram of a sound, the path of the letters, and the words."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_seq.pictures import Picture, drawing, new_figure, one_line

LEAST_SHOWN = 0.05  # the probability of a letter, somewhere, from which on it has a line
BLANK_COLOR = "#bbbbbb"
MOST_SECONDS = 30.0  # that are drawn


class Sound(NamedTuple):
    """What there is to see of a sound.

    Attributes:
        frames: log-mel power, `(frames, bands)`, 10 ms each.
        scores: log-probabilities of the blank and the letters, `(steps, classes)`.
        letters: their names; the blank's is "".
        words: with `word`, `start` and `end` in seconds.
        truth: what was said.
    """

    frames: np.ndarray
    scores: np.ndarray
    letters: Sequence[str]
    words: list[dict[str, Any]]
    truth: str


def picture(name: str, sound: Sound, contents: bytes) -> Picture:
    """The picture of a sound, with the sound itself beside it.

    Args:
        name: of the picture's file.
        sound: what is drawn.
        contents: of the WAV file.
    """
    answer = " ".join(word["word"] for word in sound.words)
    about = f"{name.capitalize()}: {one_line(answer) or '(nothing)'}; true: {one_line(sound.truth)}."
    return Picture(name, about, lambda path: _draw(path, sound), contents)


def _draw(path: pathlib.Path, sound: Sound) -> None:
    seconds = min(len(sound.frames) / 100, MOST_SECONDS)
    probabilities = np.exp(sound.scores)
    texts = [*sound.letters, *(word["word"] for word in sound.words)]
    with drawing(texts):
        figure = new_figure(min(max(6.0, 3.0 * seconds), 24.0), 4.6)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        extent = (0.0, len(sound.frames) / 100, 0.0, sound.frames.shape[1])
        lowest, highest = np.percentile(sound.frames, [5, 99.5])
        above.imshow(
            sound.frames.T,
            origin="lower",
            aspect="auto",
            extent=extent,
            cmap="magma",
            vmin=lowest,
            vmax=highest,
        )
        above.set(ylabel="mel band", xlim=(0, seconds))
        times = (np.arange(len(probabilities)) + 0.5) * extent[1] / max(len(probabilities), 1)
        below.plot(times, probabilities[:, 0], color=BLANK_COLOR, linewidth=1)
        for column, letter in enumerate(sound.letters):
            if column and probabilities[:, column].max(initial=0.0) >= LEAST_SHOWN:
                _draw_letter(below, times, probabilities[:, column], "␣" if letter == " " else letter)
        for word in sound.words:
            for axis in (above, below):
                axis.axvspan(word["start"], word["end"], color="#4aa3df", alpha=0.15)
            middle = (word["start"] + word["end"]) / 2
            above.annotate(
                one_line(word["word"]), (middle, extent[3]), (0, 3), textcoords="offset points", ha="center",
                parse_math=False, annotation_clip=True,
            )  # fmt: skip
        below.set(xlabel="seconds", ylabel="probability", ylim=(0, 1.15))
        figure.savefig(path, dpi=110)


def _draw_letter(axis: Any, times: np.ndarray, probabilities: np.ndarray, name: str) -> None:
    """A letter's line, with its name where the line has a peak."""
    (line,) = axis.plot(times, probabilities, linewidth=1)
    around = np.pad(probabilities, 1, constant_values=-1)
    peaks = (probabilities > 0.3) & (probabilities >= around[:-2]) & (probabilities > around[2:])
    for place in np.flatnonzero(peaks):
        axis.annotate(
            name, (times[place], probabilities[place]), (0, 1), textcoords="offset points", ha="center",
            color=line.get_color(), parse_math=False, annotation_clip=True,
        )  # fmt: skip
