"""One folder per class, one text file an example -> raw examples."""

from __future__ import annotations

import heapq
import os
import pathlib
from collections.abc import Iterator

from keras_seq.errors import DataError
from keras_seq.formats.lines import Example


class ClassFolders:
    """One folder a class, one UTF-8 text file an example (aclImdb's layout): an iterable of `Example`.

    The classes take turns in proportion to their sizes, so that a bounded shuffle mixes them.

    Args:
        path: the folder that holds the class folders.
        names: folder name -> class name in the answers; other folders are left alone. None takes all.
    """

    def __init__(self, path: str, names: dict[str, str] | None = None) -> None:
        self.path, self.names = path, names

    def __iter__(self) -> Iterator[Example]:
        root = pathlib.Path(self.path)
        folders = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith("."))
        for name in self.names or ():
            if name not in folders:
                raise DataError(f"{root}: has no folder {name!r}; it has {', '.join(folders) or 'none'}")
        kept = [name for name in folders if self.names is None or name in self.names]
        if not kept:
            raise DataError(f"{root}: has no folders; expected one folder per class, with a text file an example")
        for _, name, file in heapq.merge(*(_evenly_spaced(root, name) for name in kept)):
            path = f"{root}/{name}/{file}"
            try:
                with open(path, "rb") as stream:
                    text = stream.read().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise DataError(f"{path}: byte {error.start} is not UTF-8") from None
            yield Example(text, self.names[name] if self.names else name, path)


def _evenly_spaced(root: pathlib.Path, name: str) -> Iterator[tuple[float, str, str]]:
    """The files of one class folder, each at its place between 0 and 1."""
    files = sorted(
        entry.name for entry in os.scandir(root / name) if entry.is_file() and not entry.name.startswith(".")
    )
    if not files:
        raise DataError(f"{root / name}: has no files; a class needs at least one example")
    return (((index + 0.5) / len(files), name, file) for index, file in enumerate(files))
