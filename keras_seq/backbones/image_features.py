"""Features of pictures, and of the frames of clips, by a backbone."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class ImageFeatures(keras.layers.Layer):
    """Pictures `(batch, height, width, colours)` -> features of their places `(batch, places, channels)`, row by
    row, or pooled `(batch, channels)`; of clips `(batch, time, height, width, colours)` with a time in front.

    A clip may have a mask `(batch, time)` bool as the second argument: only its real frames go through the
    backbone, the features of the others are 0.

    A backbone that comes with weights runs as it does when it answers, while it is trained too: normalization keeps
    the statistics that came with them. So features do not depend on a batch, and those of a frozen backbone can be
    kept: training does that by itself, where `training.freeze` names this layer and `training.cache` is not none (see
    `training/frozen.py`). A backbone whose weights are of chance has no statistics yet, and learns them.

    Args:
        backbone: a functional model from pictures to a grid, such as `backbones.backbone` makes.
        pooled: whether the mean over a picture's places is taken.
        learns_statistics: whether normalization takes the statistics of the batch in training, and keeps their mean.
    """

    def __init__(
        self, backbone: keras.Model, pooled: bool = False, learns_statistics: bool = False, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.backbone, self.pooled, self.learns_statistics = backbone, pooled, learns_statistics
        self.built = True

    def call(
        self, pixels: tf.Tensor, mask: tf.Tensor | None = None, training: bool | None = False
    ) -> tf.Tensor:
        training = bool(training) and self.learns_statistics and self.trainable
        if pixels.shape.rank == 4:
            return self._features(pixels, training)
        # oneDNN has no answer to a batch of nothing, so one frame of 0 is made, and left out.
        frames = (
            tf.reshape(pixels, [-1, *self._sides(pixels)]) if mask is None else tf.boolean_mask(pixels, mask)
        )
        count = tf.shape(frames)[0]
        frames = tf.pad(frames, [[0, tf.where(count > 0, 0, 1)], [0, 0], [0, 0], [0, 0]])
        features = self._features(frames, training)[:count]
        shape = tf.concat([tf.shape(pixels)[:2], tf.shape(features)[1:]], axis=0)
        if mask is None:
            found = tf.reshape(features, shape)
        else:
            found = tf.scatter_nd(tf.cast(tf.where(mask), tf.int32), features, shape)
        return tf.ensure_shape(found, [*pixels.shape[:2], *features.shape[1:]])

    def compute_output_spec(self, pixels, mask=None, training=False) -> keras.KerasTensor:
        _, rows, columns, channels = self.backbone.compute_output_shape((None, *pixels.shape[-3:]))
        places = rows * columns if rows and columns else None
        features = (channels,) if self.pooled else (places, channels)
        return keras.KerasTensor((*pixels.shape[:-3], *features), self.compute_dtype)

    def get_config(self) -> dict:
        backbone = keras.saving.serialize_keras_object(self.backbone)
        own = {"pooled": self.pooled, "learns_statistics": self.learns_statistics}
        return {**super().get_config(), "backbone": backbone, **own}

    @classmethod
    def from_config(cls, config: dict) -> ImageFeatures:
        return cls(**{**config, "backbone": keras.saving.deserialize_keras_object(config["backbone"])})

    def _features(self, pictures: tf.Tensor, training: bool) -> tf.Tensor:
        grid = self.backbone(pictures, training=training)
        if self.pooled:
            return tf.reduce_mean(grid, axis=(1, 2))
        sizes, channels = tf.shape(grid), grid.shape[3]
        rows, columns = (grid.shape[axis] or sizes[axis] for axis in (1, 2))
        return tf.reshape(grid, [-1, rows * columns, channels])

    @staticmethod
    def _sides(pixels: tf.Tensor) -> list:
        sizes = tf.shape(pixels)
        return [pixels.shape[axis] or sizes[axis] for axis in (2, 3, 4)]
