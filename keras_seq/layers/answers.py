"""From scores to named answers, and the model that goes from raw input to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf


class Signature(NamedTuple):
    """A function that a model is exported with.

    Attributes:
        call: one tensor -> named answers.
        spec: the tensor's shape, dtype and name.
        example: raw inputs -> what this signature takes for them.
    """

    call: Callable[[tf.Tensor], dict[str, tf.Tensor]]
    spec: tf.TensorSpec
    example: Callable[[tf.Tensor], tf.Tensor]


class Attention(NamedTuple):
    """Where a model looked while it made an answer, of one input.

    Attributes:
        source: the pieces of the input.
        target: the pieces of the answer.
        weights: of every piece of the answer, a list of its weights of the pieces of the input.
    """

    source: list[str]
    target: list[str]
    weights: list[list[float]]


@keras.saving.register_keras_serializable("keras_seq")
class RankedLabels(keras.layers.Layer):
    """Class scores to named answers, best first: `(batch, classes)` -> a dict of tensors.

    `label` `(batch,)` string and `score` `(batch,)` float32 are the best; `labels` and `scores` `(batch, classes)` are
    all of them, from the best to the worst; of equal scores the class that comes first in `classes` stands first.

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


@keras.saving.register_keras_serializable("keras_seq")
class Answering(keras.Model):
    """A functional model from raw inputs to named answers; a list of Python strings or bytes may be given to it.

    Example:
        >>> model = keras_seq.load("runs/sentiment")
        >>> model(["a fine film"])["label"]
        <tf.Tensor: shape=(1,), dtype=string, numpy=array([b'positive'], dtype=object)>
    """

    def __call__(self, inputs, *args, **kwargs):
        if isinstance(inputs, str | bytes):
            raise TypeError(f"expected a list of raw inputs, given one: {inputs[:40]!r}; write [{inputs[:10]!r}]")
        if isinstance(inputs, list | tuple) and all(isinstance(item, str | bytes) for item in inputs):
            inputs = tf.constant(inputs, tf.string, shape=(len(inputs),))
        if tf.executing_eagerly() and tf.is_tensor(inputs) and not args and not kwargs:
            return self._answer(inputs)
        return super().__call__(inputs, *args, **kwargs)

    @property
    def classes(self) -> list[str]:
        """The names of the classes that it answers with; empty where there are none."""
        return list(getattr(self.get_layer("answers"), "classes", []))

    def looks(self, inputs: list) -> list[Attention]:
        """Where the model looks while it answers each input; nothing where it has no attention to show."""
        return []

    def told(self, inputs: list, truths: list[str]) -> dict[str, tf.Tensor]:
        """What more the model says when it is told the truths, by name, a row an input; nothing here."""
        return {}

    def signatures(self) -> dict[str, Signature]:
        """The signatures to export, by name: `serving_default`, from raw inputs."""
        spec = tf.TensorSpec([None], tf.string, name=self.inputs[0].name)
        return {"serving_default": Signature(lambda raw: self(raw, training=False), spec, lambda raw: raw)}

    def readable(self, raw: Any, answer: dict[str, Any]) -> dict[str, Any]:
        """One answer, as plain Python values, in the form in which people read it."""
        return answer

    def _answer(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        call = super().__call__
        spec = tf.TensorSpec([None], tf.string, name=self.inputs[0].name)
        return self._as_graph("answer", lambda raw: call(raw, training=False), [spec])(inputs)

    def _as_graph(self, name: str, function: Callable, signature: list[tf.TensorSpec]) -> Callable:
        """A function of this model, computed as one graph: run op by op, an LSTM takes a millisecond a step and more.

        Args:
            name: under which the graph is kept.
            function: tensors -> tensors.
            signature: of its tensors.
        """
        if not hasattr(self, "_graphs"):
            self._graphs = Untracked({})
        if name not in self._graphs.value:
            self._graphs.value[name] = tf.function(function, signature, autograph=False)
        return self._graphs.value[name]


class Untracked:
    """Holds what is not part of what Keras saves."""

    def __init__(self, value: Any) -> None:
        self.value = value
