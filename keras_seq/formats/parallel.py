"""Parallel text (two aligned files, or a table with two columns) -> raw examples: a sentence and its
translation.
"""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

from keras_seq import progress
from keras_seq.errors import DataError
from keras_seq.formats.cells import TABLE_SUFFIXES
from keras_seq.formats.examples import Example
from keras_seq.formats.lines import JSON_SUFFIXES, files, lines, refuse_surrogates, short, suffix
from keras_seq.formats.tables import Table
from keras_seq.sections import Column

MOST_PLACES = 3  # of each kind, in a message


class ParallelText:
    """Sentences and their translations, files `.gz` or not: an iterable of `Example`, over and over.

    With a `target`, two text files (or as many of the one as of the other, paired in order of name) whose
    lines are each other's translations, as OPUS and WMT give them; empty lines count. Without, the rows of
    TSV, CSV or JSON lines. Sentence and translation may be empty here (see `UsablePairs`); the input is the
    sentence as it stands, the truth the translation without white space at its edges. UTF-8, with or without
    a byte-order mark.

    Args:
        source: a file, or a pattern such as `part-*.en.gz`.
        target: the translations' file or pattern. None: `source` is a table.
        text: the column of the sentence, in a table: a name, or a number from 0.
        translation: the column of the translation, in a table.
        header: whether the first line of a TSV or CSV file is a header; None as in `Table`.
    """

    def __init__(
        self,
        source: str,
        target: str | None = None,
        text: Column = 0,
        translation: Column = 1,
        header: bool | None = None,
    ) -> None:
        self.source, self.target = source, target
        self._table = _PairTable(source, text, translation, header=header)

    def __iter__(self) -> Iterator[Example]:
        if self.target is None:
            yield from self._table
            return
        sources, targets = files(self.source), files(self.target)
        if len(sources) != len(targets):
            raise DataError(
                f"{self.source}: {len(sources)} file(s), and {len(targets)} of {self.target}; "
                f"expected one file of translations for each"
            )
        for source, target in zip(sources, targets, strict=True):
            yield from _aligned(source, target)


def pairs_of(
    path: str | list[str], text: Column | None, translation: Column | None, header: bool | None
) -> ParallelText:
    """The pairs of two aligned files, or of one table.

    Args:
        path: [sentences, translations], or a table.
        text: of a table, the column of the sentence; None for the first, of JSON lines "text".
        translation: likewise of the translation; None for the second, or "translation".
        header: as in `ParallelText`.

    Raises:
        DataError: when the one file is no table.
    """
    if isinstance(path, list):
        sources, targets = path
        return ParallelText(sources, targets)
    kind = suffix(pathlib.Path(path))
    if kind not in TABLE_SUFFIXES:
        expected = (
            f"pairs in one of {', '.join(TABLE_SUFFIXES)}, or two text files: [SENTENCES, TRANSLATIONS]"
        )
        raise DataError(f"{path}: unknown suffix {kind!r}; expected {expected}")
    names: tuple[Column, Column] = ("text", "translation") if kind in JSON_SUFFIXES else (0, 1)
    first, second = (
        name if given is None else given for given, name in zip((text, translation), names, strict=True)
    )
    return ParallelText(path, None, first, second, header)


class UsablePairs:
    """The pairs that training can use, of `pairs`: an iterable of `Example`, over and over.

    Passed over are pairs without a sentence, without a translation (both: empty, or white space only), and
    those where either is too long. When an iteration first gets to its end, it prints what was passed over.

    Args:
        pairs: sentences and their translations.
        max_characters: of a sentence or a translation; at least 1.
        reports: whether it prints.

    Raises:
        DataError: at the end of an iteration, when no pair can be used.
    """

    def __init__(self, pairs: Iterable[Example], max_characters: int, reports: bool = True) -> None:
        self.pairs, self.max_characters = pairs, max_characters
        self._reported = not reports

    def __iter__(self) -> Iterator[Example]:
        total = 0
        counts = dict.fromkeys(("without a source", "without a translation", self._too_long), 0)
        places: dict[str, list[str]] = {fault: [] for fault in counts}
        for pair in self.pairs:
            total += 1
            fault = self._fault(pair)
            if fault is None:
                yield pair
                continue
            counts[fault] += 1
            if counts[fault] <= MOST_PLACES:
                places[fault].append(pair.where)
        passed_over = sum(counts.values())
        found = ", ".join(_counted(count, fault, places[fault]) for fault, count in counts.items() if count)
        if passed_over == total:
            raise DataError(f"none of {total} pairs can be used: {found or 'there are none'}")
        if passed_over and not self._reported:
            self._reported = True
            progress.say(f"passed over {passed_over} of {total} pairs: {found}")

    @property
    def _too_long(self) -> str:
        return f"with more than {self.max_characters} characters"

    def _fault(self, pair: Example) -> str | None:
        if not pair.input.strip():
            return "without a source"
        if not all(truth.strip() for truth in pair.truths):
            return "without a translation"
        longest = max(map(len, (pair.input, *pair.truths)))
        return self._too_long if longest > self.max_characters else None


class _PairTable(Table):
    """A table of two texts: unlike a label, a translation may be empty, and is never a number; of JSON lines it may
    be a list of all that are right.
    """

    def __iter__(self) -> Iterator[Example]:
        for path in files(self.path):
            found = False
            for line, (text, translation) in self._rows(path):
                found = True
                yield Example(text, translation, f"{path}:{line}")
            if not found:
                raise DataError(f"{path}: has no rows (an empty file, or a header alone)")

    def _json_rows(self, path: pathlib.Path) -> Iterator[tuple[int, tuple[str, Any]]]:
        for number, row, text, translation in self._json_cells(path):
            where = f"{path}:{number}"
            several = translation if isinstance(translation, list) else [translation]
            if not several or not all(isinstance(one, str) for one in (text, *several)):
                raise DataError(
                    f"{where}: expected a text and its translation, a text or a list of texts; the row is "
                    f"{short(row)}"
                )
            refuse_surrogates(text, "text", where)
            for one in several:
                refuse_surrogates(one, "translation", where)
            truths = tuple(one.strip() for one in several)
            yield number, (text, truths if isinstance(translation, list) else truths[0])


def _aligned(source: pathlib.Path, target: pathlib.Path) -> Iterator[Example]:
    """The lines of two files, side by side; a complaint at the end of the longer when the other has fewer."""
    counts = [0, 0]
    for one, other in itertools.zip_longest(lines(source), lines(target)):
        counts = [counts[0] + (one is not None), counts[1] + (other is not None)]
        if one and other:
            yield Example(one[1], other[1].strip(), f"{source}:{one[0]}")
    for path, count in zip((source, target), counts, strict=True):
        if not count:
            raise DataError(f"{path}: has no rows (an empty file)")
    if counts[0] != counts[1]:
        raise DataError(
            f"{source} has {counts[0]} lines and {target} {counts[1]}: "
            f"they must be line by line each other's translations"
        )


def _counted(count: int, fault: str, places: list[str]) -> str:
    return f"{count} {fault} ({', '.join(places)}{', ...' if count > len(places) else ''})"
