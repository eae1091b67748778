"""Texts with tagged entities (CoNLL columns, JSON lines) -> raw examples; the truth is that of
`keras_seq.tagging`.
"""

from __future__ import annotations

import itertools
import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from keras_seq import tagging
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats.examples import Example
from keras_seq.formats.lines import (
    JSON_SUFFIXES,
    files,
    json_lines,
    lines,
    refuse_surrogates,
    short,
    suffix,
)
from keras_seq.tagging import Entity, TaggedToken

DOCUMENT_START = "-DOCSTART-"


class _Row(NamedTuple):
    line: int
    token: str
    tag: str
    cells: list[str]


def tagged(
    path: str, token: int | str, tag: int | str, scheme: str, types: dict[str, str] | None
) -> TaggedColumns | TaggedSpans:
    """The sentences of column files, or the texts of JSON lines, by the suffix.

    Args:
        path: a file or a pattern.
        token: the column of the token; of JSON lines the key of the text, where it is a name.
        tag: likewise of the tags, or of the entities.
        scheme, types: as in `TaggedColumns`.

    Raises:
        RecipeError: when a column of a column file has a name.
    """
    if suffix(pathlib.Path(path)) in JSON_SUFFIXES:
        text, entities = (
            key if isinstance(key, str) else name for key, name in ((token, "text"), (tag, "entities"))
        )
        return TaggedSpans(path, text, entities, types)
    if isinstance(token, str) or isinstance(tag, str):
        raise RecipeError(f"{path}: columns go by numbers; given data.token {token!r}, data.tag {tag!r}")
    return TaggedColumns(path, token, tag, scheme, types)


class TaggedColumns:
    """Sentences of CoNLL column files, `.gz` or not, a token a line: an iterable of `Example`, over and over.

    The input is the tokens with single spaces between; the truth is every token's place in it and its IOB2
    tag. A line's columns are divided by tabs where it has one, else by spaces; spaces other than " " belong
    to the token. Blank lines end a sentence; so do `-DOCSTART-` lines, which are passed over. UTF-8, with or
    without a byte-order mark. Source: Tjong Kim Sang and De Meulder 2003, CoNLL.

    Args:
        path: a file, or a pattern such as `part-*.conll.gz`.
        token: the column of the token, counted from 0, or from the end, where -1 is the last.
        tag: the column of the tag, counted likewise.
        scheme: one of `tagging.SCHEMES`.
        types: entity type in the file -> its name in the answers; other types count as outside. None keeps
            all.
    """

    def __init__(
        self,
        path: str,
        token: int = 0,
        tag: int = -1,
        scheme: str = "IOB2",
        types: dict[str, str] | None = None,
    ) -> None:
        self.path, self.token, self.tag, self.scheme, self.types = path, token, tag, scheme, types

    def __iter__(self) -> Iterator[Example]:
        for path in files(self.path):
            found = False
            for sentence in self._sentences(path):
                found = True
                yield self._example(sentence, path)
            if not found:
                raise DataError(
                    f"{path}: has no sentences; expected a token and its tag a line, blank lines between"
                )

    def _sentences(self, path: pathlib.Path) -> Iterator[list[_Row]]:
        sentence: list[_Row] = []
        for number, line in lines(path):
            row = self._row(number, line, path)
            if row is not None:
                sentence.append(row)
            elif sentence:
                yield sentence
                sentence = []
        if sentence:
            yield sentence

    def _row(self, number: int, line: str, path: pathlib.Path) -> _Row | None:
        """The token of a line; None where the line ends a sentence."""
        if not line.strip():
            return None
        cells = (
            [cell.strip(" ") for cell in line.split("\t")]
            if "\t" in line
            else re.split(" +", line.strip(" "))
        )
        count = len(cells)
        if -count <= self.token < count and cells[self.token] == DOCUMENT_START:
            return None
        places = {column % count for column in (self.token, self.tag) if -count <= column < count}
        if len(places) < 2:
            wanted = f"expected a token in column {self.token} and a tag in column {self.tag}"
            raise DataError(f"{path}:{number}: {count} column(s), {wanted}; the line is {short(cells)}")
        if not cells[self.token]:
            raise DataError(
                f"{path}:{number}: column {self.token}, the token, is empty; the line is {short(cells)}"
            )
        return _Row(number, cells[self.token], cells[self.tag], cells)

    def _example(self, sentence: list[_Row], path: pathlib.Path) -> Example:
        try:
            found = tagging.entities([row.tag for row in sentence], self.scheme)
        except tagging.TagError as error:
            row = sentence[error.position]
            hint = "; column files have no header" if row.line == 1 else ""
            what = f"{error}; read from column {self.tag} of {short(row.cells)}{hint}"
            raise DataError(f"{path}:{row.line}: {what}") from None
        tokens, start = [], 0
        for row, tag in zip(sentence, tagging.iob2(_kept(found, self.types), len(sentence)), strict=True):
            tokens.append(TaggedToken(start, start + len(row.token), tag))
            start += len(row.token) + 1
        text = " ".join(row.token for row in sentence)
        return Example(text, tagging.encode(tokens), f"{path}:{sentence[0].line}")


