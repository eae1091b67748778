"""Sounds and frames that are changed in training, so that a network hears more than it is given."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_seq.layers.ctc import BLANK

QUIETEST_NOISE, LOUDEST_NOISE = 50.0, 15.0  # dB below the sound
QUIET = 10.0  # nats that a label costs where none is wanted: it may still come where steps are few


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
        lowest, highest = 1 - self.amount, 1 + self.amount
        speeds = keras.random.uniform(tf.shape(lengths), lowest, highest, seed=self.seed_generator)
        speeds = tf.cast(speeds, tf.float64)  # float32 has no room for places between a million samples
        new_lengths = tf.cast(tf.cast(lengths, tf.float64) / speeds, tf.int32)
        real = tf.sequence_mask(new_lengths)
        places = tf.cast(tf.range(tf.shape(real)[1]), tf.float64) * speeds[:, None]
        left = tf.cast(places, tf.int32)
        last = tf.maximum(tf.cast(lengths, tf.int32) - 1, 0)[:, None]
        at_left = tf.gather(samples, tf.minimum(left, last), batch_dims=1)
        at_right = tf.gather(samples, tf.minimum(left + 1, last), batch_dims=1)
        share = tf.cast(places - tf.cast(left, tf.float64), tf.float32)
        return tf.where(real, at_left + share * (at_right - at_left), 0.0), new_lengths

    def compute_output_spec(self, samples, lengths, training=False):
        shape = (samples.shape[0], None)
        return keras.KerasTensor(shape, "float32"), keras.KerasTensor(lengths.shape, "int32")

    def get_config(self) -> dict:
        return {**super().get_config(), "amount": self.amount, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_seq")
class AddedNoise(keras.layers.Layer):
    """Samples `(batch, time)` float32 and lengths `(batch,)` int32 -> the samples, in training some rows in white
    noise, 15 to 50 dB below. Without lengths a row ends where nothing but 0 follows.

    Args:
        rate: the part of the rows.
        seed: of the random numbers.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.rate, self.seed = rate, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, samples: tf.Tensor, lengths: tf.Tensor | None = None, training: bool = False) -> tf.Tensor:
        if not training or not self.rate:
            return samples
        batch, time = tf.unstack(tf.shape(samples))
        if lengths is None:
            lengths = tf.reduce_max(tf.where(samples != 0, tf.range(time) + 1, 0), axis=1)
        real = tf.cast(tf.sequence_mask(lengths, time), tf.float32)
        below = keras.random.uniform((batch, 1), LOUDEST_NOISE, QUIETEST_NOISE, seed=self.seed_generator)
        chosen = keras.random.uniform((batch, 1), seed=self.seed_generator) < self.rate
        power = tf.reduce_sum(samples**2 * real, axis=1) / tf.maximum(tf.reduce_sum(real, axis=1), 1.0)
        loudness = tf.where(chosen, tf.sqrt(power)[:, None] * 10 ** (-below / 20), 0.0)
        return samples + loudness * real * keras.random.normal(tf.shape(samples), seed=self.seed_generator)

    def compute_output_spec(self, samples, lengths=None, training=False):
        return keras.KerasTensor(samples.shape, "float32")

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
        lengths, bands = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1), frames.shape[-1]
        kept = tf.ones_like(frames, tf.bool)
        for _ in range(self.masks):
            kept &= ~self._stretch(lengths, tf.minimum(self.frames, lengths // 5), time)[..., None]
            most = tf.fill([batch], min(self.bands, bands))
            kept &= ~self._stretch(tf.fill([batch], bands), most, bands)[:, None]
        return tf.where(kept | (self.steps <= self.after), frames, 0.0)

    def compute_output_spec(self, frames, mask, training=False):
        return keras.KerasTensor(frames.shape, "float32")

    def get_config(self) -> dict:
        names = ("bands", "frames", "masks", "after", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _stretch(self, sizes: tf.Tensor, most: tf.Tensor, count: tf.Tensor | int) -> tf.Tensor:
        """A stretch within each row, up to `most` long, no longer than `sizes`: `(batch, count)` bool."""
        drawn = keras.random.uniform((2, tf.shape(sizes)[0]), seed=self.seed_generator)
        widths = tf.cast(drawn[0] * tf.cast(most + 1, tf.float32), tf.int32)
        starts = tf.cast(drawn[1] * tf.cast(sizes - widths + 1, tf.float32), tf.int32)
        places = tf.range(count) - starts[:, None]
        return (places >= 0) & (places < widths[:, None])


@keras.saving.register_keras_serializable("keras_seq")
class QuietStart(keras.layers.Layer):
    """Logits of CTC `(batch, time, classes)` -> the same, in training the blank far more probable in the first
    steps of half the rows.

    For a network that looks back only. The first step is the first one that such a network can tell from all
    others, so it learns to say the most frequent first label there, before it has heard any; where this is
    certain, no path with the label later is probable enough to be learned. Rows that cannot have it there show
    what is heard later. Nothing is known to such a network of which rows these are.

    Args:
        steps: that are quiet.
        seed: of the random numbers.
    """

    def __init__(self, steps: int, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.steps, self.seed = steps, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = self.supports_masking = True

    def call(self, logits: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return logits
        batch, time, classes = tf.unstack(tf.shape(logits))
        quiet = keras.random.uniform((batch, 1), seed=self.seed_generator) < 0.5
        quiet &= tf.range(time) < self.steps
        return tf.where(quiet[..., None] & (tf.range(classes) == BLANK), logits + QUIET, logits)

    def compute_output_spec(self, logits, training=False):
        return keras.KerasTensor(logits.shape, "float32")

    def get_config(self) -> dict:
        return {**super().get_config(), "steps": self.steps, "seed": self.seed}
