"""A network of single frames, applied to every frame of a clip."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class Framewise(keras.layers.Layer):
    """Frames `(batch, time, height, width, channels)` and their mask `(batch, time)` -> what a network makes of
    each, `(batch, time, ...)`; 0 where the mask is False.

    The network sees no padding: it costs nothing, and is in no statistics of a normalisation.

    Args:
        network: of single frames, `(frames, height, width, channels)` -> one tensor.
    """

    def __init__(self, network: keras.Model, **kwargs) -> None:
        super().__init__(**kwargs)
        self.network = network
        self.built = True

    def call(self, frames: tf.Tensor, mask: tf.Tensor, training: bool = False) -> tf.Tensor:
        places = tf.where(mask)
        found = self.network(tf.gather_nd(frames, places), training=training)
        shape = tf.concat([tf.shape(mask, out_type=tf.int64), tf.shape(found, out_type=tf.int64)[1:]], axis=0)
        scattered = tf.scatter_nd(places, found, shape)
        return tf.ensure_shape(scattered, [*mask.shape, *found.shape[1:]])

    def compute_output_spec(self, frames, mask, training=False) -> keras.KerasTensor:
        return keras.KerasTensor((*mask.shape, *self.network.output.shape[1:]), self.network.output.dtype)

    def get_config(self) -> dict:
        return {**super().get_config(), "network": keras.saving.serialize_keras_object(self.network)}

    @classmethod
    def from_config(cls, config: dict) -> Framewise:
        return cls(**{**config, "network": keras.saving.deserialize_keras_object(config["network"])})
