"""Convolutions over the frames of a sound that look back, never ahead, so that they also run on a stream."""

from __future__ import annotations

import math

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class FrameConvolution(keras.layers.Layer):
    """Frames `(batch, time, bands, channels)` and their mask `(batch, time)` -> `(batch, ceil(time / stride),
    ceil(bands / band_stride), filters)`, through a ReLU, and the mask of these steps.

    Step t sees frames s t - 1 to s t + s - 1 of stride s: those that it stands for and the one before; at a
    stride of 1 the two before. Masked frames, on the right, count as 0.

    Args:
        filters: channels of the output.
        stride: frames to one step.
        band_stride: bands to one.
    """

    def __init__(self, filters: int, stride: int = 2, band_stride: int = 2, **kwargs) -> None:
        super().__init__(**kwargs)
        self.filters, self.stride, self.band_stride = filters, stride, band_stride

    @property
    def context(self) -> int:
        """Frames before its own that a step sees."""
        return 2 if self.stride == 1 else 1

    def build(self, frames_shape) -> None:
        self.bands = frames_shape[2]
        shape = (self.stride + self.context, 3, frames_shape[-1], self.filters)
        self.kernel = self.add_weight(shape=shape, initializer="he_uniform", name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, frames: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        frames = tf.where(mask[..., None, None], frames, tf.zeros([], frames.dtype))
        return self._convolved(frames, before=self.context), mask[:, :: self.stride]

    def stream_start(self, batch: int | tf.Tensor) -> tf.Tensor:
        """The state before the first chunk of so many streams: frames of 0, see `stream_step`."""
        return tf.zeros([batch, self.context, self.bands, self.kernel.shape[2]], self.compute_dtype)

    def stream_step(self, state: tf.Tensor | None, chunk: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Run over the next frames of a stream: the state after them, and their steps.

        Args:
            state: as the last call gave it, `(batch, context, bands, channels)`; None before the first chunk.
            chunk: `(batch, time, bands, channels)`, of a multiple of the stride, or of none.
        """
        if state is None:
            one = tf.zeros_like(tf.reduce_sum(chunk, axis=1, keepdims=True))
            state = tf.repeat(one, self.context, axis=1)
        frames = tf.concat([state, chunk], axis=1)
        return frames[:, -self.context :], self._convolved(frames, before=0)

    def compute_output_spec(self, frames, mask):
        batch, time, bands, _ = frames.shape
        steps = None if time is None else -(-time // self.stride)
        shape = (batch, steps, -(-bands // self.band_stride), self.filters)
        return keras.KerasTensor(shape, self.compute_dtype), keras.KerasTensor(shape[:2], "bool")

    def get_config(self) -> dict:
        own = {"filters": self.filters, "stride": self.stride, "band_stride": self.band_stride}
        return {**super().get_config(), **own}

    def _convolved(self, frames: tf.Tensor, before: int) -> tf.Tensor:
        """The steps of frames with their context before them, `before` frames of which are still to be put there.

        oneDNN gives back the frames where there should be no step or no row at all, so one is made, and left out.
        """
        rows = tf.shape(frames)[0]
        time = tf.shape(frames)[1] + before - self.context
        missing = tf.where(time > 0, -time % self.stride, self.stride)
        strides = [1, self.stride, self.band_stride, 1]
        padding = [[0, 0], [0, 0], [1, 1], [0, 0]]
        kernel, bias = (tf.cast(weight, frames.dtype) for weight in (self.kernel, self.bias))
        frames = tf.pad(frames, [[0, tf.where(rows > 0, 0, 1)], [before, missing], [0, 0], [0, 0]])
        steps = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(frames, kernel, strides, padding), bias))
        return steps[:rows, : -(-time // self.stride)]


def subsampling(network: keras.Model) -> int:
    """Frames to one step of a network: the product of its convolutions' strides."""
    return math.prod(layer.stride for layer in network.layers if isinstance(layer, FrameConvolution))
