"""Sounds and frames that are changed in training, so that a network hears more than it is given."""

from __future__ import annotations

import keras
import tensorflow as tf

QUIETEST_NOISE, LOUDEST_NOISE = 50.0, 15.0  # dB below the sound


@keras.saving.register_keras_serializable("keras_seq")
class SpeedPerturbation(keras.layers.Layer):
    """Samples `(batch, time)` float32 and lengths `(batch,)` int32 -> the same, in training each row faster or
    slower, and with it higher or lower; by linear interpolation.

    Source: Ko et al. 2015.

    Args:
        amount: speeds are drawn from 1 - amount to 1 + amount.
        seed: of the random numbers.
    """

    def __init__(self, amount: float, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.amount, self.seed = amount, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(
        self, samples: tf.Tensor, lengths: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        if not training or not self.amount:
            return samples, lengths
        batch, time = tf.unstack(tf.shape(samples))
        lowest, highest = 1 - self.amount, 1 + self.amount
        speeds = keras.random.uniform((batch,), lowest, highest, seed=self.seed_generator)
        new_lengths = tf.cast(tf.cast(lengths, tf.float32) / speeds, tf.int32)
        steps = tf.range(tf.cast(tf.math.ceil(tf.cast(time, tf.float32) / lowest), tf.int32))
        places = tf.cast(steps, tf.float32) * speeds[:, None]
        left = tf.cast(places, tf.int32)
        last = tf.maximum(time - 1, 0)
        at_left = tf.gather(samples, tf.minimum(left, last), batch_dims=1)
        at_right = tf.gather(samples, tf.minimum(left + 1, last), batch_dims=1)
        share = places - tf.cast(left, tf.float32)
        mixed = at_left + share * (at_right - at_left)
        longest = tf.reduce_max(new_lengths, axis=0)
        real = tf.sequence_mask(new_lengths, longest)
        return tf.where(real, mixed[:, :longest], 0.0), new_lengths

    def compute_output_spec(self, samples, lengths, training=False):
        return keras.KerasTensor(samples.shape, "float32"), keras.KerasTensor(lengths.shape, "int32")

    def get_config(self) -> dict:
        return {**super().get_config(), "amount": self.amount, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_seq")
class AddedNoise(keras.layers.Layer):
    """Samples `(batch, time)` float32 -> the same, in training some rows in white noise, 15 to 50 dB below.

    Args:
        rate: the part of the rows.
        seed: of the random numbers.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.rate, self.seed = rate, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, samples: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training or not self.rate:
            return samples
        batch = tf.shape(samples)[0]
        below = keras.random.uniform((batch, 1), LOUDEST_NOISE, QUIETEST_NOISE, seed=self.seed_generator)
        chosen = keras.random.uniform((batch, 1), seed=self.seed_generator) < self.rate
        loudness = tf.sqrt(tf.reduce_mean(samples**2, axis=1, keepdims=True))
        noise = keras.random.normal(tf.shape(samples), seed=self.seed_generator)
        return samples + tf.where(chosen, loudness * 10 ** (-below / 20), 0.0) * noise

    def compute_output_shape(self, samples_shape):
        return samples_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_seq")
class SpecAugment(keras.layers.Layer):
    """Normalised frames `(batch, time, bands)` -> the same, in training some bands and some stretches of time
    set to 0, their mean.

    Source: Park et al. 2019, without time warping.

    Args:
        bands: most neighbouring bands of a mask.
        frames: most neighbouring frames of a mask, and never more than a fifth of a row's.
        masks: of either kind.
        after: training steps before it begins; CTC first has to leave its all-blank plateau.
        seed: of the random numbers.
    """

    def __init__(
        self,
        bands: int = 12,
        frames: int = 20,
        masks: int = 1,
        after: int = 0,
        seed: int | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.bands, self.frames, self.masks, self.after, self.seed = bands, frames, masks, after, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, frames_shape) -> None:
        self.steps = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
        )

    def call(self, frames: tf.Tensor, mask: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training or not self.masks:
            return frames
        self.steps.assign_add(1)
        batch, time = tf.unstack(tf.shape(frames)[:2])
        lengths = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
        kept = tf.ones_like(frames, tf.bool)
        for _ in range(self.masks):
            kept &= ~self._stretch(lengths, tf.minimum(float(self.frames), 0.2 * lengths), time)[..., None]
            size = tf.fill([batch], float(frames.shape[-1]))
            kept &= ~self._stretch(size, tf.fill([batch], float(self.bands)), frames.shape[-1])[:, None]
        return tf.where(kept | (self.steps <= self.after), frames, 0.0)

    def compute_output_spec(self, frames, mask, training=False):
        return keras.KerasTensor(frames.shape, "float32")

    def get_config(self) -> dict:
        names = ("bands", "frames", "masks", "after", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _stretch(self, sizes: tf.Tensor, most: tf.Tensor, count: tf.Tensor | int) -> tf.Tensor:
        """A stretch within each row, up to `most` long: `(batch, count)` bool."""
        drawn = keras.random.uniform((2, tf.shape(sizes)[0]), seed=self.seed_generator)
        widths = drawn[0] * (most + 1)
        starts = drawn[1] * tf.maximum(sizes - widths, 0.0)
        places = tf.range(count, dtype=tf.int32)
        first, end = tf.cast(starts, tf.int32)[:, None], tf.cast(starts + widths, tf.int32)[:, None]
        return (places >= first) & (places < end)
