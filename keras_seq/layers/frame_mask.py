"""Which frames of a batch of clips are real."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class FrameMask(keras.layers.Layer):
    """Frames `(batch, time, ...)`, padded on the right, and lengths `(batch,)` int32 -> a mask `(batch, time)` bool."""

    def call(self, frames: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        return tf.sequence_mask(lengths, tf.shape(frames)[1])

    def compute_output_spec(self, frames, lengths):
        return keras.KerasTensor(frames.shape[:2], "bool")
