"""The field's file formats -> raw examples, streamed: tables (TSV, CSV, JSON lines) and one folder per class.

Nothing is read before the iteration starts, and no row is held after it was given out: memory does not grow with the
file (of class folders, the names of the files are held). Every complaint is a `DataError` that starts with file:line.
"""

from __future__ import annotations

import csv
import gzip
import heapq
import json
import os
import pathlib
import re
import sys
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from keras_seq.recipe import DataError
from keras_seq.signatures import Column, nearest

TABLE_SUFFIXES = (".tsv", ".txt", ".csv", ".jsonl", ".json")


class Example(NamedTuple):
    """One raw example: what the served model will get, the truth, and where it stands ("file:line")."""

    input: Any  # text, or bytes
    truth: str
    where: str


class Table:
    """Rows of TSV, CSV or JSON-lines files, `.gz` or not: an iterable of `Example`, over and over.

    TSV has no quoting; CSV is RFC 4180, with quoted line breaks; the kind is the file's suffix. Blank lines are
    passed over. UTF-8, with or without a byte-order mark.

    Args:
        path: a file, or a pattern such as `part-*.tsv.gz`.
        input: the column of the input: a name (the first line is then a header) or a number from 0.
        truth: the column of the truth, named or numbered like the input's.
        names: truth in the file -> its name in the answers; any other truth is then an error. None keeps all as is.
    """

    def __init__(self, path: str, input: Column, truth: Column, names: dict[str, str] | None = None) -> None:
        self.path, self.columns, self.names = path, (input, truth), names

    def __iter__(self) -> Iterator[Example]:
        for path in _files(self.path):
            rows = 0
            for line, (text, truth) in self._rows(path):
                rows += 1
                where = f"{path}:{line}"
                if not truth:
                    raise DataError(f"{where}: the label is empty; the text is {_short(text)}")
                yield Example(text, _named(truth, self.names, where), where)
            if not rows:
                raise DataError(f"{path}: has no rows (an empty file, or a header alone)")

    def _rows(self, path: pathlib.Path) -> Iterator[tuple[int, tuple[str, str]]]:
        suffix = next((s for s in reversed(path.suffixes) if s != ".gz"), "")
        if suffix in (".jsonl", ".json"):
            yield from self._json_rows(path)
        elif suffix == ".csv":
            yield from self._csv_rows(path)
        elif suffix in TABLE_SUFFIXES:
            rows = ((number, line.split("\t")) for number, line in _lines(path) if line.strip())
            yield from self._cells(path, rows)
        else:
            raise DataError(
                f"{path}: unknown suffix {suffix!r}; expected one of {', '.join(TABLE_SUFFIXES)}, or .gz after it"
            )

    def _csv_rows(self, path: pathlib.Path) -> Iterator[tuple[int, tuple[str, str]]]:
        csv.field_size_limit(sys.maxsize)
        reader = csv.reader((line + "\n" for _, line in _lines(path)), strict=True)

        def rows() -> Iterator[tuple[int, list[str]]]:
            while True:
                first = reader.line_num + 1
                try:
                    row = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise DataError(f"{path}:{first}: not valid CSV: {error}") from None
                if row:
                    yield first, row

        yield from self._cells(path, rows())

    def _cells(
        self, path: pathlib.Path, rows: Iterator[tuple[int, list[str]]]
    ) -> Iterator[tuple[int, tuple[str, str]]]:
        line, header = 1, [""]
        if any(isinstance(column, str) for column in self.columns):
            line, header = next(rows, (1, []))
            if not header:
                return
        text, truth = (_column_number(column, header, f"{path}:{line}") for column in self.columns)
        needed = max(text, truth) + 1
        for line, row in rows:
            if len(row) < needed:
                wanted = f"expected at least {needed}: column {text} (input) and column {truth} (truth)"
                raise DataError(f"{path}:{line}: {len(row)} column(s), {wanted}; the row is {_short(row)}")
            yield line, (row[text], row[truth].strip())

    def _json_rows(self, path: pathlib.Path) -> Iterator[tuple[int, tuple[str, str]]]:
        for number, line in _lines(path):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if not isinstance(row, dict | list):
                    raise TypeError
                text, truth = (row[column] for column in self.columns)  # type: ignore[index]
            except json.JSONDecodeError as error:
                raise DataError(f"{path}:{number}: not valid JSON: {error.msg}") from None
            except (KeyError, IndexError, TypeError):
                raise DataError(
                    f"{path}:{number}: has no {' and '.join(map(repr, self.columns))}; the row is {_short(row)}"
                ) from None
            if not isinstance(text, str) or not isinstance(truth, str | int):
                raise DataError(f"{path}:{number}: expected a text and a label; the row is {_short(row)}")
            try:
                text.encode()
            except UnicodeEncodeError:
                raise DataError(
                    f"{path}:{number}: the text has half of a surrogate pair, which is no character"
                ) from None
            yield number, (text, str(truth).lower() if isinstance(truth, bool) else str(truth).strip())


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


