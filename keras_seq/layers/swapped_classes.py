"""Scores of classes that a mirror exchanges, such as swiping to the left and to the right."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class SwappedClasses(keras.layers.Layer):
    """Scores `(batch, classes)` and flags `(batch,)`, not 0 where the input was shown in a mirror -> the scores, of
    such rows with every class's in the place of its mirror image's: what is said of the mirror image becomes what is
    said of the input, whose truth stays as it is.

    Without flags nothing was.

    The weight `partners` `(classes,)` int32 has the place of each class's mirror image; at first each its own.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})

    def build(self, scores_shape, flags_shape=None) -> None:
        self.partners = self.add_weight(
            shape=(scores_shape[-1],), dtype="int32", initializer=_in_order, trainable=False, name="partners"
        )

    def call(self, scores: tf.Tensor, flags: tf.Tensor | None = None) -> tf.Tensor:
        if flags is None:
            return scores
        mirrored = tf.gather(scores, tf.convert_to_tensor(self.partners), axis=1)
        return tf.where(tf.cast(flags, tf.bool)[:, None], mirrored, scores)

    def compute_output_spec(self, scores, flags=None):
        return keras.KerasTensor(scores.shape, "float32")


def partners(classes: list[str], mirrored: dict[str, str]) -> np.ndarray:
    """The place of each class's mirror image, `(classes,)` int32, for the weight of `SwappedClasses`.

    Args:
        classes: in the order of the scores.
        mirrored: a class -> the class that it becomes in a mirror, in one direction or both.
    """
    both = {**{other: one for one, other in mirrored.items()}, **mirrored}
    return np.array([classes.index(both.get(name, name)) for name in classes], "int32")


def _in_order(shape, dtype=None):
    return tf.range(shape[0], dtype=dtype)
