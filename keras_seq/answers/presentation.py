"""How inputs and answers are shown to people, whatever the model is."""

from __future__ import annotations

from typing import NamedTuple

from keras_seq.formats import File


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