class TaggedSpans:
    """Texts and their entities in JSON lines, `.gz` or not: an iterable of `Example`, over and over.

    A row is `{"text": "Anna left .", "entities": [{"start": 0, "end": 4, "label": "PER"}]}`; an entity may
    name its type "type" or "tag" too, or its offsets "start_offset" and "end_offset", or be a list, `[0, 4,
    "PER"]` (doccano, spaCy). Offsets count code points. White space at the edges of an entity is left out of
    it. The truth is one tagged token an entity.

    Args:
        path: a file, or a pattern such as `part-*.jsonl.gz`.
        text: the key of the text.
        entities: the key of the list of entities.
        types: entity type in the file -> its name in the answers; other types count as outside. None keeps
            all.
    """

    def __init__(
        self, path: str, text: str = "text", entities: str = "entities", types: dict[str, str] | None = None
    ) -> None:
        self.path, self.text, self.entities, self.types = path, text, entities, types

    def __iter__(self) -> Iterator[Example]:
        for path in files(self.path):
            if suffix(path) not in JSON_SUFFIXES:
                raise DataError(f"{path}: unknown suffix {suffix(path)!r}; expected .jsonl, or .jsonl.gz")
            found = False
            for number, row in json_lines(path):
                found = True
                yield self._example(row, f"{path}:{number}")
            if not found:
                raise DataError(f"{path}: has no rows")

    def _example(self, row: Any, where: str) -> Example:
        if not isinstance(row, dict) or self.text not in row or self.entities not in row:
            raise DataError(f"{where}: has no {self.text!r} and {self.entities!r}; the row is {short(row)}")
        text, given = row[self.text], row[self.entities]
        if not isinstance(text, str) or not isinstance(given, list):
            raise DataError(f"{where}: expected a text and a list of entities; the row is {short(row)}")
        refuse_surrogates(text, "text", where)
        found = sorted(_kept((_entity(one, text, where) for one in given), self.types))
        for one, other in itertools.pairwise(found):
            if other.start < one.end:
                raise DataError(f"{where}: entities overlap: {_shown(one, text)} and {_shown(other, text)}")
        return Example(text, tagging.encode(TaggedToken(e.start, e.end, f"B-{e.type}") for e in found), where)


def _entity(given: Any, text: str, where: str) -> Entity:
    """One entity of a row of JSON, checked, without white space at its edges."""
    match given:
        case [start, end, label]:
            pass
        case {"start": start, "end": end} | {"start_offset": start, "end_offset": end}:
            label = next((given[key] for key in ("label", "type", "tag") if key in given), None)
        case _:
            start = end = label = None
    if (
        isinstance(start, bool)
        or isinstance(end, bool)
        or not isinstance(start, int)
        or not isinstance(end, int)
    ):
        raise DataError(
            f"{where}: entity {short(given)}: expected start and end as whole numbers, and a label"
        )
    if not isinstance(label, str):
        raise DataError(f"{where}: entity {short(given)}: expected a label that is a text")
    refuse_surrogates(label, "label", where)
    label = label.strip()
    if "\t" in label or label.splitlines() != [label]:
        raise DataError(f"{where}: entity {short(given)}: the label is empty, or holds a tab or a line break")
    if not 0 <= start < end <= len(text):
        raise DataError(
            f"{where}: entity {short(given)}: expected 0 <= start < end <= {len(text)}, the text's length"
        )
    inner = text[start:end]
    if inner.isspace():
        raise DataError(f"{where}: entity {short(given)}: holds white space only")
    return Entity(start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip()), label)


def _kept(entities: Iterable[Entity], types: dict[str, str] | None) -> list[Entity]:
    """The entities whose types are wanted, under the names of the answers."""
    if types is None:
        return list(entities)
    return [entity._replace(type=types[entity.type]) for entity in entities if entity.type in types]


def _shown(entity: Entity, text: str) -> str:
    return f"{short(text[entity.start : entity.end])} ({entity.start} to {entity.end}, {entity.type})"
