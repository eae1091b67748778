"""Frames that are changed in training, so that a network sees more than it is given; all frames of a clip alike."""

from __future__ import annotations

import keras
import tensorflow as tf

WHITE = 255.0


@keras.saving.register_keras_serializable("keras_seq")
class FrameCrop(keras.layers.Layer):
    """Frames `(batch, time, height, width, channels)` -> the middle of each, in training any part of a clip.

    Args:
        height: of the part, in pixels, at most that of the frames.
        width: of the part, in pixels, at most that of the frames.
        seed: of the random numbers.
    """

    def __init__(self, height: int, width: int, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.height, self.width, self.seed = height, width, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, frames: tf.Tensor, training: bool = False) -> tf.Tensor:
        room = tf.shape(frames)[2:4] - [self.height, self.width]
        if not training:
            top, left = tf.unstack(room // 2)
            return frames[:, :, top : top + self.height, left : left + self.width]
        drawn = keras.random.uniform((tf.shape(frames)[0], 2), seed=self.seed_generator)
        first = tf.minimum(tf.cast(drawn * tf.cast(room + 1, tf.float32), tf.int32), room)
        rows, columns = first[:, :1] + tf.range(self.height), first[:, 1:] + tf.range(self.width)
        frames = tf.gather(frames, rows, axis=2, batch_dims=1)
        return tf.gather(frames, columns, axis=3, batch_dims=1)

    def compute_output_spec(self, frames, training=False):
        for side, wanted in ((frames.shape[2], self.height), (frames.shape[3], self.width)):
            if side is not None and side < wanted:
                raise ValueError(f"a part of {wanted} pixels: the frames have {side}")
        return keras.KerasTensor((*frames.shape[:2], self.height, self.width, frames.shape[4]), frames.dtype)

    def get_config(self) -> dict:
        return {**super().get_config(), "height": self.height, "width": self.width, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_seq")
class MirroredFrames(keras.layers.Layer):
    """Frames `(batch, time, height, width, channels)` -> the same, in training left and right exchanged in some
    clips, and which ones these are, `(batch,)` bool, for `SwappedClasses`.

    Args:
        probability: of a clip to be one of them.
        seed: of the random numbers.
    """

    def __init__(self, probability: float = 0.5, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.probability, self.seed = probability, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, frames: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        batch = tf.shape(frames)[0]
        if not training or not self.probability:
            return frames, tf.zeros([batch], tf.bool)
        mirrored = keras.random.uniform((batch,), seed=self.seed_generator) < self.probability
        return tf.where(mirrored[:, None, None, None, None], tf.reverse(frames, [3]), frames), mirrored

    def compute_output_spec(self, frames, training=False):
        return keras.KerasTensor(frames.shape, frames.dtype), keras.KerasTensor(frames.shape[:1], "bool")

    def get_config(self) -> dict:
        return {**super().get_config(), "probability": self.probability, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_seq")
class LightJitter(keras.layers.Layer):
    """Frames `(batch, time, height, width, channels)` of 0 to 255 and a mask `(batch, time)` -> the frames, in training
    each clip brighter or darker, and of more or less contrast, about the mean of its own.

    Args:
        brightness: most that is added or taken away, as a part of 255.
        contrast: differences from the mean are multiplied by 1 - contrast to 1 + contrast.
        seed: of the random numbers.
    """

    def __init__(
        self, brightness: float = 0.0, contrast: float = 0.0, seed: int | None = None, **kwargs
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.brightness, self.contrast, self.seed = brightness, contrast, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, frames: tf.Tensor, mask: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training or not (self.brightness or self.contrast):
            return frames
        drawn = keras.random.uniform((2, tf.shape(frames)[0], 1, 1, 1, 1), -1, 1, seed=self.seed_generator)
        exact, real = tf.cast(frames, tf.float32), tf.cast(mask, tf.float32)
        means = tf.reduce_sum(tf.reduce_mean(exact, axis=[2, 3, 4]) * real, axis=1, keepdims=True)
        mean = (means / tf.maximum(tf.reduce_sum(real, axis=1, keepdims=True), 1.0))[..., None, None, None]
        new = mean + (exact - mean) * (1 + self.contrast * drawn[0]) + WHITE * self.brightness * drawn[1]
        new = tf.clip_by_value(new, 0.0, WHITE)
        new = tf.cast(tf.round(new) if frames.dtype.is_integer else new, frames.dtype)
        return tf.where(mask[:, :, None, None, None], new, frames)

    def compute_output_spec(self, frames, mask, training=False):
        return keras.KerasTensor(frames.shape, frames.dtype)

    def get_config(self) -> dict:
        names = ("brightness", "contrast", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
