"""Log-mel frames: against SciPy's transform and plain filters, with padding, in training and in a servable."""

import keras
import numpy as np
import pytest
import scipy.fft
import scipy.signal
import tensorflow as tf

from keras_seq.preprocessing import LogMel
from keras_seq.preprocessing.audio import frames_of

LENGTHS = [16000, 0, 1, 159, 160, 161, 400, 401, 5000]
TIMES = np.arange(16000) / 16000  # seconds
RANDOM = np.random.default_rng(1)


def voice(pitch, formants):
    """A buzz with formants that comes and goes, as a vowel does."""
    partials = pitch * np.arange(1, int(8000 / pitch))[:, None]
    loudness = sum(np.exp(-(((partials - formant) / 150) ** 2)) for formant in formants)
    return np.sin(np.pi * TIMES) ** 2 * (loudness * np.sin(2 * np.pi * partials * TIMES)).sum(axis=0) / 9


SIGNALS = {
    "silence": 0 * TIMES,
    "direct current": 1 + 0 * TIMES,
    "low tone": np.sin(2 * np.pi * 50 * TIMES),
    "loud tone": np.sin(2 * np.pi * 1234.5 * TIMES),
    "high tone": 0.9 * np.sin(2 * np.pi * 7777 * TIMES),
    "square wave": np.sign(np.sin(2 * np.pi * 440 * TIMES)),
    "noise": RANDOM.uniform(-1, 1, 16000),
    "quiet noise": RANDOM.normal(0, 1e-4, 16000),
    "vowel": voice(120, [700, 1200, 2600]),
    "vowel in noise": voice(210, [300, 2300, 3000]) + RANDOM.normal(0, 1e-3, 16000),
    "click": 1.0 * (np.arange(16000) == 3000),
}


def plain(samples, bands):
    """The frames of one sound in float64, `(frames, bands)`."""
    padded = np.concatenate([samples.astype(float), np.zeros(400)])
    window = scipy.signal.get_window("hann", 400)
    starts = range(0, len(samples), 160)
    spectra = [scipy.fft.rfft(padded[start : start + 400] * window, 512) for start in starts]
    powers = np.array([spectrum.real**2 + spectrum.imag**2 for spectrum in spectra]).reshape(-1, 257)
    return np.log(powers @ filters(bands) + 1e-6)


def filters(bands):
    def hertz(mel):
        return 700 * (10 ** (mel / 2595) - 1)

    lowest, highest = (2595 * np.log10(1 + edge / 700) for edge in (20, 8000))
    width = (highest - lowest) / (bands + 1)
    found = np.zeros((257, bands))
    for band in range(bands):
        low, middle, high = (hertz(lowest + (band + place) * width) for place in range(3))
        for point in range(257):
            frequency = point * 16000 / 512
            if low < frequency <= middle:
                found[point, band] = (frequency - low) / (middle - low)
            elif middle < frequency < high:
                found[point, band] = (high - frequency) / (high - middle)
    return found


def batch(samples, lengths, padding=0.0):
    """The beginnings of a sound, `(batch, time)` float32, with `padding` behind them."""
    rows = np.full((len(lengths), max(lengths)), padding, "float32")
    for row, length in zip(rows, lengths, strict=True):
        row[:length] = samples[:length]
    return rows


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("bands", [80, 40])
def test_frames_are_those_of_scipy(name, bands):
    samples = SIGNALS[name].astype("float32")
    frames, _ = LogMel(bands)(batch(samples, LENGTHS), np.array(LENGTHS))
    assert frames.dtype == tf.float32
    for row, length in zip(frames.numpy(), LENGTHS, strict=True):
        expected = plain(samples[:length], bands)
        np.testing.assert_allclose(row[: len(expected)], expected, rtol=0, atol=1e-5)


def test_no_band_is_deaf():
    assert (filters(80).sum(axis=0) > 0.5).all()
    quiet = LogMel(80)(np.zeros((1, 400), "float32"), np.array([400]))[0].numpy()
    np.testing.assert_allclose(quiet, np.log(1e-6), rtol=1e-6)
    loud = LogMel(80)(batch(SIGNALS["noise"], [400]), np.array([400]))[0].numpy()
    assert loud[0].min() > -6


def test_the_mask_is_of_a_frame_for_every_160_samples_begun_and_the_others_are_0():
    frames, mask = LogMel(80)(batch(SIGNALS["noise"], LENGTHS), np.array(LENGTHS))
    assert mask.dtype == tf.bool
    assert mask.numpy().sum(axis=1).tolist() == [100, 0, 1, 1, 1, 2, 3, 3, 32]
    assert mask.numpy().sum(axis=1).tolist() == frames_of(np.array(LENGTHS)).tolist()
    assert (np.diff(mask.numpy().astype(int), axis=1) <= 0).all(), "padding is on the right"
    assert (frames.numpy()[~mask.numpy()] == 0).all()
    assert (frames.numpy()[mask.numpy()] != 0).all()


@pytest.mark.parametrize("padding", [0.0, 0.7, np.nan])
def test_padding_changes_no_frame_whatever_it_is(padding):
    samples, layer = SIGNALS["vowel in noise"], LogMel(80)
    together, mask = layer(batch(samples, LENGTHS, padding), np.array(LENGTHS))
    for row, length, real in zip(together.numpy(), LENGTHS, mask.numpy(), strict=True):
        alone, own_mask = layer(batch(samples, [length]), np.array([length]))
        assert own_mask.numpy().all()
        np.testing.assert_allclose(row[real], alone[0], rtol=0, atol=1e-5)
        assert (row[~real] == 0).all()


@pytest.mark.parametrize("at_once", [1, 7, 31, 32, 99])
def test_a_long_sound_is_heard_part_by_part(at_once, monkeypatch):
    given = batch(SIGNALS["vowel in noise"], LENGTHS), np.array(LENGTHS)
    whole, mask = LogMel(80)(*given)
    monkeypatch.setattr("keras_seq.preprocessing.audio.FRAMES_AT_ONCE", at_once)
    frames, own_mask = LogMel(80)(*given)
    np.testing.assert_allclose(frames, whole, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(own_mask, mask)


def test_no_rows_and_no_samples():
    for shape in ((0, 300), (0, 0), (2, 0)):
        frames, mask = LogMel(80)(np.zeros(shape, "float32"), np.zeros(shape[0], "int32"))
        assert tuple(frames.shape) == (*mask.shape, 80) == (shape[0], 2 if shape[1] else 0, 80)


def test_a_training_step_hears_what_the_servable_hears(tmp_path):
    samples, lengths = keras.Input((None,), name="samples"), keras.Input((), dtype="int32", name="lengths")
    model = keras.Model([samples, lengths], LogMel(80, name="log_mel")(samples, lengths))
    spec = [tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([None], tf.int32)]
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", lambda *inputs: model(list(inputs), training=False), spec)
    archive.write_out(str(tmp_path / "servable"), verbose=False)
    trained = tf.function(lambda *inputs: model(list(inputs), training=True), spec, autograph=False)
    served = tf.saved_model.load(str(tmp_path / "servable")).serve
    for sounds in (LENGTHS, [0, 0]):
        given = [tf.constant(batch(SIGNALS["vowel"], sounds)), tf.constant(sounds)]
        for ours, theirs in zip(trained(*given), served(*given), strict=True):
            assert ours.shape[:2] == (len(sounds), -(-max(sounds) // 160))
            np.testing.assert_array_equal(ours, theirs)
