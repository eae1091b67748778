"""Files of raw inputs, without truths: a text a line, or the rows of a table -> texts, and what stands beside
them.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from keras_seq.errors import DataError
from keras_seq.formats.cells import Cells
from keras_seq.formats.lines import (
    JSON_SUFFIXES,
    decoded,
    files,
    json_lines,
    lines,
    refuse_surrogates,
    short,
    suffix,
)
from keras_seq.sections import Column

STANDARD_INPUT = "-"
JSON_KEY = "text"  # of the text, where the recipe has no name for it


class Input(NamedTuple):
    """A raw input, and the row of a table that it stands in: keys and values, or cells; None of a line of
    text.
    """

    text: str
    row: dict[str, Any] | list[Any] | None = None


class Inputs:
    """The raw inputs of files, `.gz` or not: an iterable of `Input`, in order.

    The suffix is the kind: .csv and .tsv are tables, .jsonl and .json are JSON lines, and of all others each
    line is a text, blank ones too. Of tables blank lines are passed over.

    Args:
        path: a file, a pattern such as `part-*.tsv.gz`, or "-" for the lines of standard input.
        column: of the text: a name, or a number from 0. None: the first; of JSON objects, and so is a number,
            "text".
        header: whether the first line of TSV and CSV is a header; None where the column has a name.
        txt_is_table: whether .txt is what .tsv is.
    """

    def __init__(
        self, path: str, column: Column | None = None, header: bool | None = None, txt_is_table: bool = False
    ) -> None:
        self.path, self.column, self.header = path, column, header
        self._tables = (".csv", ".tsv", ".txt") if txt_is_table else (".csv", ".tsv")

    def __iter__(self) -> Iterator[Input]:
        if self.path == STANDARD_INPUT:
            with open(0, "rb", closefd=False) as stream:
                yield from (Input(line) for _, line in decoded(stream, "standard input"))
            return
        for path in files(self.path):
            if suffix(path) in JSON_SUFFIXES:
                yield from self._json(path)
            elif suffix(path) in self._tables:
                yield from self._table(path)
            else:
                yield from (Input(line) for _, line in lines(path))

    def _table(self, path: pathlib.Path) -> Iterator[Input]:
        cells = Cells(path, {"input": self.column or 0}, self.header)
        names = _told_apart(cells.names or [])
        for _, row in cells:
            yield Input(row[cells.numbers[0]], dict(zip(names, row, strict=False)) if names else row)

    def _json(self, path: pathlib.Path) -> Iterator[Input]:
        for number, row in json_lines(path):
            where = f"{path}:{number}"
            key = self.column if isinstance(self.column, str) or isinstance(row, list) else JSON_KEY
            try:
                text = row[key or 0]
            except (KeyError, IndexError, TypeError):
                raise DataError(f"{where}: has no {key!r}; the row is {short(row)}") from None
            if not isinstance(text, str):
                raise DataError(f"{where}: expected a text in {key!r}; the row is {short(row)}")
            refuse_surrogates(text, "text", where)
            yield Input(text, row)


def _told_apart(names: list[str]) -> list[str]:
    """Names of columns, the second of one name with `.1` behind it, the third with `.2`: no cell is lost."""
    found: list[str] = []
    for name in names:
        candidates = (name if not n else f"{name}.{n}" for n in range(len(names) + 1))
        found.append(next(candidate for candidate in candidates if candidate not in found))
    return found
