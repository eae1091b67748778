"""The headers of WAV files, read in the graph for a whole batch: where the samples are, and what is wrong.

A WAV file is `RIFF`, its size, `WAVE`, and chunks: four letters, a size, so many bytes, and one more where the
size is odd. `fmt ` says what the samples are, `data` holds them. Source: IBM and Microsoft 1991, "Multimedia
Programming Interface and Data Specifications 1.0"; Microsoft 1994, "New Multimedia Data Types and Data
Techniques", for the formats; the documentation of WAVEFORMATEXTENSIBLE.

Ops used: core TensorFlow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_seq.preprocessing.complaints import Problem, first_of, text
from keras_seq.preprocessing.header_bytes import bytes_at, number, stands

CHUNK_BYTES, FORMAT_BYTES, EXTENSIBLE_BYTES = 8, 16, 40
FIRST_CHUNK = 12  # bytes before it
MOST_CHUNKS = 64  # that are looked at
LOWEST_RATE, HIGHEST_RATE = 1000, 192_000  # Hz
# A program that writes to a pipe cannot come back to a size: it leaves 0, or 2 GB or more, SoX the least of it.
ENDLESS = 0x7FFF_F000

PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
GUID = b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"  # what follows the format in one of WAVEFORMATEXTENSIBLE
# What samples may be: format, fewest and most bits, bytes. `Headers.kind` is the place in this table, from 1.
KINDS = {
    "unsigned 8": (PCM, 1, 8, 1),
    "signed 16": (PCM, 9, 16, 2),
    "signed 24": (PCM, 17, 24, 3),
    "signed 32": (PCM, 25, 32, 4),
    "float 32": (FLOAT, 32, 32, 4),
    "float 64": (FLOAT, 64, 64, 8),
    "A-law": (A_LAW, 8, 8, 1),
    "mu-law": (MU_LAW, 8, 8, 1),
}
SAMPLE_BYTES = [0, *(kind[-1] for kind in KINDS.values())]  # by `Headers.kind`; 0 is a file with a problem
COMPRESSED = {
    **{0x02: "MS ADPCM", 0x11: "IMA ADPCM", 0x31: "GSM 6.10", 0x45: "G.726", 0x50: "MPEG", 0x55: "MP3"},
    **{0xFF: "AAC", 0x161: "WMA", 0xF1AC: "FLAC"},
}
# What stands at the beginning of files of other kinds, or at the byte that is named.
FOREIGN = [
    *[("a FLAC file", 0, b"fLaC"), ("an Ogg file", 0, b"OggS"), ("an AIFF file", 0, b"FORM")],
    *[("an MP3 file", 0, begin) for begin in (b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")],
    *[("an AAC file", 0, begin) for begin in (b"\xff\xf1", b"\xff\xf9")],
    *[("an MP4 file", 4, b"ftyp"), ("an AVI file", 8, b"AVI "), ("a SPHERE file", 0, b"NIST_1A")],
    *[("an AU file", 0, b".snd"), ("a CAF file", 0, b"caff"), ("an AMR file", 0, b"#!AMR")],
    *[("a Matroska or WebM file", 0, b"\x1a\x45\xdf\xa3"), ("a WMA file", 0, b"\x30\x26\xb2\x75")],
    *[("a big-endian RIFX file", 0, b"RIFX"), ("an RF64 file", 0, b"RF64"), ("a BW64 file", 0, b"BW64")],
]


class Headers(NamedTuple):
    """What the headers of a batch say, `(batch,)` each. Of a row with a problem `kind` and `frames` are 0.

    Attributes:
        kind: what a sample is, by its place in `KINDS`, from 1; int32.
        channels: samples of a frame, int32.
        rate: frames a second, int32.
        start: bytes before the first frame, int64.
        frames: how many there are, int64.
        problem: "", or what is wrong, string.
    """

    kind: tf.Tensor
    channels: tf.Tensor
    rate: tf.Tensor
    start: tf.Tensor
    frames: tf.Tensor
    problem: tf.Tensor


class _Chunks(NamedTuple):
    """Where the two chunks' contents begin, 0 where there is none, and what sizes they have; `(batch,)` int64."""

    form: tf.Tensor
    form_size: tf.Tensor
    data: tf.Tensor
    data_size: tf.Tensor
    end: tf.Tensor  # of the last chunk that was looked at