class Treebank:
    """Labelled phrases of bracketed trees, as in the Stanford Sentiment Treebank: an iterable of `Example`.

    A line is a tree, `(3 (2 a) (3 (3 fine) (2 film)))`, with a label from 0 (very negative) to 4 (very positive) at
    every node. Each node gives an example: its words with spaces between, and "negative" (0, 1) or "positive"
    (3, 4); neutral nodes (2) are left out. Source: Socher et al. 2013, EMNLP.
    """

    TRUTHS = {"0": "negative", "1": "negative", "3": "positive", "4": "positive"}

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Example]:
        for path in _files(self.path):
            found = False
            for number, line in _lines(path):
                where = f"{path}:{number}"
                for label, phrase in self._phrases(line, where):
                    if label in self.TRUTHS:
                        found = True
                        yield Example(phrase, self.TRUTHS[label], where)
            if not found:
                raise DataError(
                    f"{path}: has no labelled phrases; expected trees, as in (3 (2 a) (3 (3 fine) (2 film)))"
                )

    @staticmethod
    def _phrases(line: str, where: str) -> Iterator[tuple[str, str]]:
        open_nodes: list[tuple[str, int]] = []  # label, how many words stand before the node
        words: list[str] = []
        for bracket, label, word in re.findall(r"(\()\s*([0-4])\s|\)|([^()\s]+)", line):
            if bracket:
                open_nodes.append((label, len(words)))
            elif word:
                words.append(word)
            elif open_nodes:
                label, start = open_nodes.pop()
                yield label, " ".join(words[start:])
            else:
                raise DataError(f"{where}: a bracket is closed that was never opened")
        if open_nodes:
            raise DataError(f"{where}: {len(open_nodes)} bracket(s) never closed")


def _evenly_spaced(root: pathlib.Path, name: str) -> Iterator[tuple[float, str, str]]:
    """The files of one class folder, each at its place between 0 and 1."""
    files = sorted(
        entry.name for entry in os.scandir(root / name) if entry.is_file() and not entry.name.startswith(".")
    )
    if not files:
        raise DataError(f"{root / name}: has no files; a class needs at least one example")
    return (((index + 0.5) / len(files), name, file) for index, file in enumerate(files))


def _files(pattern: str) -> list[pathlib.Path]:
    path = pathlib.Path(pattern)
    files = [path] if path.exists() else sorted(path.parent.glob(path.name))
    if not files:
        raise DataError(f"{pattern}: no such file")
    for file in files:
        if file.is_dir():
            raise DataError(f"{file}: is a folder; expected a file")
    return files


def _lines(path: pathlib.Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file, gzip-compressed or not, without their ends, numbered from 1."""
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}:{number}: byte {error.start + 1} of the line is not UTF-8") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}:{number + 1}: damaged gzip data: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def _column_number(column: Column, header: list[str], where: str) -> int:
    if isinstance(column, int):
        return column
    if column not in header:
        meant = f"; did you mean {nearest(column, header)!r}?" if nearest(column, header) else ""
        raise DataError(f"{where}: no column {column!r} in the header {_short(header)}{meant}")
    return header.index(column)


def _named(truth: str, names: dict[str, str] | None, where: str) -> str:
    if names is None:
        return truth
    if truth not in names:
        raise DataError(f"{where}: label {truth!r} is none of {', '.join(map(repr, names))}")
    return names[truth]


def _short(row: object) -> str:
    text = repr(row)
    return text if len(text) <= 100 else text[:97] + "..."
