"""The model that goes from raw input to named answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq import version
from keras_seq.answers import edge_inputs, presentation
from keras_seq.answers.edge_inputs import EdgeInputs
from keras_seq.answers.fitting import Trainable, Untracked
from keras_seq.answers.presentation import WorstExamples, known
from keras_seq.answers.raw_inputs import as_batches, as_strings, is_symbolic
from keras_seq.answers.signatures import Signature
from keras_seq.errors import DataError
from keras_seq.formats import Answer, Example
from keras_seq.pictures import Picture
from keras_seq.preprocessing.words import WordIds

VERSION = "keras_seq_version"  # in a saved model's config: of the code that wrote it
PROBLEM = "problem"  # the output of models of files: "", or what is wrong with the file


@keras.saving.register_keras_serializable("keras_seq")
class Answering(Trainable):
    """A functional model from raw inputs to named answers. Raw inputs are strings in any form that
    `as_strings` takes; `graph_input` makes of them what the graph takes.

    `compile`, `fit` and `evaluate` take raw inputs and truths, and train the network (docs/keras.md). What it
    is made of, for features and for losses of your own: `preprocess(inputs)` gives what `network` takes, and
    `targets(labels)` the numbers of classes.

    Example:
        >>> model = keras_seq.load("runs/sentiment")
        >>> model(["a fine film"])["label"]
        <tf.Tensor: shape=(1,), dtype=string, numpy=array([b'positive'], dtype=object)>
    """

    _graphs: Untracked | None = None

    def get_config(self) -> dict:
        """Keras's, and the version of keras_seq; files of 0.2.0 do not have it."""
        return {**super().get_config(), VERSION: version.version()}

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> Answering:
        """The model of a config, whichever version wrote it."""
        config = {name: value for name, value in config.items() if name != VERSION}
        return super().from_config(config, custom_objects)

    def edge_inputs(self, examples: list[str | bytes]) -> EdgeInputs:
        """Raw inputs to try on this model before it is served.

        Args:
            examples: good ones, such as those of a run's `requests.json`; at least one.
        """
        of_kind = edge_inputs.of_files if self.takes_files else edge_inputs.of_texts
        return of_kind(examples)

    def __call__(self, inputs, *args, **kwargs):
        symbolic = is_symbolic(inputs)
        raw = inputs if symbolic else self.strings(inputs)
        if symbolic or args or kwargs:
            # With `training=False` Keras's own call, op by op: keras_seq.inspect looks into it.
            return super().__call__(self.graph_input(raw), *args, **kwargs)
        return self._answer(raw)

    def predict(
        self, x, batch_size=None, verbose="auto", steps=None, callbacks=None
    ) -> dict[str, np.ndarray]:
        """The answers to all of `x`, a batch at a time, as NumPy arrays by name; text is bytes.

        Where the batches are unlike wide, as the tokens of texts, rows are padded with "" and 0.

        Args:
            x: raw inputs, or a `tf.data.Dataset` of them, batched or not; of (inputs, targets) the inputs.
            batch_size: inputs a batch, 32 when left out; a batched dataset stays as it is.
            verbose, steps, callbacks: as in Keras.
        """
        batches = as_batches(self.as_raw(x), self.inputs[0].name, batch_size, self.takes_files)
        if next(iter(batches.take(1)), None) is None:
            return self.predict_on_batch([])
        with warnings.catch_warnings():
            if steps is None:  # Keras warns whenever a dataset ends that could not say its size
                warnings.filterwarnings("ignore", "Your input ran out of data")
            answers = super().predict(batches, verbose=verbose, steps=steps, callbacks=callbacks)
        return {name: _padded(values) for name, values in answers.items()}

    def make_predict_function(self, force=False) -> None:
        """What `predict` runs: the graph of `__call__`; one around it would be optimised anew for each shape."""
        self.predict_function = lambda data: self._answer(keras.utils.unpack_x_y_sample_weight(data[0])[0])

    def predict_on_batch(self, x) -> dict[str, np.ndarray]:
        """The answers to one batch, as NumPy arrays by name."""
        return {name: values.numpy() for name, values in self(x).items()}

    @property
    def classes(self) -> list[str]:
        """The names of the classes that it answers with, in the order of the network's scores; empty where
        none are.
        """
        return list(getattr(self.get_layer("answers"), "classes", []))

    @property
    def preprocessing(self) -> keras.Layer:
        """The layer from raw inputs to tensors, with its vocabulary."""
        return next(layer for layer in self.layers if not isinstance(layer, keras.layers.InputLayer))

    @property
    def network(self) -> keras.Model:
        """The functional model from tensors to scores; its weights are those that this model answers with."""
        return next(layer for layer in self.layers if isinstance(layer, keras.Model))

    def preprocess(self, inputs) -> Any:
        """Raw inputs, as for a call -> the tensors that `network` takes: one, or a dict by its inputs' names."""
        raw = inputs if is_symbolic(inputs) else self.strings(inputs)
        return self._network_inputs(self.preprocessing(self.graph_input(raw)))

    def targets(self, labels: Iterable[str]) -> Any:
        """Labels -> their places in `classes`, `(batch,)` int32: what a sparse loss takes beside
        `preprocess(texts)`.

        Raises:
            DataError: when one is no class of this model.
        """
        places = {name: place for place, name in enumerate(self.classes)}
        names = [label.decode() if isinstance(label, bytes) else str(label) for label in labels]
        unknown = next((name for name in names if name not in places), None)
        if unknown is not None:
            raise DataError(f"label {unknown!r} is none of {known(unknown, self.classes)}")
        return np.array([places[name] for name in names], "int32")

    def file_contents(self, raw: bytes) -> bytes:
        """The bytes of a file -> what this model takes of it; here they stay.

        A model that takes one format may make it of others, as `Preprocessing.contents` did in training. A
        served model has no such step: its clients send what it takes.

        Raises:
            DataError: when the file holds nothing that can be used.
        """
        return raw

    def truths(self, given: Any, inputs: list | None = None) -> tf.Tensor:
        """Labels, in any form of strings -> `(batch,)` string; see `Trainable.truths`."""
        labels = as_strings(given, "label")
        self.targets(labels.numpy().tolist())
        return labels

    def training_pair(self, inputs: tf.Tensor, truths: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """Raw inputs and labels, `(batch,)` string each -> what the network takes, and one-hot rows of the
        labels' places in `classes`.
        """
        same = tf.equal(truths[:, None], tf.constant(self.classes, tf.string))
        return self.preprocess(inputs), tf.cast(same, tf.float32)

    def training_loss(self) -> tuple[Any, list]:
        """Cross-entropy of class probabilities, and accuracy.

        Raises:
            TypeError: when this model has no classes, and its class says nothing else.
        """
        if not self.classes:
            raise TypeError(
                f"{self.name} has no classes to train for: its class {type(self).__name__} has to override truths, "
                "training_pair and training_loss"
            )
        return keras.losses.CategoricalCrossentropy(), ["accuracy"]

    def score_truths(self, inputs: list, truths: list[str]) -> dict[str, tf.Tensor]:
        """What the model makes of truths, where a score asks for that: tensors by name, a row an input.

        Args:
            inputs: raw.
            truths: one of each.
        """
        return {}

    def steps(self, text: str | bytes) -> list[str]:
        """What the network reads of a text step by step, such as words; [] where steps have no names."""
        if not isinstance(self.preprocessing, WordIds):
            return []
        return [word.decode() for word in self.preprocessing.split(tf.constant([text])).values.numpy()]

    def signatures(self) -> dict[str, Signature]:
        """The signatures to export, by name: `serving_default`, from what the graph takes."""
        (given,) = self.inputs
        spec = tf.TensorSpec(given.shape, given.dtype, name=given.name)
        return {"serving_default": Signature(lambda x: self(x, training=False), spec, self.graph_input)}

    def readable(self, raw: Any, answer: Answer) -> dict[str, Any]:
        """One answer, as plain Python values, in the form in which people read it."""
        return answer

    def as_answered(self, truth: str) -> str:
        """A truth in the form in which the model would answer it, for scores; here it stays."""
        return truth

    def problem_of(self, answer: Answer) -> str:
        """What was wrong with the input of an answer; "" where it was good, as texts always are."""
        return answer.get(PROBLEM, "")

    def worst_examples(self, examples: list[tuple[Example, Answer]]) -> WorstExamples:
        """How examples and their answers are shown in a card."""
        rows = [
            [" / ".join(example.truths), self.summary(answer), presentation.input_text(example.input)]
            for example, answer in examples
        ]
        return WorstExamples(["truth", "answer", "input"], rows)

    def summary(self, answer: Answer) -> str:
        """One answer in a line: its first two values, which are the best answer and its score."""
        first, second, *_ = answer.values()
        return f"{first}, {second:.3f}"

    def pictures(self, inputs: list) -> list[Picture]:
        """Pictures of how some inputs are answered, for a card; none here."""
        return []

    def pictures_of(self, examples: list[tuple[str, Example, str | bytes]]) -> list[Picture]:
        """Pictures of how single examples are answered, for the card of the run; none here.

        Args:
            examples: of each a name, the example, and its raw input as this model takes it.
        """
        return []

    def labels_of_windows(self, path: str, window: float, step: float) -> Iterator[dict[str, Any]]:
        """The labels of windows that slide over a long file: of each its `start` and `end` in seconds, `label` and
        `score`.

        Args:
            path: of the file.
            window: seconds of a window.
            step: seconds from window to window.

        Raises:
            DataError: when the model is of inputs without such parts, or the file cannot be read.
        """
        raise DataError(f"{self.name} answers whole inputs: it has no windows")

    def _answer(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        call = super().__call__
        spec = tf.TensorSpec([None], tf.string, name=self.inputs[0].name)
        answer = self._as_graph("answer", lambda raw: call(self.graph_input(raw), training=False), [spec])
        return answer(inputs)

    def _network_inputs(self, tensors: Any) -> Any:
        """Of what the preprocessing gives, what the network takes."""
        if not isinstance(tensors, dict):
            return tensors
        if isinstance(self.network.input, dict):
            return {name: tensors[name] for name in self.network.input}
        return tensors[self.network.inputs[0].name]

    def _as_graph(self, name: str, function: Callable, signature: list[tf.TensorSpec]) -> Callable:
        """A function of this model, computed as one graph: run op by op, an LSTM takes a millisecond a step
        and more.

        Args:
            name: under which the graph is kept.
            function: tensors -> tensors.
            signature: of its tensors.
        """
        if self._graphs is None:
            self._graphs = Untracked({})
        if name not in self._graphs.value:
            self._graphs.value[name] = tf.function(function, signature, autograph=False)
        return self._graphs.value[name]


def _padded(values: np.ndarray | tf.RaggedTensor) -> np.ndarray:
    """Keras makes ragged tensors of batches that are unlike wide."""
    return values.to_tensor().numpy() if isinstance(values, tf.RaggedTensor) else values
