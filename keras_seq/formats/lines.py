"""What formats of text share: files and their lines, and the rows of JSON lines."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import pathlib
import zlib
from collections.abc import Iterator
from typing import Any

from keras_seq.errors import DataError
from keras_seq.sections import matching

JSON_SUFFIXES = (".jsonl", ".json")
# How files begin that are no UTF-8 text: what they are, and what to do.
_BEGINNINGS = {
    b"\xff\xfe\x00\x00": "UTF-32 text; expected UTF-8",
    b"\xff\xfe": "UTF-16 text; expected UTF-8 (iconv -f UTF-16 -t UTF-8 makes it)",
    b"\xfe\xff": "UTF-16 text; expected UTF-8 (iconv -f UTF-16 -t UTF-8 makes it)",
    b"\x1f\x8b": "gzip data; a name that ends in .gz is expected then",
    b"PK\x03\x04": "a zip archive, such as an Excel workbook; expected text",
}


def files(pattern: str, folders: bool = False) -> list[pathlib.Path]:
    """The files of a path or of a pattern such as `part-*.tsv.gz`, in order of name; at least one.

    What exists is taken as it is called, brackets and all.

    Args:
        pattern: the path or the pattern.
        folders: whether folders are taken too; else one is an error.
    """
    try:
        found = matching(pattern)
    except (OSError, ValueError) as error:
        raise DataError(f"{pattern}: not a path: {error}") from None
    if not found:
        raise DataError(f"{pattern}: no such file")
    for file in found:
        if file.is_dir() and not folders:
            raise DataError(f"{file}: is a folder; expected a file")
    return found


def lines(path: pathlib.Path, errors: str = "strict") -> Iterator[tuple[int, str]]:
    """The lines of a text file, gzip-compressed or not, without their ends, numbered from 1.

    See `decoded` for what a line is.

    Args:
        path: of the file.
        errors: what `bytes.decode` is told to do with what is not UTF-8.
    """
    try:
        with gzip.open(path, "rb") if path.suffix.lower() == ".gz" else open(path, "rb") as stream:
            yield from decoded(stream, path, errors)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def decoded(stream: io.BufferedIOBase, path: object, errors: str = "strict") -> Iterator[tuple[int, str]]:
    """The lines of a binary stream, as `lines` gives them.

    A line ends in LF or CR LF; in a file that has neither, in CR. No other character ends one: a CR within a
    line, U+0085 and U+2028 are part of it. A byte-order mark at the start is not.

    Args:
        stream: open for reading.
        path: its name, for messages.
        errors: what `bytes.decode` is told to do with what is not UTF-8.
    """
    number = 0
    try:
        for number, line in enumerate(_divided(stream), 1):
            if number == 1:
                refuse_other_encodings(line, path)
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8", errors)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}:{number}: byte {error.start + 1} of the line is not UTF-8") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}:{number + 1}: damaged gzip data: {error}") from None


def refuse_other_encodings(start: bytes, path: object) -> None:
    """Raise a `DataError` where a file begins as UTF-16 and other files do that are no UTF-8 text."""
    for beginning, what in _BEGINNINGS.items():
        if start.startswith(beginning):
            raise DataError(f"{path}: is {what}")
    start = start[:200]
    if len(start) > 3 and start.count(0) * 3 > len(start):
        raise DataError(f"{path}: every second byte or so is 0, as in UTF-16 text; expected UTF-8")


def json_lines(path: pathlib.Path) -> Iterator[tuple[int, Any]]:
    """The values of a file of JSON lines with their lines' numbers; blank lines are passed over."""
    for number, line in lines(path):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:  # also numbers and nesting beyond Python's limits
                hint = "; expected JSON lines, a whole object a line" if number == 1 else ""
                raise DataError(
                    f"{path}:{number}: not valid JSON: {getattr(error, 'msg', error)}{hint}"
                ) from None
            yield number, value


def suffix(path: pathlib.Path) -> str:
    """The suffix that names the format, in small letters, `.gz` aside."""
    return next((s for s in reversed(path.suffixes) if s.lower() != ".gz"), "").lower()


def refuse_surrogates(text: str, what: str, where: str) -> None:
    """Raise a `DataError` where a text from JSON, or a file's name, is not all characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(f"{where}: the {what} has half of a surrogate pair, which is no character") from None


def short(row: object) -> str:
    """A row as an error message shows it: at most 100 characters."""
    text = repr(row)
    return text if len(text) <= 100 else text[:97] + "..."


def _divided(stream: io.BufferedIOBase) -> Iterator[bytes]:
    first = stream.readline()
    if b"\r" in first and not first.endswith(b"\n"):  # the whole file: it has no LF
        yield from first.removesuffix(b"\r").split(b"\r")
    elif first:
        for line in itertools.chain([first], stream):
            yield line.rstrip(b"\r\n")