class _Form(NamedTuple):
    """The content of `fmt `; `(batch,)` int64."""

    kind: tf.Tensor
    tag: tf.Tensor
    channels: tf.Tensor
    rate: tf.Tensor
    frame_bytes: tf.Tensor
    bits: tf.Tensor


def read(audio: tf.Tensor, max_seconds: float) -> Headers:
    """WAV files `(batch,)` string -> their headers.

    Where `data` has the size 0, or `ENDLESS` or more and more than there is, its samples go on to the end of the
    file; but 0 means none where one other chunk goes on to there. A file that ends before any other size is cut
    off. At the end, less than a whole frame is left out.

    Args:
        audio: the bytes of each file.
        max_seconds: a longer sound is a problem.
    """
    size = tf.cast(tf.bitcast(tf.strings.length(audio), tf.uint32), tf.int64)
    head = bytes_at(audio, size, tf.zeros_like(size), FIRST_CHUNK)
    chunks = _chunks(audio, size, head)
    form = _form(bytes_at(audio, size, chunks.form, EXTENSIBLE_BYTES), chunks.form_size)
    whole = number(head[:, 4:8]) + CHUNK_BYTES
    there = size - chunks.data
    data_size = tf.where(_is_endless(audio, size, chunks), there, chunks.data_size)
    frames = tf.minimum(data_size, there) // tf.maximum(form.frame_bytes, 1)
    seconds = tf.cast(frames, tf.float64) / tf.cast(tf.maximum(form.rate, 1), tf.float64)
    no_data = chunks.data == 0
    cut_off = (chunks.end > size) | (whole > size) & (whole < ENDLESS)
    problem = first_of(
        *_problems_of_file(head, size),
        (no_data & cut_off, text("cut off after ", size, " bytes, before its samples")),
        (no_data, f"no samples: expected a chunk 'data' among the first {MOST_CHUNKS}"),
        (chunks.form == 0, f"no format: expected a chunk 'fmt ' among the first {MOST_CHUNKS}"),
        *_problems_of_form(form, chunks.form_size),
        (data_size > there, text("cut off after ", size, " of ", chunks.data + data_size, " bytes")),
        (frames == 0, "no samples"),
        (
            seconds > max_seconds,
            text(tf.math.ceil(seconds), f" seconds long: expected at most {max_seconds:g}"),
        ),
    )
    return Headers(
        kind=tf.where(problem == "", tf.cast(form.kind, tf.int32), 0),
        channels=tf.cast(form.channels, tf.int32),
        rate=tf.cast(form.rate, tf.int32),
        start=chunks.data,
        frames=tf.where(problem == "", frames, 0),
        problem=problem,
    )


def _is_endless(audio: tf.Tensor, size: tf.Tensor, chunks: _Chunks) -> tf.Tensor:
    """Whether the samples go on to the end of the file, whatever the size that is written."""
    behind = number(bytes_at(audio, size, chunks.data, CHUNK_BYTES)[:, 4:])
    is_chunk = (behind > 0) & (chunks.data + CHUNK_BYTES + behind + behind % 2 == size + size % 2)
    too_large = chunks.data_size >= tf.maximum(size - chunks.data, ENDLESS)
    return (chunks.data_size == 0) & ~is_chunk | too_large


def _chunks(audio: tf.Tensor, size: tf.Tensor, head: tf.Tensor) -> _Chunks:
    """Go from chunk to chunk, in all files at once, until each has both chunks or ends."""
    is_wav = stands(head, 0, b"RIFF") & stands(head, 8, b"WAVE")
    none = tf.zeros_like(size)
    first = _Chunks(none, none, none, none, tf.where(is_wav, tf.constant(FIRST_CHUNK, tf.int64), size))

    def goes_on(found: _Chunks) -> tf.Tensor:
        return (found.end < size) & ((found.form == 0) | (found.data == 0))

    def step(found: _Chunks) -> tuple[_Chunks]:
        header = bytes_at(audio, size, found.end, CHUNK_BYTES)
        start, chunk_size = found.end + CHUNK_BYTES, number(header[:, 4:])
        here = goes_on(found) & (start <= size)
        form = here & stands(header, 0, b"fmt ") & (found.form == 0)
        data = here & stands(header, 0, b"data") & (found.data == 0)
        end = start + chunk_size + chunk_size % 2
        return (
            _Chunks(
                form=tf.where(form, start, found.form),
                form_size=tf.where(form, chunk_size, found.form_size),
                data=tf.where(data, start, found.data),
                data_size=tf.where(data, chunk_size, found.data_size),
                end=tf.where(goes_on(found), end, found.end),
            ),
        )

    (found,) = tf.while_loop(
        lambda found: tf.reduce_any(goes_on(found)), step, [first], maximum_iterations=MOST_CHUNKS
    )
    return found


