"""Tables (TSV, CSV, JSON lines) -> raw examples."""

from __future__ import annotations

import csv
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

from keras_seq.errors import DataError
from keras_seq.formats.lines import JSON_SUFFIXES, Example, files, json_lines, lines, refuse_surrogates, short, suffix
from keras_seq.signatures import Column, nearest

TABLE_SUFFIXES = (".tsv", ".txt", ".csv", *JSON_SUFFIXES)


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
        for path in files(self.path):
            rows = 0
            for line, (text, truth) in self._rows(path):
                rows += 1
                where = f"{path}:{line}"
                if not truth:
                    raise DataError(f"{where}: the label is empty; the text is {short(text)}")
                yield Example(text, _named(truth, self.names, where), where)
            if not rows:
                raise DataError(f"{path}: has no rows (an empty file, or a header alone)")

    def _rows(self, path: pathlib.Path) -> Iterator[tuple[int, tuple[str, str]]]:
        kind = suffix(path)
        if kind in JSON_SUFFIXES:
            yield from self._json_rows(path)
        elif kind == ".csv":
            yield from self._csv_rows(path)
        elif kind in TABLE_SUFFIXES:
            rows = ((number, line.split("\t")) for number, line in lines(path) if line.strip())
            yield from self._cells(path, rows)
        else:
            raise DataError(
                f"{path}: unknown suffix {kind!r}; expected one of {', '.join(TABLE_SUFFIXES)}, or .gz after it"
            )

    def _csv_rows(self, path: pathlib.Path) -> Iterator[tuple[int, tuple[str, str]]]:
        csv.field_size_limit(sys.maxsize)
        reader = csv.reader((line + "\n" for _, line in lines(path)), strict=True)

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
                raise DataError(f"{path}:{line}: {len(row)} column(s), {wanted}; the row is {short(row)}")
            yield line, (row[text], row[truth].strip())

    def _json_cells(self, path: pathlib.Path) -> Iterator[tuple[int, Any, Any, Any]]:
        """Line, whole row, and what stands in the columns of the input and the truth, of any type."""
        for number, row in json_lines(path):
            try:
                if not isinstance(row, dict | list):
                    raise TypeError
                text, truth = (row[column] for column in self.columns)  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                columns = " and ".join(map(repr, self.columns))
                raise DataError(f"{path}:{number}: has no {columns}; the row is {short(row)}") from None
            yield number, row, text, truth

    def _json_rows(self, path: pathlib.Path) -> Iterator[tuple[int, tuple[str, str]]]:
        for number, row, text, truth in self._json_cells(path):
            where = f"{path}:{number}"
            if not isinstance(text, str) or not isinstance(truth, str | int):
                raise DataError(f"{where}: expected a text and a label; the row is {short(row)}")
            refuse_surrogates(text, "text", where)
            yield number, (text, str(truth).lower() if isinstance(truth, bool) else str(truth).strip())


def _column_number(column: Column, header: list[str], where: str) -> int:
    if isinstance(column, int):
        return column
    if column not in header:
        meant = f"; did you mean {nearest(column, header)!r}?" if nearest(column, header) else ""
        raise DataError(f"{where}: no column {column!r} in the header {short(header)}{meant}")
    return header.index(column)


def _named(truth: str, names: dict[str, str] | None, where: str) -> str:
    if names is None:
        return truth
    if truth not in names:
        raise DataError(f"{where}: label {truth!r} is none of {', '.join(map(repr, names))}")
    return names[truth]
