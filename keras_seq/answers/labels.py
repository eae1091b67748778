"""From class scores to named answers."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class RankedLabels(keras.layers.Layer):
    """Class scores to named answers, best first: `(batch, classes)` -> a dict of tensors.

    `label` `(batch,)` string and `score` `(batch,)` float32 are the best; `labels` and `scores` `(batch,
    classes)` are all of them, from the best to the worst; of equal scores the class that comes first in
    `classes` stands first.

    Args:
        classes: the class names, in the order of the scores.
    """

    def __init__(self, classes: list[str], **kwargs) -> None:
        super().__init__(**kwargs)
        self.classes = list(classes)
        self.built = True

    def call(self, scores: tf.Tensor) -> dict[str, tf.Tensor]:
        scores, ranks = tf.math.top_k(tf.cast(scores, tf.float32), k=len(self.classes))
        labels = tf.gather(tf.constant(self.classes), ranks)
        return {"label": labels[:, 0], "score": scores[:, 0], "labels": labels, "scores": scores}

    def compute_output_spec(self, scores: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        batch, count = scores.shape[0], len(self.classes)
        return {
            "label": keras.KerasTensor((batch,), dtype="string"),
            "score": keras.KerasTensor((batch,), dtype="float32"),
            "labels": keras.KerasTensor((batch, count), dtype="string"),
            "scores": keras.KerasTensor((batch, count), dtype="float32"),
        }

    def get_config(self) -> dict:
        return {**super().get_config(), "classes": self.classes}
