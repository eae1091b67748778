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
        self.supports_masking = True

    def build(self, frames_shape) -> None:
        self.bands = frames_shape[-1]

    def call(self, frames: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        real = tf.ones_like(frames[..., :1]) if mask is None else tf.cast(mask, tf.float32)[..., None]
        if self.running:
            return self.stream_step(None, frames)[1] * real
        count = tf.maximum(tf.reduce_sum(real, axis=1, keepdims=True), 1.0)
        mean = tf.reduce_sum(frames * real, axis=1, keepdims=True) / count
        centred = (frames - mean) * real
        variance = tf.reduce_sum(centred**2, axis=1, keepdims=True) / count
        return centred * tf.math.rsqrt(variance + LEAST_VARIANCE)

    def stream_start(self, batch: int | tf.Tensor) -> tf.Tensor:
        """The state before the first chunk of so many streams: the prior's, see `stream_step`."""
        of_band = tf.constant([self.prior_frames, 0.0, 1.0], tf.float32)
        return tf.tile(of_band[None, :, None], [batch, 1, self.bands])

    def stream_step(self, state: tf.Tensor | None, chunk: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Run over the next frames of a stream: the state after them, and the frames normalised.

        Means, not sums, so that a stream of hours is as exact as one of seconds.

        Args:
            state: number of frames, their mean and the mean of their squares, in units of the prior,
                `(batch, 3, bands)`, as the last call gave it; None before the first chunk.
            chunk: `(batch, time, bands)`, of one frame or more.
        """
        if not self.built:
            self.build(chunk.shape)
        state = self.stream_start(tf.shape(chunk)[0]) if state is None else state
        centred = (chunk - self.prior_mean) / self.prior_deviation
        before, mean_before, square_before = tf.unstack(state[:, None], axis=2)
        count = before + tf.range(1.0, tf.cast(tf.shape(chunk)[1], tf.float32) + 1)[:, None]
        mean = (before * mean_before + tf.cumsum(centred, axis=1)) / count
        square = (before * square_before + tf.cumsum(centred**2, axis=1)) / count
        normalised = (centred - mean) * tf.math.rsqrt(tf.maximum(square - mean**2, 0.0) + LEAST_VARIANCE)
        return tf.stack([count[:, -1], mean[:, -1], square[:, -1]], axis=1), normalised

    def compute_mask(self, frames, mask=None):
        return None  # whoever needs the mask is given it

    def compute_output_shape(self, frames_shape):
        return frames_shape

    def get_config(self) -> dict:
        names = ("running", "prior_frames", "prior_mean", "prior_deviation")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
