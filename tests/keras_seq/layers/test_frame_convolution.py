"""Convolutions over frames: against a plain loop, with padding, chunk by chunk."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import FrameConvolution

STRIDES = [1, 2, 3, 4]
RANDOM = np.random.default_rng(1)


def layer_of(stride, band_stride=2, channels=2, **options):
    layer = FrameConvolution(3, stride, band_stride, **options)
    layer.build((None, None, None, channels))
    layer.set_weights([RANDOM.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


def plain(layer, frames):
    """The steps of one sound `(time, bands, channels)`, sum by sum."""
    kernel, bias = (weight.astype(float) for weight in layer.get_weights())
    time, bands, channels = frames.shape
    before = 2 if layer.stride == 1 else 1
    steps = np.zeros((-(-time // layer.stride), -(-bands // layer.band_stride), layer.filters))
    for step, band, filter_ in np.ndindex(steps.shape):
        total = bias[filter_]
        for row, column, channel in np.ndindex(before + layer.stride, 3, channels):
            frame = step * layer.stride - before + row
            place = band * layer.band_stride - 1 + column
            if 0 <= frame < time and 0 <= place < bands:
                total += kernel[row, column, channel, filter_] * frames[frame, place, channel]
        steps[step, band, filter_] = max(total, 0)
    return steps


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize(("band_stride", "bands"), [(1, 4), (2, 5), (2, 6), (3, 7)])
def test_steps_are_those_of_a_plain_loop_whatever_the_padding(stride, band_stride, bands):
    layer = layer_of(stride, band_stride)
    lengths = [9, 0, 1, 2, 3, 4, 5, 7, 8]
    frames = RANDOM.normal(size=(9, 9, bands, 2)).astype("float32")
    mask = np.arange(9) < np.array(lengths)[:, None]
    for padding in (0, 1e3, np.nan):
        given = np.where(mask[..., None, None], frames, np.float32(padding))
        steps, step_mask = layer(given, mask)
        assert step_mask.dtype == tf.bool
        for row, length in enumerate(lengths):
            expected = plain(layer, frames[row, :length])
            assert step_mask[row].numpy().tolist() == [
                place < len(expected) for place in range(-(-9 // stride))
            ]
            np.testing.assert_allclose(steps[row, : len(expected)], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", STRIDES)
def test_a_longer_batch_changes_no_step(stride):
    layer = layer_of(stride)
    frames = RANDOM.normal(size=(1, 7, 6, 2)).astype("float32")
    alone, alone_mask = layer(frames, np.ones((1, 7), bool))
    longer = np.pad(frames, [(0, 2), (0, 12), (0, 0), (0, 0)])
    together, together_mask = layer(longer, np.arange(19) < np.array([[7], [19], [0]]))
    count = alone_mask.shape[1]
    np.testing.assert_allclose(together[:1, :count], alone, rtol=1e-5, atol=1e-5)
    assert together_mask.numpy().sum(axis=1).tolist() == [count, -(-19 // stride), 0]


@pytest.mark.parametrize("shape", [(0, 7), (0, 0), (2, 0)])
def test_no_rows_and_no_frames_have_no_steps(shape):
    layer = layer_of(2)
    steps, step_mask = layer(tf.zeros([*shape, 6, 2]), tf.ones(shape, tf.bool))
    assert steps.shape == (shape[0], -(-shape[1] // 2), 3, 3)
    assert step_mask.shape == steps.shape[:2]


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("chunks", [[1] * 6, [6], [0, 2, 0, 0, 3, 1], [0], [5, 1]])
def test_chunk_by_chunk_is_the_whole(stride, chunks):
    layer = layer_of(stride)
    time = stride * sum(chunks)
    frames = RANDOM.normal(size=(2, time, 6, 2)).astype("float32")
    spec = [tf.TensorSpec([None, None, 6, 2])]
    start = tf.function(lambda chunk: layer.stream_step(None, chunk), spec, autograph=False)
    step = tf.function(layer.stream_step, spec * 2, autograph=False)
    state, found = None, []
    for chunk in np.split(frames, stride * np.cumsum(chunks[:-1]), axis=1):
        state, steps = start(chunk) if state is None else step(state, chunk)
        assert state.shape == (2, layer.context, 6, 2)
        assert steps.shape[1] == chunk.shape[1] // stride
        found.append(steps.numpy())
    expected, _ = layer(frames, np.ones((2, time), bool))
    np.testing.assert_allclose(np.concatenate(found, axis=1), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"dtype": "mixed_float16"}])
def test_a_stream_has_its_first_state_before_its_first_chunk(options):
    layer = FrameConvolution(3, **options)
    layer.build((None, None, 6, 2))
    frames = tf.cast(RANDOM.normal(size=(2, 4, 6, 2)), layer.compute_dtype)
    for one, other in zip(
        layer.stream_step(layer.stream_start(2), frames), layer.stream_step(None, frames), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("stride", STRIDES)
def test_the_last_chunk_of_a_stream_is_filled_up_with_0(stride):
    layer = layer_of(stride)
    frames = RANDOM.normal(size=(1, 4 * stride + 1, 6, 2)).astype("float32")
    state, first = layer.stream_step(None, frames[:, : 4 * stride])
    rest = np.pad(frames[:, 4 * stride :], [(0, 0), (0, stride - 1), (0, 0), (0, 0)])
    last = layer.stream_step(state, rest)[1]
    expected, _ = layer(frames, np.ones((1, 4 * stride + 1), bool))
    np.testing.assert_allclose(tf.concat([first, last], axis=1), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("stride", STRIDES)
def test_a_model_knows_the_shapes_before_it_runs(stride):
    frames, mask = keras.Input((None, 7, 2)), keras.Input((None,), dtype="bool")
    steps, step_mask = FrameConvolution(3, stride)(frames, mask)
    assert steps.shape == (None, None, 4, 3)
    assert step_mask.shape == (None, None)
    steps, step_mask = FrameConvolution(3, stride)(keras.Input((9, 7, 2)), keras.Input((9,), dtype="bool"))
    assert steps.shape == (None, -(-9 // stride), 4, 3)
    assert step_mask.shape == (None, -(-9 // stride))


def test_half_precision():
    layer = layer_of(2, dtype="mixed_float16")
    frames = RANDOM.normal(size=(2, 5, 6, 2)).astype("float32")
    mask = np.arange(5) < np.array([[5], [2]])
    steps, _ = layer(frames, mask)
    assert steps.dtype == tf.float16
    for row, length in enumerate((5, 2)):
        expected = plain(layer, frames[row, :length])
        np.testing.assert_allclose(steps[row, : len(expected)], expected, rtol=0.02, atol=0.02)
