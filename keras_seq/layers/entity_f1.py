"""The F1 of whole entities, computed while a tagger trains."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_seq.layers.linear_chain import viterbi
from keras_seq.tagging import is_first


@keras.saving.register_keras_serializable("keras_seq")
class EntityF1(keras.metrics.Metric):
    """Micro F1 of entities, right where start, end and type are right; 0 when there are none.

    `y_true` `(batch, time)` has ids of IOBES tags as in `tagging.tag_names`, -1 where a step is padded; `y_pred`
    has the log-potentials of a `CRF` which allows legal sequences only. Padded steps count nothing.

    Source: Tjong Kim Sang and De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task", section 3.
    """

    def __init__(self, name: str = "f1", **kwargs) -> None:
        super().__init__(name=name, **kwargs)
        self.correct, self.true, self.predicted = (
            self.add_variable(shape=(), initializer="zeros", dtype="int64", name=what)
            for what in ("correct", "true", "predicted")
        )

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Count a batch's entities; `sample_weight` is ignored."""
        true = tf.cast(y_true, tf.int32)
        predicted = tf.where(true >= 0, viterbi(y_pred), -1)
        num_true = _count(is_first(true))
        self.correct.assign_add(num_true - _count_missed(true, predicted))
        self.true.assign_add(num_true)
        self.predicted.assign_add(_count(is_first(predicted)))

    def result(self) -> tf.Tensor:
        found = tf.cast(2 * self.correct, tf.float32)
        return tf.math.divide_no_nan(found, tf.cast(self.true + self.predicted, tf.float32))


def _count_missed(true, predicted):
    """How many true entities have a tag that is not predicted: IOBES tags fix their start, end and type."""
    batch, time = tf.unstack(tf.shape(true))
    # The number of an entity in its row, from 1, at each of its tags.
    number = tf.cumsum(tf.cast(is_first(true), tf.int32), axis=1)
    entities = tf.range(batch)[:, None] * (time + 1) + number
    wrong = tf.cast((true > 0) & (true != predicted), tf.int32)
    return _count(tf.math.unsorted_segment_sum(wrong, entities, batch * (time + 1)) > 0)


def _count(flags):
    return tf.math.count_nonzero(flags, dtype=tf.int64)
