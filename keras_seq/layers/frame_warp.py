"""Frames that are turned and stretched in training; all frames of a clip alike."""

from __future__ import annotations

import math

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class WarpedFrames(keras.layers.Layer):
    """Frames `(batch, time, height, width, channels)` -> the same, in training each clip turned about its middle, and
    made wider or narrower, and taller or shorter; what was outside of the frames is 0.

    Height and width change each by themselves, so that bodies are of other builds too.

    Args:
        rotation: most degrees that a clip is turned, either way.
        scale: a side becomes 1 - scale to 1 + scale times as long; below 1.
        seed: of the random numbers.
    """

    def __init__(self, rotation: float = 0.0, scale: float = 0.0, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.rotation, self.scale, self.seed = rotation, scale, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, frames: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training or not (self.rotation or self.scale):
            return frames
        shape = tf.shape(frames)
        transforms = self._transforms(shape[0], shape[2], shape[3])
        warped = tf.raw_ops.ImageProjectiveTransformV3(
            images=tf.reshape(frames, tf.concat([[-1], shape[2:]], axis=0)),
            transforms=tf.repeat(transforms, shape[1], axis=0),
            output_shape=shape[2:4],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="CONSTANT",
        )
        return tf.reshape(warped, shape)

    def compute_output_spec(self, frames, training=False):
        return keras.KerasTensor(frames.shape, frames.dtype)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "rotation": self.rotation,
            "scale": self.scale,
            "seed": self.seed,
        }

    def _transforms(self, batch: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
        """Of each clip, where the pixels that are wanted come from, `(batch, 8)`: x = a x' + b y' + c and y = d x' + e
        y' + f, and two zeros.
        """
        drawn = keras.random.uniform((3, batch), -1, 1, seed=self.seed_generator)
        angle = math.radians(self.rotation) * drawn[0]
        across, down = 1 / (1 + self.scale * drawn[1]), 1 / (1 + self.scale * drawn[2])
        a, b = tf.cos(angle) * across, -tf.sin(angle) * across
        d, e = tf.sin(angle) * down, tf.cos(angle) * down
        middle_x, middle_y = ((tf.cast(side, tf.float32) - 1) / 2 for side in (width, height))
        c, f = middle_x - a * middle_x - b * middle_y, middle_y - d * middle_x - e * middle_y
        nothing = tf.zeros_like(a)
        return tf.stack([a, b, c, d, e, f, nothing, nothing], axis=1)
