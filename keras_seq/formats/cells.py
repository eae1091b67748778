"""The rows of one TSV or CSV file, as lists of cells, and the header that names its columns."""

from __future__ import annotations

import csv
import pathlib
import sys
from collections.abc import Iterator

from keras_seq.errors import DataError
from keras_seq.formats.headers import refuse_header
from keras_seq.formats.lines import JSON_SUFFIXES, lines, short, suffix
from keras_seq.sections import Column, nearest

TABLE_SUFFIXES = (".tsv", ".txt", ".csv", *JSON_SUFFIXES)
_CR = "\uffff"  # stands for a CR within a line, which csv would take for its end; no text has this code point
_SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas", "|": "vertical bars"}

Row = tuple[int, list[str]]  # its first line, its cells


class Cells:
    """The rows of a TSV or CSV file, `.gz` or not: an iterable of `(line, cells)`, once.

    TSV has no quoting; CSV is RFC 4180, with quoted line breaks. Blank lines are passed over.

    Args:
        path: the file; its suffix is its kind.
        columns: those wanted, what each is for in messages -> a name, or a number from 0.
        header: whether the first row names the columns; None where one of the columns wanted has a name. A
            first row that looks like a header is refused then.
        kind: the suffix of the kind that it is, where its own says nothing.

    Attributes:
        names: the columns' names, None without a header.
        numbers: of the columns wanted, from 0.

    Raises:
        DataError: when a column is not there; while iterating, with file:line.
    """

    def __init__(
        self,
        path: pathlib.Path,
        columns: dict[str, Column],
        header: bool | None = None,
        kind: str | None = None,
    ) -> None:
        self.path, self._kind, self._columns, self._header = path, kind or suffix(path), columns, header
        if self._kind not in TABLE_SUFFIXES or self._kind in JSON_SUFFIXES:
            expected = f"expected one of {', '.join(TABLE_SUFFIXES)}, or .gz after it"
            raise DataError(f"{path}: unknown suffix {self._kind!r}; {expected}")
        self._own = "," if self._kind == ".csv" else "\t"
        self._rows = _csv_rows(path) if self._kind == ".csv" else _tsv_rows(path)
        self.names: list[str] | None = None
        line = 1
        if any(isinstance(column, str) for column in columns.values()) if header is None else header:
            line, self.names = next(self._rows, (1, []))
            self.names = [name.strip() for name in self.names]
        self.numbers = [self._number(column, f"{path}:{line}") for column in columns.values()]

    def __iter__(self) -> Iterator[Row]:
        needed = max(self.numbers) + 1
        most, whose = (len(self.names), "header") if self.names else (None, "first row")
        for count, (line, row) in enumerate(self._rows):
            where = f"{self.path}:{line}"
            if len(row) < needed:
                wanted = " and ".join(
                    f"column {n} ({what})" for n, what in zip(self.numbers, self._columns, strict=True)
                )
                wanted = f"expected at least {needed}: {wanted}; the row is {short(row)}"
                raise DataError(f"{where}: {len(row)} column(s), {wanted}{self._separated(row)}")
            if not count and self._header is None and self.names is None:
                refuse_header(row, where)
            most = most or len(row)
            if len(row) > most:
                how = "in double quotes" if self._own == "," else "in a .csv file, in double quotes"
                why = f"a cell with {_SEPARATORS[self._own]} must be {how}"
                what = f"{len(row)} columns, the {whose} has {most}: {why}; the row is {short(row)}"
                raise DataError(f"{where}: {what}{self._separated(row[-1:])}")
            yield line, row

    def _number(self, column: Column, where: str) -> int:
        if isinstance(column, int):
            return column
        names = self.names or []
        if column.strip() not in names and names:
            meant = f"; did you mean {nearest(column, names)!r}?" if nearest(column, names) else ""
            hint = self._separated(names) or meant
            raise DataError(f"{where}: no column {column!r} in the header {short(names)}{hint}")
        if names.count(column.strip()) > 1:
            raise DataError(
                f"{where}: the header has two columns {column!r}: {short(names)}; name one by its number"
            )
        return names.index(column.strip()) if names else 0

    def _separated(self, row: list[str]) -> str:
        """What else seems to be between the cells of a row, for messages."""
        if len(row) > 1:
            return ""
        own = self._own
        if own == "\t" and row[0].startswith('"'):
            return "; TSV has no quoting: a .csv file has"
        for separator, name in _SEPARATORS.items():
            if separator != own and separator in row[0]:
                rename = {"\t": " (or name the file .tsv)", ",": " (or name the file .csv)"}.get(
                    separator, ""
                )
                return f"; it looks separated by {name}, and {_SEPARATORS[own]} are expected{rename}"
        return ""


def _tsv_rows(path: pathlib.Path) -> Iterator[Row]:
    return ((number, line.split("\t")) for number, line in lines(path) if line.strip())


def _csv_rows(path: pathlib.Path) -> Iterator[Row]:
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader((line.replace("\r", _CR) + "\n" for _, line in lines(path)), strict=True)
    while True:
        first = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = str(error)
            if "unexpected end of data" in what:
                what = (
                    f'a quote (") of this row is never closed; {reader.line_num - first} more lines are in it'
                )
            raise DataError(f"{path}:{first}: not valid CSV: {what}") from None
        if len(row) > 1 or "".join(row).strip():
            yield first, [cell.replace(_CR, "\r") for cell in row]
