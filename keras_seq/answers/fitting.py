"""A model of raw inputs whose network is compiled, fitted and evaluated on raw inputs and truths."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_seq.answers.pairs import Kind, Pairs
from keras_seq.answers.raw_inputs import as_strings


class Untracked:
    """Holds what is not part of what Keras saves."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Trainable(keras.Model):
    """A model around a `network` that is trained in place: the model answers with its new weights.

    What is compiled is a second model of the network's layers, so that neither the optimizer nor metrics are
    saved with this one. A class derived from it has the network, and says what that is trained on.

    Example:
        >>> model = keras_seq.load("runs/sentiment")
        >>> model.compile(keras.optimizers.Adam(0.001))
        >>> model.fit(["no film for my aunt", "one for a rainy day"], ["negative", "positive"], epochs=3)
    """

    takes_files = False  # whether a raw input is the bytes of a file; else it is a text
    takes_weights = True  # whether the loss is of single examples, which may have weights
    _trained: Untracked | None = None

    @property
    def takes_numbers(self) -> bool:
        """Whether the graph, and so a served model, takes an array of numbers; raw inputs are `.npy` files then,
        float32 `(time, features)`, which `graph_input` makes the array of.
        """
        return self.inputs[0].dtype != "string"

    def graph_input(self, raw: tf.Tensor) -> tf.Tensor:
        """Raw inputs `(batch,)` string -> what the graph takes, in the graph; here they stay."""
        return raw

    def as_raw(self, given: Any) -> Any:
        """Inputs in a form that this model alone takes -> in one that `as_strings` takes; here they stay."""
        return given

    def strings(self, given: Any) -> tf.Tensor:
        """A batch of raw inputs, in any form -> `(batch,)` string."""
        return as_strings(self.as_raw(given), self.inputs[0].name, self.takes_files)

    def truths(self, given: Any, inputs: list | None = None) -> tf.Tensor:
        """Truths as people have them -> `(batch,)` string: what a dataset of pairs has, and `training_pair`
        takes.

        Args:
            given: a truth for each input.
            inputs: raw; given, the truths are compared with them.

        Raises:
            TypeError: when they are of another form.
            DataError: when one is nothing that the model can answer.
        """
        raise NotImplementedError

    def training_pair(self, inputs: tf.Tensor, truths: tf.Tensor) -> tuple[Any, tf.Tensor]:
        """Raw inputs and truths, `(batch,)` string each -> what the network takes, and what its loss takes."""
        raise NotImplementedError

    def training_loss(self) -> tuple[Any, list]:
        """The loss and the metrics that the application trains with."""
        raise NotImplementedError

    def compile(self, optimizer="adam", loss=None, *, metrics=None, jit_compile=False, **others) -> None:
        """Make the network ready for `fit`.

        Args:
            optimizer: as in Keras.
            loss: of the network's scores; left out, what the application trains with. A loss whose name
                begins with "sparse" gets labels as numbers, another one as one-hot rows.
            metrics: likewise; [] for none.
            jit_compile: whether XLA compiles the steps, which is far slower for an LSTM on a CPU.
            others: as in Keras.
        """
        network = self._network_to_train()
        usual_loss, usual_metrics = self.training_loss()
        trained = keras.Model(network.input, network.output, name=network.name)
        trained.compile(
            optimizer,
            usual_loss if loss is None else loss,
            metrics=usual_metrics if metrics is None else metrics,
            jit_compile=jit_compile,
            **others,
        )
        self._trained = Untracked(trained)

    def fit(
        self,
        x,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        *,
        validation_batch_size=None,
        **others,
    ) -> keras.callbacks.History:
        """Train the network. `keras.utils.set_random_seed` before it fixes the order.

        Args:
            x: raw inputs; or a `tf.data.Dataset` of (input, truth) or (input, truth, weight), batched or not,
                its truths as `truths` gives them.
            y: a truth for each input.
            batch_size: inputs a step, 32 when left out; a batched dataset stays as it is.
            validation_split: part of the inputs, the last ones, that is held out.
            validation_data: (x, y), (x, y, sample_weight) or a dataset.
            shuffle: whether inputs are shuffled for each epoch; those of a dataset never are.
            sample_weight: a number for each input.
            epochs, verbose, callbacks, class_weight, validation_batch_size, others: as in Keras. Callbacks
                see the network.

        Raises:
            TypeError, DataError: with what is wrong with the inputs or the truths.
        """
        trained, pairs = self._compiled("fit")
        rows, held_out = pairs.rows(x, y, sample_weight), None
        if validation_data is not None:
            held_out = pairs.rows(*_parts(validation_data))
        elif validation_split:
            rows, held_out = pairs.divided(rows, validation_split)
        asked = others.get("steps_per_epoch")
        at_once = trained.steps_per_execution
        batches, others["steps_per_epoch"] = pairs.passes(rows, batch_size, shuffle, asked, at_once)
        if held_out is not None:
            size, steps = validation_batch_size or batch_size, others.get("validation_steps")
            held_out, others["validation_steps"] = pairs.passes(held_out, size, False, steps, at_once)
            others["validation_data"] = held_out
        with pairs.reading(asked):
            return trained.fit(
                batches,
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                shuffle=False,  # it is done
                class_weight=class_weight,
                **others,
            )

    def evaluate(self, x, y=None, batch_size=None, verbose="auto", sample_weight=None, **others) -> Any:
        """The loss and the metrics of the network, as Keras gives them; the arguments are those of `fit`."""
        trained, pairs = self._compiled("evaluate")
        batches = pairs.batches(pairs.rows(x, y, sample_weight), batch_size)
        with pairs.reading(others.get("steps")):
            return trained.evaluate(batches, verbose=verbose, **others)

    def train_on_batch(self, x, y, sample_weight=None, **others) -> Any:
        """One step on one batch of raw inputs and truths; gives what Keras gives."""
        trained, pairs = self._compiled("train_on_batch")
        return trained.train_on_batch(*pairs.pair(*pairs.rows(x, y, sample_weight)), **others)

    def test_on_batch(self, x, y, sample_weight=None, **others) -> Any:
        """The loss and the metrics of one batch of raw inputs and truths; gives what Keras gives."""
        trained, pairs = self._compiled("test_on_batch")
        return trained.test_on_batch(*pairs.pair(*pairs.rows(x, y, sample_weight)), **others)

    def _network_to_train(self) -> keras.Model:
        try:
            return self.network
        except StopIteration:
            raise TypeError(f"{self.name} has no network, and so nothing to train") from None

    def _compiled(self, method: str) -> tuple[keras.Model, Pairs]:
        if self._trained is None:
            raise ValueError(
                f"{self.name} is not compiled: call model.compile() before model.{method}(...); what it is not given "
                "is Adam, and the loss that the application trains with"
            )
        trained = self._trained.value

        def pair(inputs: tf.Tensor, truths: tf.Tensor) -> tuple[Any, tf.Tensor]:
            tensors, targets = self.training_pair(inputs, truths)
            one_hot = targets.dtype.is_floating
            return tensors, tf.argmax(targets, axis=-1) if one_hot and _is_sparse(trained.loss) else targets

        of = (self.inputs[0].name, self.takes_files, self.truths, pair, self.takes_weights, self.as_raw)
        return trained, Pairs(Kind(*of))


def _parts(validation_data: Any) -> tuple:
    """The arguments of `Pairs.rows`."""
    if isinstance(validation_data, tf.data.Dataset):
        return (validation_data,)
    if isinstance(validation_data, tuple | list) and len(validation_data) in (2, 3):
        return tuple(validation_data)
    raise TypeError(
        "validation_data: expected (x, y), (x, y, sample_weight) or a tf.data.Dataset of pairs, given "
        f"{type(validation_data).__name__}"
    )


def _is_sparse(loss: Any) -> bool:
    """Whether a loss takes the numbers of classes: Keras's that do say so in their names."""
    loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    name = getattr(loss, "name", None) or getattr(loss, "__name__", None) or ""
    return name.lower().startswith("sparse")
