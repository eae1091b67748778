"""Normalised frames: against plain loops in float64, with padding, on streams, on silence and on ten minutes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import FrameNormalization, SpecAugment

RANDOM = np.random.default_rng(1)
TEN_MINUTES = 60_000  # frames
SILENCE = np.log(1e-6)


def frames_of(count, bands=3):
    return RANDOM.normal(-6, 4, (count, bands)).astype("float32")


def whole(frames):
    """One utterance, normalised by its own mean and deviation."""
    frames = frames.astype(float)
    return (frames - frames.mean(axis=0)) / np.sqrt(frames.var(axis=0) + 1e-4)


def running(frames, prior_frames=100, prior_mean=-6.0, prior_deviation=4.0):
    """One utterance, each frame normalised by what was heard up to it; a frame at a time, after Welford."""
    count, mean, squares = prior_frames, np.zeros(frames.shape[1]), np.full(frames.shape[1], prior_frames)
    rows = []
    for frame in (frames.astype(float) - prior_mean) / prior_deviation:
        count += 1
        before, mean = mean, mean + (frame - mean) / count
        squares = squares + (frame - before) * (frame - mean)
        rows.append((frame - mean) / np.sqrt(squares / count + 1e-4))
    return np.array(rows).reshape(frames.shape)


PLAIN = {False: whole, True: running}


@pytest.mark.parametrize("is_running", PLAIN)
@pytest.mark.parametrize("padding", [0.0, 1e6, np.nan])
def test_frames_are_those_of_a_plain_loop_whatever_the_padding(is_running, padding):
    rows = [frames_of(count) for count in (40, 7, 1, 0, 23)]
    given = np.full((5, 40, 3), padding, "float32")
    for place, row in zip(given, rows, strict=True):
        place[: len(row)] = row
    mask = np.arange(40) < np.array([[len(row)] for row in rows])
    found = FrameNormalization(running=is_running)(given, mask=mask)
    assert found.dtype == tf.float32
    for ours, row in zip(found.numpy(), rows, strict=True):
        if len(row):
            np.testing.assert_allclose(ours[: len(row)], PLAIN[is_running](row), rtol=1e-5, atol=1e-5)
        assert (ours[len(row) :] == 0).all()


@pytest.mark.parametrize("is_running", PLAIN)
def test_without_a_mask_every_frame_is_real(is_running):
    frames = frames_of(30)
    found = FrameNormalization(running=is_running)(frames[None])
    np.testing.assert_allclose(found[0], PLAIN[is_running](frames), rtol=1e-5, atol=1e-5)


def test_the_prior_can_be_another_or_none():
    frames = frames_of(30)
    layer = FrameNormalization(True, prior_frames=7, prior_mean=1.5, prior_deviation=0.5)
    np.testing.assert_allclose(layer(frames[None])[0], running(frames, 7, 1.5, 0.5), rtol=1e-5, atol=1e-5)
    none = FrameNormalization(True, prior_frames=0)
    np.testing.assert_allclose(none(frames[None])[0], running(frames, 0), rtol=1e-5, atol=1e-5)
    state, nothing = none.stream_step(None, tf.zeros([1, 0, 3]))
    assert nothing.shape == (1, 0, 3)
    np.testing.assert_allclose(none.stream_step(state, frames[None])[1][0], running(frames, 0), atol=1e-5)


def streamed(layer, frames, cuts):
    """The frames of a stream that comes in chunks, cut at these places."""
    step = tf.function(layer.stream_step, reduce_retracing=True)
    state, found = None, []
    for chunk in np.split(frames, cuts, axis=1):
        state, normalized = step(state, tf.constant(chunk))
        assert state.dtype == normalized.dtype == tf.float32
        assert state.shape == (len(frames), 3, frames.shape[2])
        found.append(normalized.numpy())
    return np.concatenate(found, axis=1)


@pytest.mark.parametrize("cuts", [[], [1], [0, 0, 5, 5, 39], range(1, 40), [40]])
def test_chunk_by_chunk_is_the_whole(cuts):
    frames = np.stack([frames_of(40), frames_of(40) + 5])
    layer = FrameNormalization(running=True)
    np.testing.assert_allclose(streamed(layer, frames, list(cuts)), layer(frames), rtol=0, atol=1e-5)


def test_a_stream_has_its_first_state_before_its_first_chunk():
    frames, layer = np.stack([frames_of(5), frames_of(5)]), FrameNormalization(running=True)
    layer.build(frames.shape)
    for one, other in zip(
        layer.stream_step(layer.stream_start(2), frames), layer.stream_step(None, frames), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_silence_is_0_over_an_utterance_and_fades_while_it_runs():
    silence = np.full((1, 3000, 2), SILENCE, "float32")
    np.testing.assert_array_equal(FrameNormalization()(silence), np.zeros_like(silence))
    fading = FrameNormalization(running=True)(silence).numpy()[0]
    np.testing.assert_allclose(fading, running(silence[0]), rtol=0, atol=1e-5)
    assert (np.diff(np.abs(fading), axis=0) < 0).all()


LONG = {
    "speech": lambda: frames_of(TEN_MINUTES, 2),
    "silence": lambda: np.full((TEN_MINUTES, 2), SILENCE, "float32"),
    "quiet noise": lambda: RANDOM.normal(-13, 0.1, (TEN_MINUTES, 2)).astype("float32"),
    "silence, then speech": lambda: np.concatenate(
        [np.full((TEN_MINUTES // 2, 2), SILENCE, "float32"), frames_of(TEN_MINUTES // 2, 2)]
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_ten_minutes_lose_nothing_to_rounding(name):
    """Within 1e-5 of float64; a stream, whose state is float32, within 1e-4."""
    frames = LONG[name]()
    np.testing.assert_allclose(FrameNormalization()(frames[None])[0], whole(frames), rtol=0, atol=1e-5)
    layer, expected = FrameNormalization(running=True), running(frames)
    np.testing.assert_allclose(layer(frames[None])[0], expected, rtol=0, atol=1e-5)
    chunks = streamed(layer, frames[None], list(range(100, TEN_MINUTES, 100)))
    np.testing.assert_allclose(chunks[0], expected, rtol=0, atol=1e-4)


def test_in_a_model_the_mask_is_given_to_each_layer():
    """A mask that came with the frames would be one too many for layers that know of none: Keras warns."""
    frames, mask = keras.Input((None, 3)), keras.Input((None,), dtype="bool")
    normalized = FrameNormalization()(frames, mask=mask)
    model = keras.Model([frames, mask], SpecAugment()(normalized, mask))
    given, real = frames_of(9), np.arange(9) < 6
    found = model([given[None], real[None]]).numpy()[0]
    np.testing.assert_allclose(found[:6], whole(given[:6]), rtol=1e-5, atol=1e-5)
    assert not found[6:].any()
