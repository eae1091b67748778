"""Where in a picture a vector of features comes from."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class PlaceVectors(keras.layers.Layer):
    """Features of places `(batch, places, channels)` -> the same plus a vector of each place, which is learned.

    Attention over places, and their mean, know nothing of where a place is otherwise: left and right look the same.
    Source: Gehring et al. 2017, section 3.1, of words.

    Args:
        deviation: of the first vectors; where it is small, places tell nothing at first.
    """

    def __init__(self, deviation: float = 0.02, **kwargs) -> None:
        super().__init__(**kwargs)
        self.deviation = deviation

    def build(self, shape: tuple) -> None:
        _, places, channels = shape
        if places is None:
            raise ValueError(f"PlaceVectors {self.name!r}: expected a number of places, given shape {shape}")
        normal = keras.initializers.RandomNormal(stddev=self.deviation)
        self.vectors = self.add_weight((places, channels), normal, name="vectors")

    def call(self, features: tf.Tensor) -> tf.Tensor:
        return features + self.vectors

    def get_config(self) -> dict:
        return {**super().get_config(), "deviation": self.deviation}
