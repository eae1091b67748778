"""Lists of clips -> raw examples: a file, or a folder of one file a frame, and its class."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

from keras_seq.errors import DataError
from keras_seq.formats.clip_lists import listed
from keras_seq.formats.examples import Example, File, Folder, at
from keras_seq.formats.folders import ClassFolders
from keras_seq.formats.labels import named, spelled
from keras_seq.formats.lines import files, refuse_surrogates, suffix
from keras_seq.formats.tables import Table
from keras_seq.sections import Column

LIST_SUFFIXES = ("", ".txt", ".lst", ".list")
CLIPS = "clips"  # the folder beside a list


class Clips:
    """Clips and their classes, from whatever lists them: an iterable of `Example`, over and over.

    The input is a `File`, or a `Folder` where the clip is a folder of its frames; what is in the files is not
    looked at, so they may be videos, GIFs, poses. Names that begin with a dot are left alone. What a path is
    shows in the files themselves:

    A folder: one folder per class, one file or folder a clip.
    A split list, `.txt`, `.gz` or not: `Class/v_Class_g01_c01.avi` a line; see `clip_lists`.
    A table (CSV, TSV, JSON lines), `.gz` or not: columns of paths and of labels; so is a `.txt` where a column
        has a name.

    Args:
        path: a file, a folder, or a pattern such as `trainlist*.txt`.
        root: the folder where relative paths of lists and tables start; None: the folder of the list, or, where
            a path leads nowhere from there, `clips/` in it.
        clip: the column of the paths: a name, or a number from 0.
        label: likewise of the labels.
        labels: label, or folder of a class -> its name in the answers; None keeps all as is. Other folders are
            left alone, of lists too; another label of a table is an error.
        header: whether the first line of TSV and CSV is a header; None where a column has a name.
        folders: whether a clip may be a folder.

    Raises:
        DataError: while iterating, with file:line.
    """

    def __init__(
        self,
        path: str,
        root: str | None = None,
        clip: Column = 0,
        label: Column = 1,
        labels: dict[str, str] | None = None,
        header: bool | None = None,
        folders: bool = True,
    ) -> None:
        self.path, self.root, self.columns, self.labels = path, root, (clip, label), labels
        self.header, self.folders = header, folders

    def __iter__(self) -> Iterator[Example]:
        has_names = self.header is not None or any(isinstance(column, str) for column in self.columns)
        for path in files(self.path, folders=True):
            if path.is_dir():
                yield from ClassFolders(str(path), self.labels, at, self.folders)
            elif suffix(path) in LIST_SUFFIXES and not has_names:
                yield from self._list(path)
            else:
                for example in Table(str(path), *self.columns, self.labels, self.header):
                    yield example._replace(input=self._input(path, example.input, example.where))

    def _list(self, path: pathlib.Path) -> Iterator[Example]:
        found: dict[str, bool] = {}  # class -> whether it is wanted
        for where, name, label in listed(path):
            if label not in found:
                found[label] = self.labels is None or spelled(label, self.labels) is not None
            if found[label]:
                yield Example(self._input(path, name, where), named(label, self.labels, where), where)
        if not found:
            raise DataError(f"{path}: has no clips (an empty file)")
        there = {spelled(label, self.labels) for label in found} if self.labels else set()
        for missing in (label for label in self.labels or () if label not in there):
            raise DataError(f"{path}: has no clip of {missing!r}; it has {', '.join(sorted(found))}")

    def _input(self, source: pathlib.Path, name: str, where: str) -> File:
        """The clip that a list or a table names."""
        refuse_surrogates(name, "path", where)
        if not name.strip():
            raise DataError(f"{where}: the path of the clip is empty")
        place = pathlib.Path(self.root or source.parent) / name.strip()
        if self.root is None and not place.exists() and (source.parent / CLIPS).is_dir():
            place = source.parent / CLIPS / name.strip()
        found = at(place)
        if isinstance(found, Folder) and not self.folders:
            raise DataError(f"{where}: {place}: is a folder; expected a file")
        return found
