"""One example of a data set: what the model will get, or where that stands, and its truth."""

from __future__ import annotations

import os
import pathlib
from typing import Any, NamedTuple


class File(NamedTuple):
    """A raw input that stands in a file of its own. Its bytes are read when its batch is made, not before.

    Attributes:
        path: of the file.
        length: how long it is, in any unit that is cheap to know (bytes, samples, frames): batches are made
            of inputs of similar length.
    """

    path: str
    length: int

    @classmethod
    def of(cls, path: str | os.PathLike) -> File:
        """A file, and its size in bytes for the length; 0 where there is no file."""
        try:
            return cls(os.fspath(path), pathlib.Path(path).stat().st_size)
        except (OSError, ValueError):
            return cls(os.fspath(path), 0)


class Folder(File):
    """A raw input that is a folder of files, such as the frames of a clip."""

    @classmethod
    def of(cls, path: str | os.PathLike) -> Folder:
        """A folder, and the number of its files for the length; 0 where there is no folder."""
        try:
            return cls(os.fspath(path), sum(not name.startswith(".") for name in os.listdir(path)))
        except (OSError, ValueError):
            return cls(os.fspath(path), 0)


def at(path: str | os.PathLike) -> File:
    """The file, or the folder, at a path."""
    return Folder.of(path) if pathlib.Path(path).is_dir() else File.of(path)


Answer = dict[str, Any]  # a model's answer to one example: name -> text, number, or a list of them


class Example(NamedTuple):
    """One example. It is small, whatever its file holds: data sets are listed, shuffled and divided as these.

    Attributes:
        input: a text, or a `File`.
        truth: a text; a tuple of texts where several are right, as the captions of an image. Training takes
            one of them at a time, scores take all.
        where: "file:line", for messages.
    """

    input: Any
    truth: Any
    where: str

    @property
    def truths(self) -> tuple[str, ...]:
        """All that is right, in a tuple."""
        return self.truth if isinstance(self.truth, tuple) else (self.truth,)
