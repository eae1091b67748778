"""The state of a training run: saved while it goes on, restored when it starts again.

The state holds every number that training depends on (weights, optimizer, random number generators, running
metrics, position in the data), and the order of the data follows from the seed and the epoch. So a run that
was stopped anywhere, and one that was not, end with the same weights.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq import progress
from keras_seq.contract import Preprocessing
from keras_seq.errors import DataError
from keras_seq.formats import Example
from keras_seq.run import Run
from keras_seq.training import divergence, position
from keras_seq.training.epochs import best_of
from keras_seq.training.optimizers import innermost
from keras_seq.training.workers import Alone, Asked

SAVE_SECONDS = 60.0  # between two saved states within an epoch


class Stopped(Exception):
    """Training was stopped by a signal; the state is saved."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number


class StateKeeper(keras.callbacks.Callback):
    """Saves and restores the state of training; keeps the history, the best weights and the patience.

    Args:
        run: where.
        network: compiled.
        preprocessing: adapted.
        steps: batches of an epoch.
        monitors: the names in the history of what decides which epoch was best, as `epochs.best_of` takes
            them.
        patience: see `fit.fit`.
        watch: more scores of the validation split, by name; called while the network has the weights that are
            scored.
        whole: the network that the best weights are kept of, where the one that is trained is a part of it.
        watch_epochs: whether `watch` is called after an epoch, from 0; without it after all.
        batch_of: epoch and step, from 0 -> the examples of a batch, which are named where a loss is no number.
        workers: who trains; the chief among them reads and writes the state.

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
        monitors: list[str],
        patience: int | None,
        watch: Callable[[], dict[str, float]],
        whole: keras.Model | None = None,
        watch_epochs: Callable[[int], bool] = lambda epoch: True,
        batch_of: Callable[[int, int], list[Example]] = lambda epoch, step: [],
        workers: Alone | None = None,
    ) -> None:
        super().__init__()
        self.run, self.network, self.steps = run, network, steps
        self.workers = workers or Alone()
        self.whole = network if whole is None else whole
        self.monitors, self.patience, self.watch = monitors, patience, watch
        self.watch_epochs, self.batch_of = watch_epochs, batch_of
        self.epoch = self.step = 0
        self._fingerprint = position.fingerprint(preprocessing)
        self._history: list[dict[str, float]] = []
        self._restored_metrics: list[np.ndarray] = []
        self._first_step = 0
        self._seconds = 0.0
        self._started = self._saved = time.monotonic()
        self._signal = 0
        self._raw_weights: list[np.ndarray] = []
        self._watched: dict[str, float] = {}

    def restore(self, data: tf.data.Dataset) -> None:
        """Put everything back to where the run's state stands; without one, this is the beginning.

        Args:
            data: some `(inputs, targets)`; Keras makes the variables of metrics when it first sees targets.
        """
        content = position.newest(self.run) if self.workers.is_chief else None
        if self.workers.is_chief and content is None:
            self.run.write_history([])
            if self.workers.count == 1:
                return
        with np.load(io.BytesIO(self.workers.from_chief(lambda: content or self._beginning()))) as saved:
            self._check_fingerprint(str(saved["fingerprint"]))
            self.epoch, self.step = int(saved["epoch"]), int(saved["step"])
            self._seconds = float(saved["seconds"])
            for number, variable in enumerate(self._variables()):
                variable.assign(saved[f"variable_{number}"])
            metrics = itertools.takewhile(
                saved.files.__contains__, (f"metric_{n}" for n in itertools.count())
            )
            self._restored_metrics = [saved[name] for name in metrics]
            history = str(saved["history"]) if "history" in saved.files else None
        for inputs, targets, *_ in data.take(1 if self._restored_metrics or self.workers.count > 1 else 0):
            self.network.compute_metrics(inputs, targets, self.network(inputs, training=False))
        self.workers.settle(self.network, self._restored_metrics)
        if history is None:  # earlier releases have it in its own file alone
            history = self.workers.from_chief(lambda: json.dumps(self.run.read_history()).encode()).decode()
        self._history = json.loads(history)[: self.epoch]
        if self.workers.is_chief:
            self.run.write_history(self._history)
        if self.epoch or self.step:
            progress.say(f"going on with {self.run.path} at epoch {self.epoch + 1}, step {self.step}")

    def _beginning(self) -> bytes:
        """What training begins with."""
        made = io.BytesIO()
        np.savez(made, **self._position())
        return made.getvalue()

    def _check_fingerprint(self, saved: str) -> None:
        if saved == self._fingerprint:
            return
        if self.workers.is_chief:
            raise DataError(
                f"{self.run.path}: the training data is not what this run was begun with; --fresh starts it over"
            )
        raise DataError(
            f"worker {self.workers.cluster.index}: the training data is not the chief's; give all the same files"
        )

    def save(self) -> None:
        """Write the state, whole or not at all; weights that are no numbers never take the place of good
        ones.
        """
        arrays = self._position()
        if not all(np.isfinite(arrays[name]).all() for name in arrays if name.startswith("variable_")):
            raise self._diverged("some weights are NaN or infinite", self._places())
        if self.step:
            metrics = self.workers.sums([variable.numpy() for variable in self.network.metrics_variables])
            arrays |= {f"metric_{n}": values for n, values in enumerate(metrics)}
        if self.workers.is_chief:
            self.run.save_position(arrays)
        self._saved = time.monotonic()

    def _position(self) -> dict[str, Any]:
        variables = {f"variable_{n}": variable.numpy() for n, variable in enumerate(self._variables())}
        numbers = {"epoch": self.epoch, "step": self.step, "seconds": self._elapsed()}
        texts = {"fingerprint": self._fingerprint, "history": json.dumps(self._history)}
        return {**variables, **numbers, **texts}

    @property
    def history(self) -> list[dict[str, float]]:
        """The scores of the epochs that are over."""
        return self._history

    def out_of_patience(self) -> bool:
        """Whether the last `patience` epochs were no better than the best before them."""
        best = best_of(self._history, self.monitors)
        return self.patience is not None and len(self._history) - 1 - best.epoch >= self.patience

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """While this lasts, Ctrl-C and SIGTERM stop training after the step at hand; a second Ctrl-C at once."""

        def stop(number: int, frame: Any) -> None:
            self._signal = number
            signal.signal(signal.SIGINT, before[signal.SIGINT])

        before: dict[int, Any] = {}
        if (
            threading.current_thread() is threading.main_thread()
        ):  # others, as of Ray's workers, get no signals
            before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._started, self._first_step = time.monotonic(), self.step
        if self._restored_metrics:
            for variable, value in zip(self.network.metrics_variables, self._restored_metrics, strict=True):
                variable.assign(value)
            self._restored_metrics = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # Of several steps in one execution the last is counted, even where the epoch ended before it.
        self.step = min(self._first_step + batch + 1, self.steps)
        self._check("loss", logs, at_a_batch=True)
        if self.step == self.steps:  # what is left of the epoch is validation, and `on_epoch_end` saves
            return
        asked = self.workers.asked(Asked(time.monotonic() - self._saved > SAVE_SECONDS, self._signal))
        if asked.signal or asked.save:
            self.save()
            self._stop_if_asked(asked.signal)

    def on_test_begin(self, logs: Any = None) -> None:
        self.workers.level(self.network.non_trainable_weights)  # statistics of each one's own rows
        optimizer = innermost(self.network.optimizer)
        if optimizer.use_ema:
            self._raw_weights = [variable.numpy() for variable in self.network.trainable_variables]
            optimizer.put_averages_into(self.network.trainable_variables)

    def on_test_end(self, logs: Any = None) -> None:
        self._check("loss", logs, "validation ")
        watched = json.loads(self.workers.from_chief(self._scores))
        self._watched = {f"val_{name}": value for name, value in watched.items()}
        found = {**{f"val_{name}": value for name, value in (logs or {}).items()}, **self._watched}
        history = [*self._history, {name: float(found.get(name, math.nan)) for name in self.monitors}]
        if self.workers.is_chief and best_of(history, self.monitors).epoch == len(self._history):
            self.run.save_best_weights(self.whole)
        for variable, value in zip(self.network.trainable_variables, self._raw_weights, strict=False):
            variable.assign(value)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.workers.level(
            [*self.network.trainable_variables, *self.network.optimizer.variables], "weights of training"
        )
        logs = {} if logs is None else logs
        logs |= self._watched  # for the callbacks after this one too
        rate = float(keras.ops.convert_to_numpy(self.network.optimizer.learning_rate))
        row = {"epoch": epoch + 1, **logs, "learning_rate": rate, "seconds": round(self._elapsed(), 2)}
        row = {**row, **{name: math.nan for name in self.monitors if name not in row}}
        self._history.append({name: float(value) for name, value in row.items()})
        if self.workers.is_chief:
            self.run.write_history(self._history)
        self.epoch, self.step, self._seconds, self._started = epoch + 1, 0, 0.0, time.monotonic()
        self.save()
        self._stop_if_asked(self.workers.agreed(Asked(signal=self._signal)).signal)
        if self.out_of_patience():
            name = best_of(self._history, self.monitors).name
            progress.say(f"no better {name} in {self.patience} epochs: training ends here")
            self.network.stop_training = True

    def _scores(self) -> bytes:
        scores = self.watch() if self.watch_epochs(self.epoch) else {}
        return json.dumps({name: float(value) for name, value in scores.items()}).encode()

    def _check(
        self, name: str, logs: dict[str, float] | None, where: str = "", at_a_batch: bool = False
    ) -> None:
        value = float((logs or {}).get(name, 0.0))
        if not math.isfinite(value):
            what = f"the {where}loss is {'NaN' if math.isnan(value) else 'infinite'}"
            raise self._diverged(what, self._places() if at_a_batch else "")

    def _places(self) -> str:
        """Where the examples of the last batch stand, and of the one before it."""
        at_once = self.network.steps_per_execution
        if at_once > 1:
            return f". It is one of the last {at_once} batches; training.steps_per_execution: 1 names it"
        return divergence.places([self.batch_of(self.epoch, self.step - back) for back in (2, 1)])

    def _diverged(self, what: str, where: str = "") -> DataError:
        """What to say when training has failed; nothing of the step at hand is saved."""
        again = "change the recipe and start over with --fresh"
        if self._history:
            kept = f"{self.run.state} keeps the state after epoch {len(self._history)} and the best weights up to it"
            again += f"; --fresh --set training.epochs={len(self._history)} ends before it"
        else:
            kept = "no epoch was finished, so there are no weights to keep"
        return DataError(
            f"{what} in epoch {self.epoch + 1}, step {self.step} of {self.steps}: training has failed"
            f"{where}. What usually helps: {divergence.help_of(self.network.optimizer)}. {kept}; "
            f"the same command would fail again: {again}"
        )

    def _stop_if_asked(self, signal_number: int) -> None:
        if signal_number:
            raise Stopped(signal_number)

    def _elapsed(self) -> float:
        return self._seconds + time.monotonic() - self._started

    def _variables(self) -> list[keras.Variable]:
        return [*self.network.variables, *self.network.optimizer.variables]
