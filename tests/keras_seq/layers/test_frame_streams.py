"""Layers over frames, run chunk by chunk, give what they give of the whole."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.layers.frame_convolution import FrameConvolution
from keras_seq.layers.frame_normalization import LEAST_VARIANCE, FrameNormalization

TIME = 24


def in_chunks(layer, frames, cuts):
    state, found = None, []
    for start, stop in zip([0, *cuts], [*cuts, frames.shape[1]], strict=True):
        state, outputs = layer.stream_step(state, frames[:, start:stop])
        found.append(outputs)
    return state, tf.concat(found, axis=1).numpy()


def frames_of(seed, *shape):
    return np.random.default_rng(seed).normal(-6, 3, (2, TIME, *shape)).astype("float32")


cuts = st.sets(st.integers(1, TIME - 1)).map(sorted)


@given(cuts)
@tried_on(20)
def test_a_stream_is_normalised_as_the_whole(cuts):
    layer, frames = FrameNormalization(running=True, prior_frames=5), frames_of(1, 3)
    state, found = in_chunks(layer, frames, cuts)
    np.testing.assert_allclose(found, layer(frames), atol=1e-5)
    np.testing.assert_array_equal(state[:, 0], 5.0 + TIME)


def test_a_frame_of_a_stream_is_normalised_by_those_before_it_and_by_the_prior():
    """The formula, frame by frame in float64."""
    layer, frames = FrameNormalization(running=True, prior_frames=5), frames_of(2, 3)
    _, found = in_chunks(layer, frames, [7])
    centred = (frames.astype("float64") + 6) / 4
    for time in range(TIME):
        heard = centred[:, : time + 1]
        mean = heard.sum(1) / (5 + time + 1)
        variance = (5 + (heard**2).sum(1)) / (5 + time + 1) - mean**2
        expected = (centred[:, time] - mean) / np.sqrt(variance + LEAST_VARIANCE)
        np.testing.assert_allclose(found[:, time], expected, atol=1e-5)


def test_the_normalisation_of_a_stream_of_hours_is_as_exact_as_that_of_seconds():
    """Ten hours of frames went before; sums of them in float32 would be off by more than a frame counts."""
    layer, frames = FrameNormalization(running=True), frames_of(3, 3)
    hours, mean, variance = 3_600_000, 0.7, 1.4
    state = np.tile(np.array([hours, mean, variance], "float32")[None, :, None], [2, 1, 3])
    after, found = layer.stream_step(tf.constant(state), tf.constant(frames))
    centred = (frames.astype("float64") + 6) / 4
    np.testing.assert_allclose(found, (centred - mean) / np.sqrt(variance + LEAST_VARIANCE), atol=1e-4)
    assert after[0, 0, 0] == hours + TIME


@pytest.mark.parametrize(("stride", "band_stride"), [(1, 2), (2, 2), (3, 1)])
@given(chosen=cuts)
@tried_on(10)
def test_a_stream_is_convolved_as_the_whole(stride, band_stride, chosen):
    layer, frames = FrameConvolution(4, stride, band_stride), frames_of(4, 5, 2)
    whole, _ = layer(frames, tf.ones([2, TIME], tf.bool))
    cuts = sorted({cut // stride * stride for cut in chosen} - {0})
    state, found = in_chunks(layer, frames, cuts)
    np.testing.assert_allclose(found, whole, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(state, frames[:, -layer.context :])


def test_a_chunk_may_be_shorter_than_what_a_step_looks_back():
    layer, frames = FrameConvolution(4, stride=1), frames_of(5, 5, 2)
    whole, _ = layer(frames, tf.ones([2, TIME], tf.bool))
    np.testing.assert_allclose(in_chunks(layer, frames, range(1, TIME))[1], whole, rtol=1e-5, atol=1e-5)


def test_the_first_state_is_that_of_a_stream_that_has_none():
    for layer, shape in ((FrameNormalization(running=True), [3]), (FrameConvolution(4), [5, 2])):
        frames = frames_of(6, *shape)
        layer.build(frames.shape)
        expected = layer.stream_step(None, tf.constant(frames))
        found = layer.stream_step(layer.stream_start(2), tf.constant(frames))
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_array_equal(one, other)
