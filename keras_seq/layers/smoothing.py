"""The loss of networks that say the next word."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy of logits `(batch, time, size)` against ids `(batch, time)`, a mean over the ids that are
    not 0.

    A part of the truth is spread over all ids alike. Source: Szegedy et al. 2016, section 7.

    Args:
        smoothing: that part, from 0 to below 1.
    """

    def __init__(self, smoothing: float = 0.0, name: str = "smoothed_cross_entropy", **kwargs) -> None:
        super().__init__(name=name, **kwargs)
        self.smoothing = smoothing

    def call(self, ids: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        logits, ids = tf.cast(logits, tf.float32), tf.cast(ids, tf.int32)
        real = tf.cast(ids > 0, tf.float32)
        losses = _smoothed(logits, ids, self.smoothing)
        return tf.reduce_sum(losses * real) / tf.maximum(tf.reduce_sum(real), 1.0)

    def terms(self, ids: tf.Tensor) -> tf.Tensor:
        """How many ids the loss is a mean over: its weight beside that of another part of a batch."""
        return tf.math.count_nonzero(tf.cast(ids, tf.int32) > 0, dtype=tf.int32)

    def get_config(self) -> dict:
        return {**super().get_config(), "smoothing": self.smoothing}


def _smoothed(logits: tf.Tensor, ids: tf.Tensor, smoothing: float) -> tf.Tensor:
    """The losses one by one, `(batch, time)`; their gradient is made in three passes over the logits'
    numbers.
    """

    @tf.custom_gradient
    def losses(logits):
        highest = tf.reduce_max(logits, axis=-1, keepdims=True)
        powers = tf.exp(logits - highest)
        total = tf.reduce_sum(powers, axis=-1, keepdims=True)
        true = tf.gather(logits, ids, batch_dims=2)
        # -log p of every id on average is the logarithm of the sum less the mean logit.
        expected = (1 - smoothing) * true + smoothing * tf.reduce_mean(logits, axis=-1)

        def gradient(d_losses):
            size = tf.shape(logits)[-1]
            spread = d_losses * smoothing / tf.cast(size, tf.float32)
            flat = tf.reshape(powers * (d_losses[..., None] / total) - spread[..., None], [-1])
            flat_ids = tf.reshape(ids, [-1])
            places = tf.range(tf.size(ids)) * size + flat_ids
            less = tf.reshape(d_losses * (1 - smoothing), [-1])
            return tf.reshape(tf.tensor_scatter_nd_sub(flat, places[:, None], less), tf.shape(logits))

        return tf.math.log(total[..., 0]) + highest[..., 0] - expected, gradient

    return losses(logits)
