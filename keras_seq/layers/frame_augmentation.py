"""Frames of clips, or pictures, that are changed in training, so that a network sees more than it is given; all frames
of a clip alike.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_seq.preprocessing.gif_frames import LUMA

WHITE = 255.0


@keras.saving.register_keras_serializable("keras_seq")
class FrameCrop(keras.layers.Layer):
    """Frames `(batch, time, height, width, channels)`, or pictures without the time -> the middle of each, in training
    any part of a clip, or picture.

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
        room = tf.shape(frames)[-3:-1] - [self.height, self.width]
        if not training:
            top, left = tf.unstack(room // 2)
            return frames[..., top : top + self.height, left : left + self.width, :]
        drawn = keras.random.uniform((tf.shape(frames)[0], 2), seed=self.seed_generator)
        first = tf.minimum(tf.cast(drawn * tf.cast(room + 1, tf.float32), tf.int32), room)
        rows, columns = first[:, :1] + tf.range(self.height), first[:, 1:] + tf.range(self.width)
        axis = frames.shape.rank - 3
        frames = tf.gather(frames, rows, axis=axis, batch_dims=1)
        return tf.gather(frames, columns, axis=axis + 1, batch_dims=1)

    def compute_output_spec(self, frames, training=False):
        for side, wanted in ((frames.shape[-3], self.height), (frames.shape[-2], self.width)):
            if side is not None and side < wanted:
                raise ValueError(f"a part of {wanted} pixels: the frames have {side}")
        shape = (*frames.shape[:-3], self.height, self.width, frames.shape[-1])
        return keras.KerasTensor(shape, frames.dtype)

    def get_config(self) -> dict:
        return {**super().get_config(), "height": self.height, "width": self.width, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_seq")
class MirroredFrames(keras.layers.Layer):
    """Frames `(batch, time, height, width, channels)`, or pictures without the time -> the same, in training left and
    right exchanged in some clips, or pictures, and which ones these are, `(batch,)` bool, for `SwappedClasses`.

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
        rank = frames.shape.rank
        which = tf.reshape(mirrored, [-1] + [1] * (rank - 1))
        return tf.where(which, tf.reverse(frames, [rank - 2]), frames), mirrored

    def compute_output_spec(self, frames, training=False):
        return keras.KerasTensor(frames.shape, frames.dtype), keras.KerasTensor(frames.shape[:1], "bool")

    def get_config(self) -> dict:
        return {**super().get_config(), "probability": self.probability, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_seq")
class LightJitter(keras.layers.Layer):
    """Frames `(batch, time, height, width, channels)` of 0 to 255 and a mask `(batch, time)`, or pictures without
    either -> the frames, in training each clip, or picture, brighter or darker, of more or less contrast about the
    mean of its own, and of stronger or weaker colours.

    Args:
        brightness: most that is added or taken away, as a part of 255.
        contrast: differences from the mean are multiplied by 1 - contrast to 1 + contrast.
        seed: of the random numbers.
        saturation: differences from the grey (luma) of a pixel are multiplied by 1 - saturation to 1 + saturation;
            for frames of red, green and blue.
    """

    def __init__(
        self,
        brightness: float = 0.0,
        contrast: float = 0.0,
        seed: int | None = None,
        saturation: float = 0.0,
        **kwargs,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.brightness, self.contrast, self.seed = brightness, contrast, seed
        self.saturation = saturation
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, frames: tf.Tensor, mask: tf.Tensor | None = None, training: bool = False) -> tf.Tensor:
        if not training or not (self.brightness or self.contrast or self.saturation):
            return frames
        if frames.shape.rank == 4:
            return self._changed(frames[:, None], tf.ones([tf.shape(frames)[0], 1], tf.bool))[:, 0]
        return self._changed(frames, mask)

    def _changed(self, frames: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        batch = tf.shape(frames)[0]
        drawn = keras.random.uniform((2, batch, 1, 1, 1, 1), -1, 1, seed=self.seed_generator)
        exact, real = tf.cast(frames, tf.float32), tf.cast(mask, tf.float32)
        means = tf.reduce_sum(tf.reduce_mean(exact, axis=[2, 3, 4]) * real, axis=1, keepdims=True)
        mean = (means / tf.maximum(tf.reduce_sum(real, axis=1, keepdims=True), 1.0))[..., None, None, None]
        new = mean + (exact - mean) * (1 + self.contrast * drawn[0]) + WHITE * self.brightness * drawn[1]
        if self.saturation:
            strength = keras.random.uniform((batch, 1, 1, 1, 1), -1, 1, seed=self.seed_generator)
            grey = tf.reduce_sum(new * LUMA, axis=-1, keepdims=True)
            new = grey + (new - grey) * (1 + self.saturation * strength)
        new = tf.clip_by_value(new, 0.0, WHITE)
        new = tf.cast(tf.round(new) if frames.dtype.is_integer else new, frames.dtype)
        return tf.where(mask[:, :, None, None, None], new, frames)

    def compute_output_spec(self, frames, mask=None, training=False):
        if self.saturation and frames.shape[-1] != len(LUMA):
            raise ValueError(f"saturation of {frames.shape[-1]} channels: expected red, green and blue")
        return keras.KerasTensor(frames.shape, frames.dtype)

    def get_config(self) -> dict:
        names = ("brightness", "contrast", "seed", "saturation")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
