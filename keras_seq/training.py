"""Training by `model.fit`: early stopping, best weights, and a state from which a stopped run goes on.

The state holds every number that training depends on (weights, optimizer, random number generators, running
metrics, position in the data), and the order of the data follows from the seed and the epoch. So a run that was
stopped anywhere, and one that was not, end with the same weights.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import math
import os
import signal
import statistics
import time
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import keras
import numpy as np
from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from keras_seq.formats import Example
from keras_seq.pipeline import Objective, Preprocessing, count, evaluation_dataset, training_dataset
from keras_seq.recipe import DataError, Fraction
from keras_seq.run import Run

SAVE_SECONDS = 60.0  # between two saved states within an epoch


class Stopped(Exception):
    """Training was stopped by a signal; the state is saved."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number


def fit(
    network: keras.Model,
    objective: Objective,
    preprocessing: Preprocessing,
    train: Iterable[Example],
    validation: Iterable[Example],
    run: Run,
    *,
    epochs: PositiveInt = 10,
    batch_size: PositiveInt = 64,
    learning_rate: PositiveFloat = 0.001,
    learning_rate_schedule: Literal["constant", "cosine"] = "constant",
    gradient_clip: PositiveFloat | None = None,
    weight_averaging: Fraction = 0.0,
    patience: PositiveInt | None = None,
    shuffle_buffer: PositiveInt = 50000,
    seed: NonNegativeInt = 1,
) -> None:
    """Train a network with Adam, from where the run's state stands; leave the best weights in it.

    Args:
        network: tensors -> scores, built.
        objective: what the application's `objective` gives.
        preprocessing: adapted on the training split.
        train: the training split.
        validation: the split that chooses the best epoch.
        run: where the state, the history and the logs go.
        epochs: most times that the training split is gone over.
        batch_size: examples a step.
        learning_rate: Adam's step size, at the start.
        learning_rate_schedule: constant, or a cosine that falls to 0 at the last step.
        gradient_clip: largest norm of all gradients together; without it none.
        weight_averaging: decay of a moving average of the weights, which is what is scored and kept (0.999 averages
            about the last 1000 steps); 0 for none. Source: Polyak and Juditsky 1992.
        patience: stop after so many epochs without a better validation score; without it never.
        shuffle_buffer: examples held in memory to be shuffled.
        seed: decides the initial weights, the dropout and the order of the data.

    Raises:
        DataError: when the training data is not what the run was begun with, or has nothing to train on.
        Stopped: after Ctrl-C or SIGTERM; the state is saved.
    """
    _warn_if_sorted(train, preprocessing, shuffle_buffer)
    steps = math.ceil(preprocessing.examples / batch_size)
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * steps)
    optimizer = keras.optimizers.Adam(
        rate if learning_rate_schedule == "cosine" else learning_rate,
        global_clipnorm=gradient_clip,
        use_ema=weight_averaging > 0,
        ema_momentum=weight_averaging,
    )
    for name, weights in preprocessing.weights.items():
        _set_weights(network.get_layer(name), weights)
    # XLA is slower than TensorFlow's own kernels for an LSTM on a CPU, and "auto" may choose it.
    network.compile(optimizer, loss=objective.loss, metrics=objective.metrics, jit_compile=False)
    optimizer.build(network.trainable_variables)
    validation_batches = math.ceil(count(validation, preprocessing, "validation") / batch_size)
    validation_data = evaluation_dataset(validation, preprocessing, batch_size, validation_batches)
    keeper = StateKeeper(run, network, preprocessing, steps, f"val_{objective.monitor}", patience)
    keeper.restore()
    verbose = 1 if os.isatty(1) else 2
    with keeper.signals():
        while keeper.epoch < epochs and not keeper.out_of_patience():
            # The rest of an epoch that was broken off, or all the whole ones that are left.
            end = keeper.epoch + 1 if keeper.step else epochs
            network.fit(
                training_dataset(
                    train, preprocessing, batch_size, shuffle_buffer, seed, range(keeper.epoch, end), keeper.step
                ),
                validation_data=validation_data,
                initial_epoch=keeper.epoch,
                epochs=end,
                steps_per_epoch=steps - keeper.step,
                shuffle=False,
                verbose=verbose,
                callbacks=[
                    keeper,
                    Progress(epochs),
                    keras.callbacks.TensorBoard(run.logs, write_graph=False),
                ],
            )
    network.load_weights(run.best_weights_file)


def summary(run: Run, preprocessing: Preprocessing, network: keras.Model, monitor: str) -> dict[str, Any]:
    """What there is to say of a training that ended: epochs, the best of them, time, speed, size."""
    history = run.read_history()
    seconds = [row["seconds"] for row in history]
    return {
        "epochs": len(history),
        "best_epoch": _best([row[f"val_{monitor}"] for row in history]) + 1,
        "seconds": round(sum(seconds), 1),
        "examples": preprocessing.examples,
        "examples_per_second": round(preprocessing.examples / statistics.median(seconds), 1),
        "parameters": network.count_params(),
        "cpu_cores": os.cpu_count(),
        "finished": time.strftime("%Y-%m-%d"),
    }


