"""WAV files in the graph: what SciPy reads of them, and what a bad one does to its neighbours."""

import io
import math

import keras
import numpy as np
import pytest
import scipy.io.wavfile
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on
from wav_files import A_LAW, FLOAT, MU_LAW, PCM, chunk, form, riff, wav

from keras_seq.preprocessing import WavSamples
from keras_seq.preprocessing.resampling import resampled
from keras_seq.preprocessing.wav import decode

RATE = 16_000
KINDS = [(8, PCM), (16, PCM), (24, PCM), (32, PCM), (32, FLOAT), (64, FLOAT)]
RATES = (8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


def noise(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.9, 0.9, shape)


GOOD = [
    wav(noise(400)),
    wav(noise(300, 2), 8000, 24),
    wav(noise(900), 44_100, 32, FLOAT, extensible=True),
    wav(noise(160), bits=8, data_size=0),
    wav(np.zeros(160)),
]


def decoded(*files: bytes) -> tuple[list[np.ndarray], list[str]]:
    """The samples of each file, without its padding, and what is wrong with it; padding is checked to be 0."""
    samples, lengths, problems = (tensor.numpy() for tensor in decode(tf.constant(files, tf.string)))
    assert samples.shape == (len(files), max(lengths, default=0))
    assert (samples.dtype, lengths.dtype) == (np.float32, np.int32)
    for row, length in zip(samples, lengths, strict=True):
        assert not row[length:].any()
    rows = [row[:length] for row, length in zip(samples, lengths, strict=True)]
    return rows, [problem.decode() for problem in problems]


@pytest.fixture(scope="module")
def alone():
    """What each good file is by itself."""
    rows, problems = zip(*(decoded(file) for file in GOOD), strict=True)
    assert problems == ([""],) * len(GOOD)
    return [row for (row,) in rows]


def read_by_scipy(file: bytes) -> np.ndarray:
    _, samples = scipy.io.wavfile.read(io.BytesIO(file))
    if samples.dtype == np.uint8:
        return (samples.astype(float) - 128) / 128
    scale = {"int16": 2**15, "int32": 2**31}.get(samples.dtype.name, 1)  # 24 bits are the upper ones of 32
    return samples.astype(float) / scale


@pytest.mark.parametrize("extensible", [False, True], ids=["plain", "extensible"])
@pytest.mark.parametrize("channels", [1, 2, 3, 8])
@pytest.mark.parametrize(("bits", "tag"), KINDS, ids=lambda value: value)
def test_samples_are_those_that_scipy_reads_and_channels_their_mean(bits, tag, channels, extensible):
    file = wav(noise(500, channels), RATE, bits, tag, extensible)
    (row,), problems = decoded(file)
    expected = read_by_scipy(file).reshape(500, channels).mean(axis=1)
    assert problems == [""]
    np.testing.assert_allclose(row, expected, atol=0 if channels == 1 and bits < 32 else 1e-7)


def test_the_loudest_samples_are_one():
    files = [wav(np.array([-1.0, 1.0, 0.0]), bits=bits, tag=tag) for bits, tag in KINDS]
    rows, _ = decoded(*files)
    for row, (bits, tag) in zip(rows, KINDS, strict=True):
        assert row.tolist() == [-1, 1 if tag == FLOAT else np.float32(1 - 2.0 ** (1 - bits)), 0]


@pytest.mark.parametrize(
    ("tag", "first_edge", "first_step", "parts"), [(A_LAW, 0, 2, 2**12), (MU_LAW, -1, 2, 2**13)]
)
def test_the_laws_have_steps_that_double(tag, first_edge, first_step, parts):
    """G.711: 8 segments of 16 steps each; the first two of A-law have the same. A byte means a step's middle."""
    edge, levels = first_edge, []
    for segment in range(8):
        step = first_step * 2 ** (max(segment - 1, 0) if tag == A_LAW else segment)
        for _ in range(16):
            levels.append(edge + step / 2)
            edge += step
    positive = [code ^ 0xD5 for code in range(128)] if tag == A_LAW else [code ^ 0xFF for code in range(128)]
    negative = [code ^ 0x80 for code in positive]
    file = riff(chunk(b"fmt ", form(tag, 1, RATE, 8)), chunk(b"data", bytes(positive + negative)))
    (row,), problems = decoded(file)
    assert problems == [""]
    np.testing.assert_array_equal(row, np.array(levels + [-level for level in levels]) / parts)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_other_rates_are_resampled_after_the_mean(rate, channels):
    file = wav(noise(rate // 10, channels), rate)
    (row,), _ = decoded(file)
    mono = read_by_scipy(file).reshape(-1, channels).mean(axis=1)
    expected = resampled(tf.constant(mono, tf.float32), tf.constant(rate), RATE)
    assert len(row) == math.ceil(rate // 10 * RATE / rate)
    np.testing.assert_allclose(row, expected, atol=1e-6)


@pytest.mark.parametrize("rate", [1000, *RATES, 192_000])
def test_a_tone_has_the_same_pitch_at_every_rate(rate):
    (row,), _ = decoded(wav(0.5 * np.sin(2 * np.pi * 200 * np.arange(rate) / rate), rate, 24))
    expected = 0.5 * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)
    np.testing.assert_allclose(row[1000:-1000], expected[1000:-1000], atol=1e-3)


def test_one_sample_and_ten_milliseconds_and_silence_are_sounds():
    rows, problems = decoded(wav(noise(1)), wav(noise(160)), wav(np.zeros(99)), wav(noise(1), 8000))
    assert problems == [""] * 4
    assert [len(row) for row in rows] == [1, 160, 99, 2]


def test_float_samples_are_cut_at_one():
    (row,), problems = decoded(wav(np.array([0.5, 1.5, -3e30]), bits=32, tag=FLOAT))
    assert (row.tolist(), problems) == ([0.5, 1, -1], [""])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("rate", [RATE, 8000])
def test_a_sample_that_is_no_number_is_a_problem(value, bits, rate, alone):
    file = wav(np.array([[0.5, 0.1], [0.5, value], [0.5, 0.1]]), rate, bits, FLOAT)
    rows, problems = decoded(file, GOOD[0])
    assert problems == ["samples that are no numbers: NaN or infinite", ""]
    assert len(rows[0]) == 0
    np.testing.assert_array_equal(rows[1], alone[0])


def test_a_minute_beside_ten_milliseconds(alone):
    rows, problems = decoded(wav(np.zeros((60 * 8000, 1)), 8000, 8), GOOD[4], GOOD[1])
    assert problems == [""] * 3
    assert [len(row) for row in rows] == [60 * RATE, 160, 600]
    np.testing.assert_array_equal(rows[2], alone[1])


def test_no_files_and_only_bad_ones():
    assert decoded() == ([], [])
    rows, problems = decoded(b"", b"\0")
    assert ([len(row) for row in rows], problems) == ([0, 0], ["empty", "not a WAV file"])


def test_a_sound_that_is_too_long_is_a_problem():
    sounds = decode(tf.constant([wav(noise(1600)), wav(noise(1601))]), RATE, 0.1)
    assert sounds.lengths.numpy().tolist() == [1600, 0]
    assert sounds.problem.numpy().tolist() == [b"", b"1 seconds long: expected at most 0.1"]


@st.composite
def damaged(draw) -> bytes:
    """A good file of which some bytes are others, or are gone, or were never there."""
    file = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, min(len(file) - 1, draw(st.sampled_from([80, len(file)])))))
        new = draw(st.binary(max_size=8))
        file[place : place + draw(st.sampled_from([0, 1, len(new)]))] = new
        file = file[: draw(st.sampled_from([len(file)] * 3 + [place]))] or bytearray(b"R")
    return bytes(file)


@st.composite
def of_chunks(draw) -> bytes:
    """A format, samples and other chunks in any order, with contents and sizes by chance."""
    names = st.sampled_from([b"fmt ", b"data", b"LIST", bytes(4)])
    forms = st.builds(
        form,
        st.sampled_from([*(PCM, FLOAT, A_LAW, MU_LAW), 2]),
        st.integers(0, 9),
        st.sampled_from([*(0, 999, 1000, 8000, 16_000, 44_099), 2**32 - 1]),
        st.sampled_from([0, 1, 8, 12, 16, 24, 32, 64, 65]),
        st.booleans(),
    )
    sizes = st.one_of(*[st.none()] * 3, st.sampled_from([0, 1, 2**31, 2**32 - 1]), st.integers(0, 100))
    chunks = [
        draw(st.builds(chunk, st.just(b"fmt "), forms, sizes)),
        draw(st.builds(chunk, st.just(b"data"), st.binary(max_size=60), sizes)),
        *draw(st.lists(st.builds(chunk, names, st.binary(max_size=60), sizes), max_size=4)),
    ]
    whole = draw(st.one_of(st.none(), st.integers(0, 2**32 - 1)))
    return riff(*draw(st.permutations(chunks)), size=whole)


@tried_on(80)
@given(
    bad=st.lists(st.one_of(st.binary(max_size=80), damaged(), of_chunks()), max_size=4),
    place=st.integers(0, 4),
)
def test_whatever_bytes_come_the_neighbours_are_the_same(bad, place, alone):
    """A row of any bytes has samples and no problem, or a problem and no samples."""
    rows, problems = decoded(*bad[:place], *GOOD, *bad[place:])
    start = min(place, len(bad))
    others = range(start, start + len(GOOD))
    for number, (row, problem) in enumerate(zip(rows, problems, strict=True)):
        assert (len(row) == 0) == (problem != "")
        assert np.isfinite(row).all()
        if number in others:
            assert problem == ""
            np.testing.assert_array_equal(row, alone[number - start])


def test_the_layer_gives_what_decode_gives_and_a_model_knows_its_shapes(alone):
    files = keras.Input((), dtype="string", name="audio")
    layer = WavSamples(name="wav")
    model = keras.Model(files, layer(files))
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in model.output.items()} == {
        "samples": ((None, None), "float32"),
        "lengths": ((None,), "int32"),
        "problem": ((None,), "string"),
    }
    for sounds in (layer(tf.constant(GOOD)), model(tf.constant(GOOD))):
        assert list(sounds) == ["samples", "lengths", "problem"]
        assert sounds["lengths"].numpy().tolist() == [len(row) for row in alone]
        for row, expected in zip(sounds["samples"].numpy(), alone, strict=True):
            np.testing.assert_array_equal(row[: len(expected)], expected)


def test_the_layer_resamples_to_its_rate_and_comes_back_from_its_config():
    layer = WavSamples.from_config(WavSamples(8000, 0.5, name="wav").get_config())
    sounds = layer(tf.constant([wav(noise(4000), 8000), wav(noise(100)), wav(noise(4001), 8000)]))
    assert sounds["lengths"].numpy().tolist() == [4000, 50, 0]


def test_in_a_data_set_and_in_a_function(alone):
    layer = WavSamples()
    function = tf.function(layer, [tf.TensorSpec([None], tf.string)], autograph=False)
    assert function(tf.constant([], tf.string))["samples"].shape == (0, 0)
    (sounds,) = tf.data.Dataset.from_tensors(tf.constant(GOOD)).map(layer)
    again = function(tf.constant(GOOD))
    for row, other, expected in zip(sounds["samples"].numpy(), again["samples"].numpy(), alone, strict=True):
        np.testing.assert_allclose(row[: len(expected)], expected, atol=1e-6)
        np.testing.assert_allclose(other, row, atol=1e-6)
