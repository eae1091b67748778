"""Frames whose bands have mean 0 and deviation 1, over an utterance or over what was heard of it so far."""

from __future__ import annotations

import keras
import tensorflow as tf

LEAST_VARIANCE = 1e-4


@keras.saving.register_keras_serializable("keras_seq")
class FrameNormalization(keras.layers.Layer):
    """Frames `(batch, time, bands)` -> the same, less their mean and divided by their deviation, band by band.

    The mask is `(batch, time)` bool; a frame of padding, on the right, becomes 0. The mask is not handed on.

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
        if self.running:
            normalized = self.stream_step(None, frames)[1]
            return normalized if mask is None else tf.where(mask[..., None], normalized, 0.0)
        frames = tf.cast(frames, tf.float64)
        real = tf.ones_like(frames[..., :1], tf.bool) if mask is None else mask[..., None]
        count = tf.maximum(tf.reduce_sum(tf.cast(real, tf.float64), axis=1, keepdims=True), 1.0)
        mean = tf.reduce_sum(tf.where(real, frames, 0.0), axis=1, keepdims=True) / count
        centred = tf.where(real, frames - mean, 0.0)
        variance = tf.reduce_sum(centred**2, axis=1, keepdims=True) / count
        return tf.cast(centred * tf.math.rsqrt(variance + LEAST_VARIANCE), tf.float32)

    def stream_start(self, batch: int | tf.Tensor) -> tf.Tensor:
        """The state before the first chunk of so many streams: the prior's, see `stream_step`."""
        of_band = tf.constant([self.prior_frames, 0.0, 1.0], tf.float32)
        return tf.tile(of_band[None, :, None], [batch, 1, self.bands])

    def stream_step(self, state: tf.Tensor | None, chunk: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Run over the next frames of a stream: the state after them, and the frames normalised.

        Args:
            state: number of frames, their mean and their variance, `(batch, 3, bands)` float32, as the last call
                gave it; None before the first chunk.
            chunk: `(batch, time, bands)`, of any number of frames.
        """
        if not self.built:
            self.build(chunk.shape)
        chunk = (tf.cast(chunk, tf.float64) - self.prior_mean) / self.prior_deviation
        state = self.stream_start(tf.shape(chunk)[0]) if state is None else state
        frames, mean, variance = tf.unstack(tf.cast(state, tf.float64)[:, None], axis=2)
        added = chunk - mean
        # The first step is the state itself; sums are of what differs from its mean, so that little is lost.
        counts = frames + tf.cast(tf.range(tf.shape(chunk)[1] + 1), tf.float64)[:, None]
        sums = tf.cumsum(tf.pad(added, [[0, 0], [1, 0], [0, 0]]), axis=1)
        shift = tf.math.divide_no_nan(sums, counts)
        squares = tf.cumsum(tf.concat([frames * variance, added**2], axis=1), axis=1)
        variances = tf.maximum(tf.math.divide_no_nan(squares, counts) - shift**2, 0.0)
        after = tf.stack([counts[:, -1], (mean + shift)[:, -1], variances[:, -1]], axis=1)
        normalized = (added - shift[:, 1:]) * tf.math.rsqrt(variances[:, 1:] + LEAST_VARIANCE)
        return tf.cast(after, tf.float32), tf.cast(normalized, tf.float32)

    def compute_mask(self, frames, mask=None):
        return None  # whoever needs the mask is given it

    def compute_output_spec(self, frames, mask=None):
        return keras.KerasTensor(frames.shape, "float32")

    def get_config(self) -> dict:
        names = ("running", "prior_frames", "prior_mean", "prior_deviation")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