class Progress(keras.callbacks.ProgbarLogger):
    """Keras's progress bar, with the number of epochs of the whole training."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.all_epochs = epochs

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params({**params, "epochs": self.all_epochs})


class StateKeeper(keras.callbacks.Callback):
    """Saves and restores the state of training; keeps the history, the best weights and the patience.

    Attributes:
        epoch: the epoch that training is in, from 0.
        step: the batches of it that were trained on.
    """

    def __init__(
        self,
        run: Run,
        network: keras.Model,
        preprocessing: Preprocessing,
        steps: int,
        monitor: str,
        patience: int | None,
    ) -> None:
        super().__init__()
        self.run, self.network, self.steps = run, network, steps
        self.monitor, self.patience = monitor, patience
        self.epoch = self.step = 0
        self._fingerprint = _fingerprint(preprocessing)
        self._history: list[dict[str, float]] = []
        self._restored_metrics: list[np.ndarray] = []
        self._first_step = 0
        self._seconds = 0.0
        self._started = self._saved = time.monotonic()
        self._signal = 0
        self._raw_weights: list[np.ndarray] = []

    def restore(self) -> None:
        """Put everything back to where the run's state stands; without one, this is the beginning."""
        if not self.run.position_file.exists():
            self.run.write_history([])
            return
        with np.load(self.run.position_file) as saved:
            if str(saved["fingerprint"]) != self._fingerprint:
                raise DataError(
                    f"{self.run.path}: the training data is not what this run was begun with; --fresh starts it over"
                )
            self.epoch, self.step = int(saved["epoch"]), int(saved["step"])
            self._seconds = float(saved["seconds"])
            for number, variable in enumerate(self._variables()):
                variable.assign(saved[f"variable_{number}"])
            metrics = itertools.takewhile(saved.files.__contains__, (f"metric_{n}" for n in itertools.count()))
            self._restored_metrics = [saved[name] for name in metrics]
        self._history = self.run.read_history()[: self.epoch]
        print(f"going on with {self.run.path} at epoch {self.epoch + 1}, step {self.step}")

    def save(self) -> None:
        """Write the state, whole or not at all."""
        arrays = {f"variable_{n}": variable.numpy() for n, variable in enumerate(self._variables())}
        if self.step:
            arrays |= {f"metric_{n}": variable.numpy() for n, variable in enumerate(self.network.metrics_variables)}
        position = {"epoch": self.epoch, "step": self.step, "seconds": self._elapsed(), "fingerprint": self._fingerprint}
        part = self.run.state / "position.part.npz"
        np.savez(part, **arrays, **position)
        os.replace(part, self.run.position_file)
        self._saved = time.monotonic()

    def out_of_patience(self) -> bool:
        """Whether the last `patience` epochs were no better than the best before them."""
        scores = [row[self.monitor] for row in self._history]
        return self.patience is not None and len(scores) - 1 - _best(scores) >= self.patience

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """While this lasts, Ctrl-C and SIGTERM stop training after the step at hand; a second Ctrl-C at once."""

        def stop(number: int, frame: Any) -> None:
            self._signal = number
            signal.signal(signal.SIGINT, before[signal.SIGINT])

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._started, self._first_step = time.monotonic(), self.step
        for variable, value in zip(self.network.metrics_variables, self._restored_metrics, strict=False):
            variable.assign(value)
        self._restored_metrics = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.step = self._first_step + batch + 1
        if self._signal or time.monotonic() - self._saved > SAVE_SECONDS:
            self.save()
            self._stop_if_asked()

    def on_test_begin(self, logs: Any = None) -> None:
        if self.network.optimizer.use_ema:
            self._raw_weights = [variable.numpy() for variable in self.network.trainable_variables]
            self.network.optimizer._overwrite_model_variables_with_average_value(self.network.trainable_variables)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        scores = [row[self.monitor] for row in self._history] + [logs[self.monitor.removeprefix("val_")]]
        if _best(scores) == len(scores) - 1:
            self.run.save_best_weights(self.network)
        for variable, value in zip(self.network.trainable_variables, self._raw_weights, strict=False):
            variable.assign(value)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        rate = float(keras.ops.convert_to_numpy(self.network.optimizer.learning_rate))
        row = {"epoch": epoch + 1, **logs, "learning_rate": rate, "seconds": round(self._elapsed(), 2)}
        self._history.append({name: float(value) for name, value in row.items()})
        self.run.write_history(self._history)
        self.epoch, self.step, self._seconds, self._started = epoch + 1, 0, 0.0, time.monotonic()
        self.save()
        self._stop_if_asked()
        if self.out_of_patience():
            print(f"no better {self.monitor} in {self.patience} epochs: training ends here")
            self.network.stop_training = True

    def _stop_if_asked(self) -> None:
        if self._signal:
            raise Stopped(self._signal)

    def _elapsed(self) -> float:
        return self._seconds + time.monotonic() - self._started

    def _variables(self) -> list[keras.Variable]:
        return [*self.network.variables, *self.network.optimizer.variables]


def _best(scores: list[float]) -> int:
    """The index of the first best score; -1 without scores."""
    return scores.index(max(scores)) if scores else -1


def _fingerprint(preprocessing: Preprocessing) -> str:
    parts = (preprocessing.inputs.get_config(), preprocessing.classes, preprocessing.examples)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _set_weights(layer: keras.Layer, weights: list[np.ndarray]) -> None:
    for variable, value in zip(layer.weights, weights, strict=True):
        if tuple(variable.shape) != value.shape:
            raise DataError(
                f"the vectors for layer {layer.name!r} have the shape {value.shape}, the layer {tuple(variable.shape)}: "
                f"set model.{layer.name}_dim to {value.shape[-1]}"
            )
        variable.assign(value)


def _warn_if_sorted(train: Iterable[Example], preprocessing: Preprocessing, shuffle_buffer: int) -> None:
    seen = {example.truth for example in itertools.islice(train, shuffle_buffer)} if preprocessing.classes else set()
    if preprocessing.examples > shuffle_buffer and len(seen) < len(preprocessing.classes):
        print(
            f"warning: the first {shuffle_buffer} training examples have {len(seen)} of {len(preprocessing.classes)} "
            "classes only; shuffle the file, or raise training.shuffle_buffer"
        )
