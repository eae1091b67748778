"""How inputs and answers are shown to people, whatever the model is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from keras_seq.formats import File
from keras_seq.sections import nearest

SHOWN_NAMES = 20  # of those that there are


class WorstExamples(NamedTuple):
    """Examples that were answered badly, worst first, as a card shows them.

    Attributes:
        columns: the heads of a table.
        rows: its cells, a row an example.
        page: the body of an HTML page that shows the same in colour; "" where there is none.
    """

    columns: list[str]
    rows: list[list[str]]
    page: str = ""


def input_text(raw: str | File | bytes) -> str:
    """A raw input as a text: of a file its path, never its bytes."""
    if isinstance(raw, File):
        return raw.path
    return raw if isinstance(raw, str) else f"{len(raw)} bytes"


def decoded(raw: str | bytes) -> str:
    """A raw text as a `str`; what is no UTF-8 becomes replacement characters."""
    return raw.decode(errors="replace") if isinstance(raw, bytes) else raw


def known(name: str, names: Sequence[str]) -> str:
    """The names that there are, and which of them was meant by another one."""
    meant = nearest(name, list(names))
    shown = ", ".join(map(repr, names[:SHOWN_NAMES])) + (", ..." if len(names) > SHOWN_NAMES else "")
    return shown + (f"; did you mean {meant!r}?" if meant else "")
