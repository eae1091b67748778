"""What a training shows while it goes on: how far it is, its scores, examples a second and the time that is left."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import keras

from keras_seq import progress

LINE_SECONDS = 60.0  # after which a line that is no terminal's is begun anew, with the numbers of now


class Bar(keras.callbacks.Callback):
    """One line that counts in place on a terminal, dots elsewhere, and a line an epoch once it has ended. The last of
    the callbacks.

    Args:
        epochs: of the whole training.
        steps: of an epoch.
        batch_size: examples a step.
    """

    def __init__(self, epochs: int, steps: int, batch_size: float) -> None:
        super().__init__()
        self.epochs, self.steps, self.batch_size = epochs, steps, batch_size
        self._stack = contextlib.ExitStack()
        self._step: progress.Step | None = None
        self._epoch = self._skipped = self._traced = 0
        self._begun = self._first = self._line = 0.0
        self._rate = 0.0
        self._epoch_seconds = 0.0

    def __enter__(self) -> Bar:
        self._say("preparing the first step")
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch, self._begun = epoch, time.monotonic()
        self._line, self._rate, self._traced = self._begun, 0.0, 0
        self._skipped = self.steps - (self.params.get("steps") or self.steps)  # before a training was stopped
        self._say(self._name(), self.steps)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._step is None:
            return
        # Of several steps in one execution the last is counted, even where the epoch ended before it.
        now, done = time.monotonic(), min(batch + 1, self.steps - self._skipped)
        if not self._traced:  # what is traced first says nothing of the others
            self._first, self._traced = now, done
        else:
            self._rate = (done - self._traced) * self.batch_size / max(now - self._first, 1e-9)
        self._step.count = self._skipped + done
        left = self._left(now, self.steps - self._skipped - done)
        self._step.name = ", ".join([f"{self._name()}: {_scores(logs)}", *self._speed(), *left])
        if now - self._line > LINE_SECONDS:
            self._line = now
            self._step.break_line()

    def on_test_begin(self, logs: Any = None) -> None:
        self._say(f"{self._name()}: answering the validation split")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._stack.close()
        now = time.monotonic()
        if not self._skipped:
            self._epoch_seconds = now - self._begun
        parts = [_scores(logs), *self._speed(), f"{now - self._begun:.0f} s"]
        left = (self.epochs - epoch - 1) * (self._epoch_seconds or now - self._begun)
        progress.say(f"{self._name()}: {', '.join(parts)}" + (f", {duration(left)} left" if left else ""))

    def _say(self, name: str, total: int | None = None) -> None:
        self._stack.close()
        self._step = self._stack.enter_context(progress.step(name, total, at_once=False))

    def _name(self) -> str:
        return f"epoch {self._epoch + 1} of {self.epochs}"

    def _speed(self) -> list[str]:
        return [f"{self._rate:,.0f} examples/s"] if self._rate else []

    def _left(self, now: float, steps: int) -> list[str]:
        """Of the whole training: by the epoch before, with its validation, or else by the steps alone."""
        if not self._rate:
            return []
        epochs = self.epochs - self._epoch - 1
        an_epoch = self._epoch_seconds or self.steps * self.batch_size / self._rate
        return [f"{duration(steps * self.batch_size / self._rate + epochs * an_epoch)} left"]


def duration(seconds: float) -> str:
    """A time for people: 0:42, 12:05, 3:04:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _scores(logs: dict[str, float] | None) -> str:
    return ", ".join(f"{name} {_number(float(value))}" for name, value in (logs or {}).items())


def _number(value: float) -> str:
    return f"{value:.4f}" if not value or abs(value) >= 1e-3 else f"{value:.2e}"
