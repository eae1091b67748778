"""Manifests of recorded speech -> raw examples: a sound's file and its transcript."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

from keras_seq.errors import DataError
from keras_seq.formats.cells import Cells
from keras_seq.formats.examples import Example, File
from keras_seq.formats.lines import JSON_SUFFIXES, files, json_lines, lines, refuse_surrogates, short, suffix
from keras_seq.formats.speech_files import milliseconds, placed, sound
from keras_seq.formats.speech_folders import utterances_of
from keras_seq.sections import Column, nearest

# Names of columns and keys, and whose they are.
COMMON_VOICE = "path"
AUDIO = {"audio_filepath": "NeMo", "wav_filename": "DeepSpeech", COMMON_VOICE: "Common Voice"}
TRANSCRIPT = {"text": "NeMo", "transcript": "DeepSpeech", "sentence": "Common Voice"}
DURATION, OFFSET = "duration", "offset"  # in NeMo's, in seconds
SIZE = "wav_filesize"  # in DeepSpeech's, in bytes
CLIPS = "clips"  # the folder beside a table of Common Voice
LJSPEECH_FOLDER, LJSPEECH_CELLS = "wavs", (2, 3)


class Utterances:
    """Utterances, from whatever lists them: an iterable of `Example`, over and over.

    The input is a `File` whose length is in milliseconds, about; the truth is the transcript, without white
    space at its edges, and may be empty. What a path is shows in the files themselves:

    JSON lines, `.gz` or not: `audio_filepath`, `text` and, where it is there, `duration` (NeMo).
    CSV or TSV with a header, `.gz` or not: `wav_filename`, `transcript` and, where it is there,
        `wav_filesize` (DeepSpeech); or `path` and `sentence` (Common Voice, whose sounds are beside the
        table or in `clips/` there).
    `id|text|normalised text` without a header (LJSpeech): the third cell where it is there; the sound is
        `wavs/ID.wav`.
    A folder: LibriSpeech's or Kaldi's; see `speech_folders`.

    Relative paths start at the folder of the manifest.

    Args:
        path: a file, a folder, or a pattern such as `train-clean-*`.
        audio: the column, or key, of the sounds' paths: a name, or a number from 0; None: a name above.
        transcript: likewise of the transcripts.
        header: whether the first line of TSV and CSV is a header. None: it is, but where both columns have
            numbers.

    Raises:
        DataError: while iterating, with file:line.
    """

    def __init__(
        self,
        path: str,
        audio: Column | None = None,
        transcript: Column | None = None,
        header: bool | None = None,
    ) -> None:
        self.path, self.audio, self.transcript, self.header = path, audio, transcript, header

    def __iter__(self) -> Iterator[Example]:
        for path in files(self.path, folders=True):
            found = False
            for example in self._utterances(path):
                found = True
                yield example
            if not found:
                raise DataError(f"{path}: has no utterances (an empty file, or a header alone)")

    def _utterances(self, path: pathlib.Path) -> Iterator[Example]:
        if path.is_dir():
            return utterances_of(path)
        if suffix(path) in JSON_SUFFIXES:
            return self._json(path)
        if self.audio is None and self.transcript is None and _has_bars(path):
            return _ljspeech(path)
        return self._table(path)

    def _json(self, path: pathlib.Path) -> Iterator[Example]:
        for number, row in json_lines(path):
            where = f"{path}:{number}"
            names = list(row) if isinstance(row, dict) else []
            audio, transcript = self._chosen(names, where)
            file, text = (_json_text(row, column, names, where) for column in (audio, transcript))
            refuse_surrogates(text, "transcript", where)
            row = row if isinstance(row, dict) else {}
            if row.get(OFFSET):
                what = "a part of a recording is not read; expected a sound for each utterance"
                raise DataError(f"{where}: offset {row[OFFSET]!r}: {what}")
            length = milliseconds(row.get(DURATION), where)
            yield Example(sound(_placed(path.parent, file, audio, where), length), text.strip(), where)

    def _table(self, path: pathlib.Path) -> Iterator[Example]:
        audio, transcript = self._chosen(self._names(path), f"{path}:1")
        cells = Cells(path, {"audio": audio, "transcript": transcript}, self.header)
        sizes = cells.names.index(SIZE) if cells.names and SIZE in cells.names else None
        file, text = cells.numbers
        for line, row in cells:
            where = f"{path}:{line}"
            if "\n" in row[text]:
                what = f"the transcript {short(row[text])} has a line break"
                raise DataError(f"{where}: {what}; is a quote not closed?")
            size = None if sizes is None or sizes >= len(row) else _size(row[sizes], where)
            place = _placed(path.parent, row[file], audio, where)
            yield Example(sound(place, size=size), row[text].strip(), where)

    def _names(self, path: pathlib.Path) -> list[str]:
        """The header of a table, where it is needed to find a column."""
        if None not in (self.audio, self.transcript):
            return []
        if self.header is False:
            what = "data.header is false, so data.audio and data.transcript are needed, two numbers from 0"
            raise DataError(f"{path}: {what}")
        return Cells(path, {}, header=True).names or []

    def _chosen(self, names: list[str], where: str) -> tuple[Column, Column]:
        """The columns that are given, or else have known names."""
        audio = _known(AUDIO, "audio", names, where) if self.audio is None else self.audio
        if self.transcript is None:
            return audio, _known(TRANSCRIPT, "transcript", names, where)
        return audio, self.transcript


def _has_bars(path: pathlib.Path) -> bool:
    """Whether the first line has cells between vertical bars, as LJSpeech's metadata.csv."""
    return any("|" in line for _, line in itertools.islice(lines(path), 1))


