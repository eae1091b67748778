"""Answers to files that cannot be used: a problem, and nothing else."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_seq.answers.answering import PROBLEM

Tensors = dict[str, tf.Tensor]


@keras.saving.register_keras_serializable("keras_seq")
class Problems(keras.layers.Layer):
    """Answers, and what is wrong with their inputs -> the same answers, emptied where something is wrong.

    Called with named answers, `(batch, ...)` each, and `(batch,)` string: "", or what is wrong with the input.
    That becomes the output `problem`; where it is not empty, the row's texts are "" and its numbers 0.
    """

    def call(self, answers: Tensors, problem: tf.Tensor) -> Tensors:
        good = tf.equal(problem, "")
        return {**{name: _emptied(values, good) for name, values in answers.items()}, PROBLEM: problem}

    def compute_output_spec(self, answers, problem) -> dict[str, keras.KerasTensor]:
        spec = {name: keras.KerasTensor(values.shape, values.dtype) for name, values in answers.items()}
        return {**spec, PROBLEM: keras.KerasTensor(problem.shape, "string")}


def _emptied(values: tf.Tensor, good: tf.Tensor) -> tf.Tensor:
    shape = tf.concat([tf.shape(good), tf.ones([values.shape.rank - 1], tf.int32)], axis=0)
    empty = "" if values.dtype == tf.string else tf.zeros([], values.dtype)
    return tf.where(tf.reshape(good, shape), values, empty)
