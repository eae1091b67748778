"""Files of raw inputs: which can be read, and their bytes, read in parallel when a batch is made.

The bytes of a `Folder`, such as the frames of a clip, are a tar archive of its files.
"""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from keras_seq import archives, progress
from keras_seq.errors import DataError, reason
from keras_seq.formats import Example, File, Folder

MOST_NAMED = 10  # files that are skipped because of what is in them
READ_AT_ONCE = 16  # files; a disk or a network answers several questions at once
HINT = "; training.unreadable: skip leaves such files out"
Unreadable = Literal["stop", "skip"]
Convert = Callable[[bytes], bytes]


def contents(raw: Any, convert: Convert | None = None) -> str | bytes:
    """A raw input as the model takes it: a text, or the bytes of a file.

    Args:
        raw: a text, or a `File`.
        convert: what the bytes of a file are made into, as `Answering.file_contents`; None: they stay.

    Raises:
        DataError: when the file is missing, empty or cannot be read, or what it holds not converted.
    """
    if not isinstance(raw, File):
        return raw
    found = _read(raw, convert)
    if isinstance(found, DataError):
        raise DataError(f"{raw.path}: {found}")
    return found


def check(file: File) -> None:
    """Complain of a file or a folder that is missing, empty, or may not be read; it is not opened.

    Raises:
        DataError: with the path.
    """
    if problem := _problem(file):
        raise DataError(f"{file.path}: {problem}")


class Readable:
    """Those of some examples whose files are there, not empty, and may be read: an iterable, over and over.

    The files are not opened. Where others are skipped, their number is printed once, after the first
    iteration that gets to the end.

    Args:
        examples: any; texts pass.
        unreadable: whether a file that cannot be read is an error, or skipped.
        split: the name of what is read, for messages.
        hint: what to do, at the end of a complaint.

    Raises:
        DataError: while iterating, at the first file that cannot be read, or when none can.
    """

    def __init__(
        self, examples: Iterable[Example], unreadable: Unreadable, split: str, hint: str = HINT
    ) -> None:
        self.examples, self.unreadable, self.split, self.hint = examples, unreadable, split, hint
        self.skipped = 0  # in the last iteration that got to the end

    def __iter__(self) -> Iterator[Example]:
        total, problems = 0, []
        for example in self.examples:
            total += 1
            problem = _problem(example.input) if isinstance(example.input, File) else ""
            if not problem:
                yield example
                continue
            message = f"{example.where}: {example.input.path}: {problem}"
            if self.unreadable == "stop":
                raise DataError(f"{message}{self.hint}")
            problems.append(message)
        if problems and len(problems) == total:
            raise DataError(f"none of the {total} files of the {self.split} split can be read; {problems[0]}")
        if len(problems) > self.skipped:
            progress.say(
                f"skipped {len(problems)} of {total} files of the {self.split} split; the first: {problems[0]}"
            )
        self.skipped = len(problems)


class Reader:
    """Reads the files of batches, and leaves out, or complains of, those that turn out to be unreadable.

    Args:
        unreadable: whether such a file is an error, or skipped.
        problems: bytes of files -> "", or what is wrong with each; None: any bytes are good.
        hint: what to do, at the end of a complaint.
        convert: what the bytes of a file are made into (`Preprocessing.contents`); its `DataError` is one of the
            file. It is called in several threads. None: they stay.
    """

    def __init__(
        self,
        unreadable: Unreadable = "stop",
        problems: Callable[[list[bytes]], list[str]] | None = None,
        hint: str = HINT,
        convert: Convert | None = None,
    ) -> None:
        self.unreadable, self.problems, self.hint, self.convert = unreadable, problems, hint, convert
        self.skipped: dict[str, str] = {}  # path -> the complaint
        self._pool = concurrent.futures.ThreadPoolExecutor(READ_AT_ONCE, "reading")

    def read(self, batch: list[Example]) -> tuple[list[Example], list[str | bytes]]:
        """The examples of a batch whose inputs could be read, and these inputs.

        Raises:
            DataError: with the path, when one cannot and none may be skipped.
        """
        if not any(isinstance(example.input, File) for example in batch):
            return batch, [example.input for example in batch]
        read = list(self._pool.map(lambda example: _read(example.input, self.convert), batch))
        problems = self._problems(read)
        kept: list[Example] = []
        inputs: list[str | bytes] = []
        for example, found, problem in zip(batch, read, problems, strict=True):
            if problem:
                self.refuse(example, problem)
            else:
                kept.append(example)
                inputs.append(found)  # type: ignore[arg-type]
        return kept, inputs

    def refuse(self, example: Example, problem: str) -> None:
        """Raise a `DataError`, or count the example among those that are skipped.

        Args:
            example: of a file that cannot be read, or holds nothing that can be used.
            problem: what is wrong with it.
        """
        message = ": ".join(filter(None, (example.where, example.input.path, problem)))
        if self.unreadable == "stop":
            raise DataError(f"{message}{self.hint}")
        if example.input.path not in self.skipped:
            self.skipped[example.input.path] = message
            if len(self.skipped) <= MOST_NAMED:
                more = "; others are not named" if len(self.skipped) == MOST_NAMED else ""
                progress.say(f"skipped: {message}{more}")

    def _problems(self, read: list[Any]) -> list[str]:
        """What is wrong with each of what was read; "" where nothing is."""
        problems = [str(found) if isinstance(found, DataError) else "" for found in read]
        good = [place for place, problem in enumerate(problems) if not problem]
        if self.problems is not None and good:
            for place, problem in zip(good, self.problems([read[place] for place in good]), strict=True):
                problems[place] = problem
        return problems


def _read(file: File, convert: Convert | None = None) -> bytes | DataError:
    """The bytes of a file or a folder, converted, or what is wrong with it."""
    try:
        path = pathlib.Path(file.path)
        found = archives.archived(path) if isinstance(file, Folder) else path.read_bytes()
    except DataError as error:
        return error
    except (OSError, ValueError) as error:
        return DataError(_why(error))
    if not found:
        return DataError("the file is empty")
    try:
        return found if convert is None else convert(found)
    except DataError as error:
        return error


def _problem(file: File) -> str:
    """What keeps a file from being read, as far as it is known without opening it."""
    try:
        found = pathlib.Path(file.path).stat()
    except (OSError, ValueError) as error:
        return _why(error)
    if isinstance(file, Folder):
        return "" if stat.S_ISDIR(found.st_mode) else "is no folder"
    if not stat.S_ISREG(found.st_mode):
        return "is no file"
    if not found.st_size:
        return "the file is empty"
    return "" if os.access(file.path, os.R_OK) else "permission denied"


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return f"cannot be read: {reason(error) if isinstance(error, OSError) else error}"


def first_usable(
    examples: Iterable[Example], reader: Reader, most: int, most_bytes: int
) -> tuple[list[Example], list[str | bytes]]:
    """The first examples whose files can be used, and their raw inputs.

    Args:
        examples: of a split.
        reader: reads files.
        most: how many.
        most_bytes: with which there are enough, where the files are large.
    """
    kept: list[Example] = []
    inputs: list[str | bytes] = []
    for example in examples:
        if len(kept) == most or sum(map(len, inputs)) > most_bytes:
            break
        for read, raw in zip(*reader.read([example]), strict=True):
            kept.append(read)
            inputs.append(raw)
    return kept, inputs
