"""Folders of files as one sequence of bytes, such as the frames of a clip: a tar archive in memory, without sizes
of time and owners, so that the same files are the same bytes.
"""

from __future__ import annotations

import io
import os
import pathlib
import re
import tarfile

from keras_seq.errors import DataError

MAGIC, MAGIC_PLACE = b"ustar", 257  # POSIX 1003.1-1988


def archived(folder: str | os.PathLike) -> bytes:
    """The files of a folder, but for those whose names begin with a dot, in the order of `in_number_order`.

    Raises:
        OSError: when the folder or one of its files cannot be read.
        DataError: when it holds no file, or another folder.
    """
    entries = [entry for entry in pathlib.Path(folder).iterdir() if not entry.name.startswith(".")]
    if not entries:
        raise DataError("the folder is empty")
    inner = next((entry.name for entry in entries if entry.is_dir()), None)
    if inner is not None:
        raise DataError(f"the folder holds another folder, {inner!r}; expected a file a frame")
    names = in_number_order([entry.name for entry in entries])
    return packed([(name, (pathlib.Path(folder) / name).read_bytes()) for name in names])


def packed(members: list[tuple[str, bytes]]) -> bytes:
    """Names and contents of files as an archive, in the order given."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def is_archive(raw: bytes) -> bool:
    """Whether bytes are such an archive."""
    return raw[MAGIC_PLACE : MAGIC_PLACE + len(MAGIC)] == MAGIC


def members(raw: bytes) -> list[tuple[str, bytes]]:
    """Names and contents of the files of an archive, in its order.

    Raises:
        DataError: when it is damaged.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            files = [member for member in archive if member.isfile()]
            return [(member.name, archive.extractfile(member).read()) for member in files]  # type: ignore[union-attr]
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise DataError(f"damaged tar archive: {error}") from None


def in_number_order(names: list[str]) -> list[str]:
    """Names in the order of the numbers in them: `frame_2` before `frame_10`."""
    return sorted(names, key=lambda name: ([_part(part) for part in re.split(r"(\d+)", name)], name))


def _part(text: str) -> tuple[int, int, str]:
    return (0, int(text), "") if text.isdecimal() and text.isascii() else (1, 0, text)
