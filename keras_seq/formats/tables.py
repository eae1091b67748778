"""Tables (TSV, CSV, JSON lines) -> raw examples."""

from __future__ import annotations

import math
import pathlib
import re
from collections.abc import Iterator
from typing import Any

from keras_seq.errors import DataError
from keras_seq.formats.cells import Cells
from keras_seq.formats.examples import Example
from keras_seq.formats.headers import FirstRows
from keras_seq.formats.labels import named
from keras_seq.formats.lines import (
    JSON_SUFFIXES,
    files,
    json_lines,
    refuse_surrogates,
    short,
    suffix,
)
from keras_seq.sections import Column


class Table:
    """Rows of TSV, CSV or JSON-lines files, `.gz` or not: an iterable of `Example`, over and over.

    TSV has no quoting; CSV is RFC 4180, with quoted line breaks; the kind is the file's suffix. Blank lines
    are passed over. UTF-8, with or without a byte-order mark.

    Args:
        path: a file, or a pattern such as `part-*.tsv.gz`.
        input: the column of the input: a name (the first line is then a header) or a number from 0.
        truth: the column of the truth, named or numbered like the input's.
        names: truth in the file -> its name in the answers; any other truth is then an error. None keeps all
            as is.
        header: whether the first line of TSV and CSV is a header. None: it is where a column has a name;
            where it is not, one that looks like a header is an error.
    """

    def __init__(
        self,
        path: str,
        input: Column,
        truth: Column,
        names: dict[str, str] | None = None,
        header: bool | None = None,
    ) -> None:
        self.path, self.columns, self.names, self.header = path, (input, truth), names, header

    def __iter__(self) -> Iterator[Example]:
        unasked = self.header is None and not any(isinstance(column, str) for column in self.columns)
        first_rows = FirstRows()
        for path in files(self.path):
            rows = 0
            for line, (text, truth) in self._rows(path):
                rows += 1
                where = f"{path}:{line}"
                if not truth:
                    raise DataError(f"{where}: the label is empty; the text is {short(text)}")
                if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", truth):
                    what = f"the label {short(truth)} has a line break or another control character"
                    raise DataError(f"{where}: {what}; is a quote not closed?")
                if unasked and self.names is None:
                    first_rows.other(truth) if rows > 1 else first_rows.first(text, truth, where)
                yield Example(text, named(truth, self.names, where), where)
            if not rows:
                raise DataError(f"{path}: has no rows (an empty file, or a header alone)")
        first_rows.finish()

    def _rows(self, path: pathlib.Path) -> Iterator[tuple[int, tuple[str, str]]]:
        if suffix(path) in JSON_SUFFIXES:
            yield from self._json_rows(path)
            return
        cells = Cells(path, dict(zip(("input", "truth"), self.columns, strict=True)), self.header)
        text, truth = cells.numbers
        for line, row in cells:
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
            is_label = isinstance(truth, str | int) or (isinstance(truth, float) and math.isfinite(truth))
            if not isinstance(text, str) or not is_label:
                raise DataError(f"{where}: expected a text and a label; the row is {short(row)}")
            label = str(truth).lower() if isinstance(truth, bool) else str(truth).strip()
            refuse_surrogates(text, "text", where)
            refuse_surrogates(label, "label", where)
            yield number, (text, label)
