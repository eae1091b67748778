"""Folders of recorded speech -> raw examples: LibriSpeech's, and Kaldi's data folders."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

from keras_seq.errors import DataError
from keras_seq.formats.examples import Example
from keras_seq.formats.lines import lines, short
from keras_seq.formats.speech_files import placed, sound

TRANSCRIPTS = "*.trans.txt"  # of LibriSpeech
LIBRISPEECH_SUFFIXES = (".flac", ".wav")  # as it is published, and as it is converted


def utterances_of(folder: pathlib.Path) -> Iterator[Example]:
    """The utterances of a folder, whichever of the two it is.

    Raises:
        DataError: when it is neither.
    """
    if (folder / "wav.scp").exists():
        return kaldi(folder)
    transcripts = sorted(path for path in folder.rglob(TRANSCRIPTS) if not path.name.startswith("."))
    if not transcripts:
        what = f"expected LibriSpeech's ({TRANSCRIPTS} in it, at any depth) or Kaldi's (wav.scp and text)"
        raise DataError(f"{folder}: is no folder of speech: {what}; of a manifest, give the file")
    return librispeech(transcripts)


def librispeech(transcripts: list[pathlib.Path]) -> Iterator[Example]:
    """The utterances of `*.trans.txt` files: `ID TRANSCRIPT` a line, the sound `ID.flac` (or .wav) beside it.

    Source: Panayotov et al. 2015, ICASSP.
    """
    for path in transcripts:
        for where, name, transcript in _keyed(path):
            files = [placed(path.parent, f"{name}{suffix}", where) for suffix in LIBRISPEECH_SUFFIXES]
            file = next((file for file in files if file.exists()), files[0])
            yield Example(sound(file), transcript, where)


def kaldi(folder: pathlib.Path) -> Iterator[Example]:
    """The utterances of a Kaldi data folder, in the order of `text`; the paths of `wav.scp` are held.

    A relative path starts at the folder. Sounds without a transcript are passed over. Source: Povey et al.
    2011, ASRU, and Kaldi's "Data preparation".

    Raises:
        DataError: while iterating; also where utterances are parts of recordings (`segments`), or made by
            commands (`| ...` in `wav.scp`), which are not run.
    """
    if (folder / "segments").exists():
        what = "utterances that are parts of recordings are not read; expected a sound for each utterance"
        raise DataError(f"{folder / 'segments'}: {what}, and no segments")
    sounds: dict[str, str] = {}
    for where, name, path in _keyed(folder / "wav.scp"):
        if path.startswith("|") or path.endswith("|"):
            raise DataError(
                f"{where}: {short(path)} is a command, and none is run; expected the path of a sound: run it once, "
                "and write its file's path here"
            )
        if re.search(r"\.ark:\d+$", path):
            raise DataError(f"{where}: {short(path)} is in an archive; expected the path of a sound")
        if name in sounds:
            raise DataError(f"{where}: utterance {name!r} stands here twice")
        sounds[name] = str(placed(folder, path, where))
    if not (folder / "text").exists():
        raise DataError(f"{folder / 'text'}: no such file; Kaldi's data folder has the transcripts there")
    for where, name, transcript in _keyed(folder / "text"):
        if name not in sounds:
            raise DataError(f"{where}: utterance {name!r} is not in {folder / 'wav.scp'}")
        yield Example(sound(sounds[name]), transcript, where)


def _keyed(path: pathlib.Path) -> Iterator[tuple[str, str, str]]:
    """Of each line file:line, its first word and the rest."""
    for number, line in lines(path):
        if line.strip():
            name, _, rest = re.sub(r"[ \t]+", " ", line.strip(" \t"), count=1).partition(" ")
            yield f"{path}:{number}", name, rest.strip()
