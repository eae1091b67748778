"""Sounds of utterances as examples' inputs: a path, and about how long the sound is."""

from __future__ import annotations

import math
import os
import pathlib
from typing import Any

from keras_seq.errors import DataError
from keras_seq.formats.examples import File
from keras_seq.formats.lines import refuse_surrogates

# About how many bytes a millisecond of speech takes: of 16-bit samples at 16 kHz 32, compressed by about a half
# without loss, and to some 64 or 32 kbit/s with it.
BYTES_A_MILLISECOND = {".flac": 16, ".mp3": 8, ".ogg": 8, ".oga": 8, ".opus": 4}
UNCOMPRESSED = 32


def sound(path: str | os.PathLike, milliseconds: int | None = None, size: int | None = None) -> File:
    """A sound whose length is in milliseconds: as they are known, else estimated from the size of the file.

    Args:
        path: of the file; it need not be there.
        milliseconds: of the sound, where a manifest says so.
        size: of the file in bytes, where a manifest says so; left out, the file is asked.
    """
    if milliseconds is None:
        size = File.of(path).length if size is None else size
        milliseconds = size // BYTES_A_MILLISECOND.get(pathlib.Path(path).suffix.lower(), UNCOMPRESSED)
    return File(os.fspath(path), milliseconds)


def milliseconds(seconds: Any, where: str) -> int | None:
    """A duration as a manifest has it, in milliseconds; None where there is none.

    Raises:
        DataError: when it is no number of seconds.
    """
    if seconds is None:
        return None
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 <= seconds < math.inf:
        raise DataError(f"{where}: duration {seconds!r}: expected a number of seconds")
    return round(1000 * seconds)


def placed(folder: pathlib.Path, name: str, where: str) -> pathlib.Path:
    """The path of a sound as a manifest spells it; a relative one starts at the manifest's folder.

    Raises:
        DataError: when there is none.
    """
    if not name.strip():
        raise DataError(f"{where}: the path of the sound is empty")
    refuse_surrogates(name, "path", where)
    return folder / name.strip()
