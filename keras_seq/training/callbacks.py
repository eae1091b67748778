"""What goes along with `model.fit`: signs of life, and the bar."""

from __future__ import annotations

import contextlib
from typing import Any

import keras

from keras_seq import progress


class Alive(keras.callbacks.Callback):
    """Signs of life where Keras shows none: until a first step ends, while the validation split is answered,
    and, where there is no bar, within an epoch. The last of the callbacks.

    Args:
        has_bar: whether Keras shows every step.
    """

    def __init__(self, has_bar: bool) -> None:
        super().__init__()
        self.has_bar = has_bar
        self._stack = contextlib.ExitStack()
        self._step: progress.Step | None = None

    def __enter__(self) -> Alive:
        self._say("preparing the first step")
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _say(self, name: str, total: int | None = None) -> None:
        self._stack.close()
        self._step = self._stack.enter_context(progress.step(name, total, at_once=False))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._say(f"training, epoch {epoch + 1}", self.params.get("steps"))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.has_bar:
            self._stack.close()
        elif self._step is not None:
            self._step.count = batch + 1

    def on_test_begin(self, logs: Any = None) -> None:
        self._say("answering the validation split")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._stack.close()


class Progress(keras.callbacks.ProgbarLogger):
    """Keras's progress bar, with the number of epochs of the whole training."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.all_epochs = epochs

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params({**params, "epochs": self.all_epochs})

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        progress.pause()  # Keras prints a line of its own
        super().on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        progress.pause()
        super().on_epoch_end(epoch, logs)
