"""Frames whose bands have mean 0 and deviation 1, over an utterance or over what was heard of it so far."""

from __future__ import annotations

import keras
import tensorflow as tf

LEAST_VARIANCE = 1e-4


@keras.saving.register_keras_serializable("keras_seq")
class FrameNormalization(keras.layers.Layer):
    """Frames `(batch, time, bands)` -> the same, less their mean and divided by their deviation, band by band.

    Args:
        running: False takes mean and deviation of the whole utterance; True of the frames up to each one, among
            which a fixed mean and deviation count as `prior_frames` frames, so that it can run on a stream.
        prior_frames: see `running`.
        prior_mean, prior_deviation: of the log-mel power of speech.
    """

    def __init__(
        self,
        running: bool = False,
        prior_frames: int = 100,
        prior_mean: float = -6.0,
        prior_deviation: float = 4.0,
        **kwargs,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.running, self.prior_frames = running, prior_frames
        self.prior_mean, self.prior_deviation = prior_mean, prior_deviation
        self.built = self.supports_masking = True

    def call(self, frames: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        real = tf.ones_like(frames[..., :1]) if mask is None else tf.cast(mask, tf.float32)[..., None]
        if self.running:
            return self.stream_step(None, frames)[1] * real
        count = tf.maximum(tf.reduce_sum(real, axis=1, keepdims=True), 1.0)
        mean = tf.reduce_sum(frames * real, axis=1, keepdims=True) / count
        centred = (frames - mean) * real
        variance = tf.reduce_sum(centred**2, axis=1, keepdims=True) / count
        return centred * tf.math.rsqrt(variance + LEAST_VARIANCE)

    def stream_step(self, state: tf.Tensor | None, chunk: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Run over the next frames of a stream: the state after them, and the frames normalised.

        Args:
            state: number of frames, their sums and sums of squares, `(batch, 3, bands)`, as the last call gave it;
                None before the first chunk.
            chunk: `(batch, time, bands)`.
        """
        centred = (chunk - self.prior_mean) / self.prior_deviation
        if state is None:
            state = tf.zeros_like(centred[:, :1]) + tf.constant([0.0, 0.0, 1.0])[:, None] * self.prior_frames
            state += tf.constant([1.0, 0.0, 0.0])[:, None] * self.prior_frames
        steps = tf.stack([tf.ones_like(centred), centred, centred**2], axis=2)
        sums = tf.cumsum(steps, axis=1) + state[:, None]
        count, total, squares = tf.unstack(sums, axis=2)
        mean = total / count
        variance = tf.maximum(squares / count - mean**2, 0.0)
        return sums[:, -1], (centred - mean) * tf.math.rsqrt(variance + LEAST_VARIANCE)

    def compute_output_shape(self, frames_shape):
        return frames_shape

    def get_config(self) -> dict:
        names = ("running", "prior_frames", "prior_mean", "prior_deviation")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
