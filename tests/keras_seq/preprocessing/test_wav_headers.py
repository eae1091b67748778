"""The headers of WAV files: what is found in them, and what is said of those that cannot be used."""

import struct

import numpy as np
import pytest
import tensorflow as tf
from wav_files import A_LAW, EXTENSIBLE, FLOAT, GUID, PCM, chunk, form, riff, wav

from keras_seq.preprocessing import wav_headers

SAMPLES = np.linspace(-0.5, 0.5, 100)
FORM = chunk(b"fmt ", form(PCM, 1, 16_000, 16))
DATA = chunk(b"data", bytes(200))
LIST = chunk(b"LIST", b"INFOISFT\x03\0\0\0me\0")  # of odd size: a byte follows
BEXT = chunk(b"bext", bytes(603))
FACT = chunk(b"fact", struct.pack("<I", 100))
MAX_SECONDS = 2.0


@pytest.fixture(scope="module")
def read():
    """Files -> the headers, as a dict of lists."""
    function = tf.function(
        lambda audio: wav_headers.read(audio, MAX_SECONDS),
        [tf.TensorSpec([None], tf.string)],
        autograph=False,
    )

    def of(*files):
        headers = function(tf.constant(files, tf.string))._asdict()
        return {name: values.numpy().tolist() for name, values in headers.items()}

    return of


def formed(content: bytes, size: int | None = None) -> bytes:
    return riff(chunk(b"fmt ", content, size), DATA)


def test_the_fields_of_good_headers(read):
    files = [
        wav(SAMPLES),
        wav(np.stack([SAMPLES] * 6, axis=1), 44_100, 24, extensible=True),
        formed(form(A_LAW, 2, 8000, 8)),
        wav(SAMPLES, bits=64, tag=FLOAT),
        formed(form(PCM, 1, 16_000, 12)),
    ]
    names = list(wav_headers.KINDS)
    found = read(*files)
    assert found["problem"] == [b""] * 5
    assert [names[kind - 1] for kind in found["kind"]] == [
        *("signed 16", "signed 24", "A-law", "float 64", "signed 16")
    ]
    assert found["channels"] == [1, 6, 2, 1, 1]
    assert found["rate"] == [16_000, 44_100, 8000, 16_000, 16_000]
    assert found["frames"] == [100] * 5
    assert found["start"] == [44, 68, 44, 44, 44]


@pytest.mark.parametrize(
    "chunks",
    [
        [FORM, LIST, FACT, BEXT, DATA],
        [LIST, FORM, DATA, LIST, BEXT],
        [DATA, FORM],
        [BEXT, DATA, LIST, FORM],
        [*[LIST] * 62, FORM, DATA],
        [FORM, chunk(b"data", bytes(199)), LIST],
        [FORM, chunk(b"data", bytes(201))[:-1]],  # without the byte that makes it even
        [FORM, chunk(b"PAD ", b""), chunk(b"\0\0\0\0", b"\0\0"), DATA, DATA],
    ],
    ids=["before", "after", "data first", "fmt last", "many", "odd", "odd at the end", "two"],
)
def test_chunks_may_stand_in_any_order_among_others(read, chunks):
    file = riff(*chunks)
    found = read(file)
    assert found["problem"] == [b""]
    assert found["frames"] == [99 if b"\xc7\0\0\0" in file else 100]
    assert found["start"] == [file.index(b"data") + 8]


@pytest.mark.parametrize(
    ("size", "whole"),
    [
        *[(0, 0), (0, 36), (0, None), (2**32 - 1, 2**32 - 1), (2**32 - 1, None)],
        *[(0x7FFFFFFF, 36), (0x80000000, 0), (0x7FFFF000, 0x7FFFF024)],
    ],
)
def test_a_size_that_was_never_written_means_the_end_of_the_file(read, size, whole):
    found = read(wav(SAMPLES, data_size=size, size=whole), wav(SAMPLES, data_size=size, size=whole) + b"\0")
    assert found["problem"] == [b"", b""]
    assert found["frames"] == [100, 100]  # half a sample is none


