"""Motion: what is otherwise in a frame than in the one before it."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class FrameDifferences(keras.layers.Layer):
    """Frames `(batch, time, height, width, channels)` and a mask `(batch, time)`, True on the left -> the frames with
    as many channels again: each frame less the one before it; 0 for the first, and where the mask is False.
    """

    def call(self, frames: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        frames = tf.cast(frames, self.compute_dtype)
        later = tf.pad(frames[:, 1:] - frames[:, :-1], [[0, 0], [1, 0], [0, 0], [0, 0], [0, 0]])
        motion = tf.where(mask[:, :, None, None, None], later[:, : tf.shape(frames)[1]], 0)
        return tf.concat([frames, motion], axis=-1)

    def compute_output_spec(self, frames, mask):
        return keras.KerasTensor((*frames.shape[:-1], 2 * frames.shape[-1]), self.compute_dtype)
