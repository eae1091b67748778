"""One folder per class, one file an example -> raw examples."""

from __future__ import annotations

import heapq
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from keras_seq.errors import DataError
from keras_seq.formats.examples import Example
from keras_seq.formats.labels import named, spelled
from keras_seq.formats.lines import refuse_other_encodings, refuse_surrogates


class ClassFolders:
    """One folder a class, one file, of UTF-8 text, an example (aclImdb's layout): an iterable of `Example`.

    The classes take turns in proportion to their sizes, so that a bounded shuffle mixes them. Names that
    begin with a dot are left alone; a folder within a class folder is an error, or an example.

    Args:
        path: the folder that holds the class folders.
        names: folder name -> class name in the answers; other folders are left alone. None takes all.
        input_of: path -> input of the example; `File.of` for files that are no texts.
        folders: whether a folder within a class folder is an example, as the frames of a clip.
    """

    def __init__(
        self,
        path: str,
        names: dict[str, str] | None = None,
        input_of: Callable[[str], Any] | None = None,
        folders: bool = False,
    ) -> None:
        self.path, self.names, self.input_of, self.folders = path, names, input_of or _text, folders

    def __iter__(self) -> Iterator[Example]:
        root = pathlib.Path(self.path)
        folders = sorted(
            entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith(".")
        )
        for name in folders:
            refuse_surrogates(name, "folder's name", f"{root}/{name!a}")
        labels = {name: name if self.names is None else spelled(name, self.names) for name in folders}
        for label in self.names or ():
            if label not in labels.values():
                raise DataError(f"{root}: has no folder {label!r}; it has {', '.join(folders) or 'none'}")
        kept = [name for name in folders if labels[name] is not None]
        if not kept:
            raise DataError(
                f"{root}: has no folders; expected one folder per class, with a {self._kind} an example"
            )
        spaced = (self._evenly_spaced(root, name) for name in kept)
        for _, name, file in heapq.merge(*spaced):
            path = f"{root}/{name}/{file}"
            yield Example(self.input_of(path), named(name, self.names, path), path)

    @property
    def _kind(self) -> str:
        return "text file" if self.input_of is _text else "file"

    def _evenly_spaced(self, root: pathlib.Path, name: str) -> Iterator[tuple[float, str, str]]:
        """The files of one class folder, each at its place between 0 and 1."""
        entries = [entry for entry in os.scandir(root / name) if not entry.name.startswith(".")]
        for entry in entries:
            if entry.is_dir() and not self.folders:
                what = f"is a folder within a class folder, and would not be read; expected {self._kind}s"
                raise DataError(f"{entry.path}: {what}")
        files = sorted(entry.name for entry in entries if entry.is_file() or entry.is_dir())
        if not files:
            raise DataError(f"{root / name}: has no files; a class needs at least one example")
        return (((index + 0.5) / len(files), name, file) for index, file in enumerate(files))


def _text(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            content = stream.read()
        refuse_other_encodings(content, path)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start} is not UTF-8") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