def _ljspeech(path: pathlib.Path) -> Iterator[Example]:
    """The utterances of LJSpeech's `metadata.csv`, which has no quoting. Source: Ito and Johnson 2017."""
    for number, line in lines(path):
        if not line.strip():
            continue
        where, cells = f"{path}:{number}", line.split("|")
        if len(cells) not in LJSPEECH_CELLS:
            what = f"{len(cells)} cell(s) between vertical bars; expected id|text|normalised text (LJSpeech)"
            raise DataError(f"{where}: {what}; the line is {short(line)}")
        transcript = next((cell for cell in reversed(cells[1:]) if cell.strip()), "")
        file = placed(path.parent / LJSPEECH_FOLDER, cells[0], where)
        yield Example(sound(file.with_name(f"{file.name}.wav")), transcript.strip(), where)


def _known(names_of: dict[str, str], key: str, names: Sequence[str], where: str) -> str:
    """The first of the known names that a header, or a row, has."""
    found = next((name for name in names_of if name in names), None)
    if found is None:
        expected = ", ".join(f"{name} ({whose})" for name, whose in names_of.items())
        what = f"no column for the {key}: expected {expected}, or another that data.{key} names"
        raise DataError(f"{where}: {what}; given {short(list(names))}")
    return found


def _json_text(row: Any, column: Column, names: list[str], where: str) -> str:
    """The text that stands in a column of a row of JSON."""
    try:
        value = row[column]
    except (KeyError, IndexError, TypeError):
        near = nearest(str(column), names)
        meant = f"; did you mean {near!r}?" if near else ""
        raise DataError(f"{where}: has no {column!r}{meant}; the row is {short(row)}") from None
    if not isinstance(value, str):
        raise DataError(f"{where}: expected a text in {column!r}; the row is {short(row)}")
    return value


def _size(cell: str, where: str) -> int:
    if not cell.strip().isdecimal():
        raise DataError(f"{where}: {SIZE} {cell!r}: expected a number of bytes")
    return int(cell)


def _placed(folder: pathlib.Path, name: str, column: Column, where: str) -> pathlib.Path:
    """The path of a sound; one of Common Voice's may start at the folder of clips."""
    path, clips = placed(folder, name, where), folder / CLIPS
    if column == COMMON_VOICE and not File.of(path).length and clips.is_dir():
        return placed(clips, name, where)
    return path
