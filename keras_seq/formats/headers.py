"""Headers where none is expected: in files whose columns are given by numbers, the first row is looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from keras_seq.errors import DataError
from keras_seq.formats.lines import short

INPUTS = frozenset(
    (
        "text texts sentence sentences review reviews comment comments content body message document tweet title "
        "headline question utterance phrase query input inputs source src x path paths file filename clip clips video"
    ).split()
)
OTHERS = frozenset(
    (
        "label labels class classes category categories sentiment target targets polarity rating ratings score stars "
        "tag tags intent topic emotion y truth output outputs answer translation tgt trg id ids idx index number date"
    ).split()
)
FEWEST_ROWS = 4  # besides the first, before labels are compared


def refuse_header(row: Sequence[str], where: str) -> None:
    """Raise a `DataError` where a row's cells are usual names of columns, as "id", "text" and "label"."""
    cells = [_plain(cell) for cell in row if cell.strip()]
    if not all(map(_is_name, cells)) or len(set(cells)) < len(cells) or INPUTS.isdisjoint(cells):
        return
    if len(cells) == 1 or not OTHERS.isdisjoint(cells):
        raise DataError(_complaint(row, where))


class FirstRows:
    """The first rows of files, and whether one of them is a header, in any language, and no example.

    It is one when it is a few words, and its label, in letters, stands in no other row, while the others'
    stand there twice or more on an average. That is known at the end of the files.
    """

    def __init__(self) -> None:
        self._first: list[tuple[str, str, str]] = []
        self._others: set[str] = set()
        self._count = 0

    def first(self, text: str, truth: str, where: str) -> None:
        """Look at the first row of a file."""
        self._first.append((text, truth, where))

    def other(self, truth: str) -> None:
        """Look at another row."""
        self._count += 1
        self._others.add(truth)

    def finish(self) -> None:
        """Raise a `DataError` when a first row was a header."""
        if self._count < FEWEST_ROWS or 2 * len(self._others) > self._count:
            return
        for text, truth, where in self._first:
            if truth not in self._others and _is_name(text) and _is_name(truth):
                raise DataError(_complaint((text, truth), where))


def _plain(cell: str) -> str:
    return cell.strip().strip('"').casefold()


def _is_name(cell: str) -> bool:
    """Whether a cell is one to three words that begin with a letter."""
    return bool(re.fullmatch(r"[^\W\d_]\w*(?:[ .-]\w+){0,2}", _plain(cell)))


def _complaint(cells: Sequence[str], where: str) -> str:
    what = f"looks like a header and not like an example: {short(list(cells))}"
    return (
        f"{where}: {what}; name the columns instead of numbering them (predict has --column for that); or data.header: "
        "true passes the first line over, and false takes it as an example"
    )
