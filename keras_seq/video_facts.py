"""What files of video, and folders of pictures, are: facts for reports, and for what cannot be trained on."""

from __future__ import annotations

import fractions
import pathlib
from typing import NamedTuple

from keras_seq import archives
from keras_seq.errors import DataError
from keras_seq.frame_strips import Size, shown_size
from keras_seq.frame_times import times_of
from keras_seq.video_files import GIFS, JPEG, first_frame, opened


class Facts(NamedTuple):
    """What a video is.

    Attributes:
        frames: how many there are.
        seconds: from the first to the end of the last; 0 of a folder, which has no times.
        rate: frames a second, on an average; 0 likewise.
        variable: whether some are shown for longer, or shorter, than others.
        rotation: degrees against the clock by which they are turned when they are shown.
        size: width and height as they are shown.
    """

    frames: int
    seconds: float
    rate: float
    variable: bool
    rotation: int
    size: Size


def facts(path: str) -> Facts:
    """What a video, or a folder of pictures, is; of its frames one is decoded.

    Raises:
        DataError: when it is no video, or cut off.
        OSError: when it cannot be read.
    """
    if (folder := pathlib.Path(path)).is_dir():
        names = archives.in_number_order([name.name for name in folder.iterdir() if name.name[0] != "."])
        if not names:
            raise DataError("is an empty folder")
        first = facts(str(folder / names[0]))
        return first._replace(frames=len(names), seconds=0.0, rate=0.0, variable=False)
    with open(path, "rb") as file:
        beginning = file.read(32)
        file.seek(0)
        with opened(file, beginning) as (container, stream):
            times = times_of(container, stream)
        file.seek(0)
        with opened(file, beginning) as (container, stream):
            frame = first_frame(container, stream)
            size, rotation, base = shown_size(frame, stream), frame.rotation, stream.time_base
    seconds = float((times.end - times.starts[0]) * (base or fractions.Fraction(1, 25)))
    rate = len(times.starts) / seconds if seconds else 0.0
    return Facts(len(times.starts), seconds, rate, times.variable, rotation, size)


def is_clip(path: str) -> bool:
    """Whether a file is a GIF or a strip, by its beginning; a folder is none."""
    if pathlib.Path(path).is_dir():
        return False
    with open(path, "rb") as file:
        return file.read(6).startswith((JPEG, *GIFS))


def count(path: str) -> int:
    """How many frames a video, or a folder of pictures, has as its header says; counted only where it does not.

    Raises:
        DataError, OSError: as `facts`.
    """
    if pathlib.Path(path).is_dir():
        return facts(path).frames
    with open(path, "rb") as file:
        beginning = file.read(32)
        file.seek(0)
        with opened(file, beginning) as (container, stream):
            return stream.frames or len(times_of(container, stream).starts)
