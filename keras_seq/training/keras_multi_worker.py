"""`model.fit` on several workers, for Keras 3, whose own way is broken.

With a model that is made under `MultiWorkerMirroredStrategy`'s scope, plain `fit` of Keras 3.0 to 3.15 (at least)
ends in an error at three places (keras#20585, tensorflow#72388): the data of the symbolic build are reduced over
replicas although they are no sums; the optimizer's variables are made outside of the scope; and the metrics of a step,
which are scalars, are reduced along an axis. `tests/keras_seq/training/test_keras_multi_worker.py` has a test that
Keras still fails, and fails itself once Keras does not.

The way round leaves the variables alone. Every worker is a process with a model of its own, of plain variables, and
`MultiWorkerMirroredStrategy` adds up the gradients, which is all that has to be known of others. They are added up
before the optimizer gets them; so clipping, accumulation, averages and schedules are those of one process, where
Keras clips each replica's own gradients. The workers' weights are the same because they begin the same and take the
same steps.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf


class Adding(Protocol):
    """What the model asks the workers: `training.workers.Workers`."""

    def sum_in_graph(self, tensors: Sequence[Any]) -> list[Any]:
        """Tensors and slices, added up over the workers."""

    def sums(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Arrays, added up over the workers."""


class MultiWorkerModel(keras.Model):
    """A functional model that trains with others on its rows of each batch: `of` makes one.

    Its data are `(inputs, targets, rows)`: the worker's rows, and how many of them count; 0 where it has none and
    goes along with a row that is another's, because all have to take part in adding up.
    """

    _workers: Adding

    @classmethod
    def of(cls, network: keras.Model, workers: Adding) -> MultiWorkerModel:
        """A model of the same layers and variables as a functional one."""
        with warnings.catch_warnings():  # of features in place of pixels, see `frozen.divided`
            warnings.filterwarnings("ignore", "When providing `inputs` as a dict")
            model = cls(network.input, network.output, name=network.name)
        model._workers = workers
        return model

    def train_step(self, data: Any) -> dict[str, Any]:
        """A step that all workers take: the loss is a mean over all their rows."""
        inputs, targets, rows = data
        with tf.GradientTape() as tape:
            outputs = self(inputs, training=True)
            loss = self.compute_loss(inputs, targets, outputs, training=True)
            scaled = self.optimizer.scale_loss(loss)
        variables = self.trainable_weights
        found = [
            (gradient, variable)
            for gradient, variable in zip(tape.gradient(scaled, variables), variables, strict=True)
            if gradient is not None
        ]
        loss, gradients = self._of_all(loss, self._terms(targets, outputs, rows), [one for one, _ in found])
        self.optimizer.apply(gradients, [variable for _, variable in found])
        return self._watched(loss, inputs, targets, outputs, rows)

    def test_step(self, data: Any) -> dict[str, Any]:
        """The same without training."""
        inputs, targets, rows = data
        outputs = self(inputs, training=False)
        loss = self.compute_loss(inputs, targets, outputs, training=False)
        loss, _ = self._of_all(loss, self._terms(targets, outputs, rows), [])
        return self._watched(loss, inputs, targets, outputs, rows)

    def get_metrics_result(self) -> dict[str, Any]:
        """The metrics: within a step those of this worker, after an epoch those of all."""
        if not tf.executing_eagerly():
            return super().get_metrics_result()
        own = [variable.numpy() for variable in self.metrics_variables]
        try:
            for variable, total in zip(self.metrics_variables, self._workers.sums(own), strict=True):
                variable.assign(total)
            return super().get_metrics_result()
        finally:
            for variable, value in zip(self.metrics_variables, own, strict=True):
                variable.assign(value)

    def _terms(self, targets: Any, outputs: Any, rows: tf.Tensor) -> tf.Tensor:
        """How many terms this worker's loss is a mean over: the loss's own, or rows, or steps that are not masked."""
        mask = getattr(outputs, "_keras_mask", None)
        if hasattr(self.loss, "terms"):
            terms = self.loss.terms(targets)
        else:
            terms = rows if mask is None else tf.math.count_nonzero(mask, dtype=tf.int32)
        return tf.where(rows > 0, tf.cast(terms, tf.float32), 0.0)

    def _of_all(self, loss: tf.Tensor, terms: tf.Tensor, gradients: list[Any]) -> tuple[tf.Tensor, list[Any]]:
        """The loss and the gradients of all rows together."""
        parts = [terms, loss * tf.cast(terms, loss.dtype), *(_times(one, terms) for one in gradients)]
        total, loss, *gradients = self._workers.sum_in_graph(parts)
        total = tf.maximum(total, 1.0)
        return loss / tf.cast(total, loss.dtype), [_times(one, 1.0 / total) for one in gradients]

    def _watched(self, loss: Any, inputs: Any, targets: Any, outputs: Any, rows: tf.Tensor) -> dict[str, Any]:
        """Count a batch in the loss and the metrics, which must have their variables by now."""
        self._loss_tracker.update_state(loss, sample_weight=tf.cast(rows, tf.float32))
        return tf.cond(
            rows > 0,
            lambda: self.compute_metrics(inputs, targets, outputs),
            super().get_metrics_result,
        )


def _times(gradient: Any, factor: Any) -> Any:
    """A gradient, dense or of slices, times a number."""
    if isinstance(gradient, tf.IndexedSlices):
        values = gradient.values * tf.cast(factor, gradient.values.dtype)
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return gradient * tf.cast(factor, gradient.dtype)