def _form(content: tf.Tensor, size: tf.Tensor) -> _Form:
    """Bytes of `fmt ` `(batch, 40)`, and its size -> what it says."""
    extensible = (
        (number(content[:, :2]) == EXTENSIBLE) & (size >= EXTENSIBLE_BYTES) & stands(content, 26, GUID)
    )
    tag = tf.where(extensible, number(content[:, 24:26]), number(content[:, :2]))
    bits = number(content[:, 14:16])
    tags, fewest, most, _ = np.array(list(KINDS.values())).T
    fits = (tag[:, None] == tags) & (bits[:, None] >= fewest) & (bits[:, None] <= most)
    return _Form(
        kind=_place(fits),
        tag=tag,
        channels=number(content[:, 2:4]),
        rate=number(content[:, 4:8]),
        frame_bytes=number(content[:, 12:14]),
        bits=bits,
    )


def _problems_of_file(head: tf.Tensor, size: tf.Tensor) -> list[Problem]:
    patterns = np.full([len(FOREIGN), FIRST_CHUNK], -1)
    for pattern, (_, place, begin) in zip(patterns, FOREIGN, strict=True):
        pattern[place : place + len(begin)] = list(begin)
    found = tf.reduce_all((head[:, None] == patterns) | (patterns < 0), axis=2)
    name = _name(found, [name for name, *_ in FOREIGN])
    is_riff = stands(head, 0, b"RIFF")
    return [
        (size == 0, "empty"),
        (name != "", text(name, ": convert it to WAV")),
        (is_riff & (size < FIRST_CHUNK), text("cut off after ", size, " bytes, before its samples")),
        (~(is_riff & stands(head, 8, b"WAVE")), "not a WAV file"),
    ]


def _problems_of_form(form: _Form, size: tf.Tensor) -> list[Problem]:
    name = _name(form.tag[:, None] == list(COMPRESSED), [f", {name}" for name in COMPRESSED.values()])
    known = tf.reduce_any(form.tag[:, None] == [PCM, FLOAT, A_LAW, MU_LAW], axis=1)
    sample_bytes = tf.gather(SAMPLE_BYTES, form.kind)
    frame_bytes = form.channels * tf.cast(sample_bytes, tf.int64)
    return [
        (size < FORMAT_BYTES, text("a chunk 'fmt ' of ", size, f" bytes: expected {FORMAT_BYTES} or more")),
        (~known, text("samples of format ", form.tag, name, ": expected PCM or float")),
        (
            form.kind == 0,
            text("samples of ", form.bits, " bits: expected 8, 16, 24 or 32, of float 32 or 64"),
        ),
        (form.channels == 0, "0 channels: expected 1 or more"),
        (
            (form.rate < LOWEST_RATE) | (form.rate > HIGHEST_RATE),
            text(form.rate, f" Hz: expected {LOWEST_RATE} to {HIGHEST_RATE}"),
        ),
        (
            form.frame_bytes != frame_bytes,
            text(form.channels, " channels in ", form.frame_bytes, " bytes: expected ", frame_bytes),
        ),
    ]


def _place(found: tf.Tensor) -> tf.Tensor:
    """The last place, from 1, where `(batch, places)` is True; 0 where none is."""
    return tf.reduce_max(tf.where(found, np.arange(1, found.shape[1] + 1), 0), axis=1)


def _name(found: tf.Tensor, names: list[str]) -> tf.Tensor:
    """The name at that place, "" where there is none."""
    return tf.gather(tf.constant(["", *names]), _place(found))
