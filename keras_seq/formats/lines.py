"""What all formats share: the raw example, files and their lines, and the rows of JSON lines."""

from __future__ import annotations

import gzip
import json
import pathlib
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from keras_seq.errors import DataError

JSON_SUFFIXES = (".jsonl", ".json")


class Example(NamedTuple):
    """One raw example: what the served model will get, the truth, and where it stands ("file:line")."""

    input: Any  # text, or bytes
    truth: str
    where: str


def files(pattern: str) -> list[pathlib.Path]:
    """The files of a path or of a pattern such as `part-*.tsv.gz`, in order of name; at least one."""
    path = pathlib.Path(pattern)
    found = [path] if path.exists() else sorted(path.parent.glob(path.name))
    if not found:
        raise DataError(f"{pattern}: no such file")
    for file in found:
        if file.is_dir():
            raise DataError(f"{file}: is a folder; expected a file")
    return found


def lines(path: pathlib.Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file, gzip-compressed or not, without their ends, numbered from 1."""
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}:{number}: byte {error.start + 1} of the line is not UTF-8") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}:{number + 1}: damaged gzip data: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def json_lines(path: pathlib.Path) -> Iterator[tuple[int, Any]]:
    """The values of a file of JSON lines with their lines' numbers; blank lines are passed over."""
    for number, line in lines(path):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:  # also numbers and nesting beyond Python's limits
                raise DataError(f"{path}:{number}: not valid JSON: {getattr(error, 'msg', error)}") from None
            yield number, value


def suffix(path: pathlib.Path) -> str:
    """The suffix that names the format, `.gz` aside."""
    return next((s for s in reversed(path.suffixes) if s != ".gz"), "")


def refuse_surrogates(text: str, what: str, where: str) -> None:
    """Raise a `DataError` where a text from JSON is not all characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(f"{where}: the {what} has half of a surrogate pair, which is no character") from None


def short(row: object) -> str:
    """A row as an error message shows it: at most 100 characters."""
    text = repr(row)
    return text if len(text) <= 100 else text[:97] + "..."
