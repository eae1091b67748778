"""What a model saw: frames of a clip, and its scores as the clip goes on."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_seq.pictures import Picture, drawing, new_figure, one_line

SHOWN_FRAMES = 10
SHOWN_CLASSES = 3  # the best at the end, beside the true one
RIGHT, WRONG = "#2b8a3e", "#c92a2a"


class Clip(NamedTuple):
    """What there is to see of a clip.

    Attributes:
        frames: `(time, height, width, channels)` uint8, grey or colour; or `(time, points, 2)` float32, places of
            joints, y upwards, NaN where one is missing.
        scores: of the classes, `(time, classes)`, after each frame.
        classes: their names.
        truth: the true one's.
        bones: pairs of joints with a line between them.
    """

    frames: np.ndarray
    scores: np.ndarray
    classes: Sequence[str]
    truth: str
    bones: Sequence[tuple[int, int]] = ()


def picture(name: str, clip: Clip) -> Picture:
    """The picture of a clip.

    Args:
        name: of the picture's file.
        clip: what is drawn.
    """
    answer = clip.classes[int(clip.scores[-1].argmax())]
    about = f"{name.replace('_', ' ').capitalize()}: {one_line(answer)}; true: {one_line(clip.truth)}."
    return Picture(name, about, lambda path: _draw(path, clip, answer))


def _draw(path: pathlib.Path, clip: Clip, answer: str) -> None:
    count = len(clip.frames)
    places = np.unique(np.linspace(0, count - 1, SHOWN_FRAMES).round().astype(int))
    with drawing(clip.classes):
        figure = new_figure(max(1.1 * len(places), 5.0), 3.6)
        parts: Any = figure.subfigures(2, 1, height_ratios=[2, 3])
        strip, below = parts
        for axis, place in zip(strip.subplots(1, len(places), squeeze=False)[0], places, strict=True):
            _draw_frame(axis, clip, place)
            axis.set_title(str(place + 1), fontsize=8)
            axis.set(xticks=[], yticks=[])
        _draw_scores(below.subplots(), clip, answer)
        figure.savefig(path, dpi=110)


def _draw_frame(axis: Any, clip: Clip, place: int) -> None:
    frame = clip.frames[place]
    if clip.frames.ndim == 4:
        axis.imshow(frame[..., 0] if frame.shape[-1] == 1 else frame, cmap="gray", vmin=0, vmax=255)
        return
    axis.plot(*frame.T, ".", color="#0b6e99", markersize=3)
    for bone in clip.bones:
        axis.plot(*frame[list(bone)].T, "-", color="#0b6e99", linewidth=1)
    lowest, highest = (f(clip.frames, axis=(0, 1)) for f in (np.nanmin, np.nanmax))
    middle, half = (lowest + highest) / 2, max(0.55 * (highest - lowest).max(), 1e-6)
    axis.set(
        xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half), aspect="equal"
    )


def _draw_scores(axis: Any, clip: Clip, answer: str) -> None:
    """The scores of the true class and of the best ones, frame by frame."""
    best = [clip.classes[place] for place in clip.scores[-1].argsort()[::-1][:SHOWN_CLASSES]]
    times = np.arange(1, len(clip.scores) + 1)
    for name in dict.fromkeys([clip.truth, *best]):
        color = RIGHT if name == clip.truth else WRONG if name == answer else None
        values = clip.scores[:, list(clip.classes).index(name)]
        (line,) = axis.plot(times, values, ".-", color=color, linewidth=1, markersize=4)
        axis.annotate(
            one_line(name), (times[-1], values[-1]), (4, 0), textcoords="offset points", va="center",
            color=line.get_color(), parse_math=False,
        )  # fmt: skip
    axis.set(xlabel="frames seen", ylabel="score", ylim=(-0.02, 1.05))