def test_a_size_of_zero_before_another_chunk_is_that_of_no_samples(read):
    found = read(riff(FORM, chunk(b"data", b""), LIST), riff(FORM, chunk(b"data", b"", 2**32 - 1), LIST))
    assert found["problem"] == [b"no samples", b""]
    assert found["frames"] == [0, len(LIST) // 2]


def test_what_follows_the_samples_is_none_of_them(read):
    found = read(wav(SAMPLES, after=LIST), wav(SAMPLES) + bytes(1000), wav(SAMPLES, size=10))
    assert found["frames"] == [100, 100, 100]


PROBLEMS = {
    "empty": b"",
    "not a WAV file": b"a text, called sound.wav",
    "a FLAC file: convert it to WAV": b"fLaC\0\0\0\x22" + bytes(60),
    "an MP3 file: convert it to WAV": b"ID3\4",
    "an AAC file: convert it to WAV": b"\xff\xf1\x50\x80",
    "an Ogg file: convert it to WAV": b"OggS" + bytes(60),
    "an MP4 file: convert it to WAV": b"\0\0\0\x20ftypM4A " + bytes(60),
    "an AVI file: convert it to WAV": b"RIFF\0\0\0\0AVI LIST",
    "a big-endian RIFX file: convert it to WAV": b"RIFX" + wav(SAMPLES)[4:],
    "an RF64 file: convert it to WAV": b"RF64" + wav(SAMPLES)[4:],
    "cut off after 6 bytes, before its samples": wav(SAMPLES)[:6],
    "cut off after 12 bytes, before its samples": wav(SAMPLES)[:12],
    "cut off after 30 bytes, before its samples": wav(SAMPLES)[:30],
    "cut off after 41 bytes, before its samples": wav(SAMPLES)[:41],
    "cut off after 44 of 244 bytes": wav(SAMPLES)[:44],
    "cut off after 243 of 244 bytes": wav(SAMPLES)[:-1],
    "no samples: expected a chunk 'data' among the first 64": riff(FORM, LIST),
    "no format: expected a chunk 'fmt ' among the first 64": riff(DATA, LIST),
    "a chunk 'fmt ' of 14 bytes: expected 16 or more": formed(form(PCM, 1, 16_000, 16)[:14]),
    "samples of format 85, MP3: expected PCM or float": formed(form(0x55, 1, 16_000, 16)),
    "samples of format 4660: expected PCM or float": formed(form(0x1234, 1, 16_000, 16)),
    "samples of format 0: expected PCM or float": formed(bytes(16)),
    "samples of 0 bits: expected 8, 16, 24 or 32, of float 32 or 64": formed(form(PCM, 1, 16_000, 0)),
    "samples of 40 bits: expected 8, 16, 24 or 32, of float 32 or 64": formed(form(PCM, 1, 16_000, 40)),
    "samples of 16 bits: expected 8, 16, 24 or 32, of float 32 or 64": formed(form(FLOAT, 1, 16_000, 16)),
    "0 channels: expected 1 or more": formed(form(PCM, 0, 16_000, 16)),
    "8000000 Hz: expected 1000 to 192000": formed(form(PCM, 1, 8_000_000, 16)),
    "4294967295 Hz: expected 1000 to 192000": formed(
        form(PCM, 1, 16_000, 16)[:4] + b"\xff" * 4 + b"\2\0" * 4
    ),
    "0 Hz: expected 1000 to 192000": formed(form(PCM, 1, 0, 16)),
    "2 channels in 3 bytes: expected 4": formed(form(PCM, 2, 16_000, 16)[:12] + b"\3\0\x10\0"),
    "no samples": wav(SAMPLES[:0]),
    "3 seconds long: expected at most 2": wav(np.zeros(2_001), 1000),
}


def test_what_is_wrong_is_said(read):
    """Of all in one batch, and each has the fields of a file without samples."""
    found = read(*PROBLEMS.values())
    assert [problem.decode() for problem in found["problem"]] == list(PROBLEMS)
    assert set(found["kind"]) == set(found["frames"]) == {0}


def test_one_half_of_a_sample_is_none(read):
    assert read(riff(FORM, chunk(b"data", b"\1")))["problem"] == [b"no samples"]


def test_a_format_of_another_guid_is_not_taken_for_pcm(read):
    strange = form(PCM, 1, 16_000, 16, extensible=True).replace(GUID, GUID[::-1])
    short = form(PCM, 1, 16_000, 16, extensible=True)[:38]
    expected = f"samples of format {EXTENSIBLE}: expected PCM or float".encode()
    assert read(formed(strange), formed(short))["problem"] == [expected] * 2


def test_a_sound_of_just_the_longest_time_is_good(read):
    assert read(wav(np.zeros(2000), 1000))["problem"] == [b""]


def test_chunks_without_end_are_not_all_looked_at(read):
    endless = riff(*[chunk(b"JUNK", b"")] * 10_000, FORM, DATA)
    assert read(endless)["problem"] == [b"no samples: expected a chunk 'data' among the first 64"]


def test_a_batch_of_no_files(read):
    assert read() == {name: [] for name in wav_headers.Headers._fields}
