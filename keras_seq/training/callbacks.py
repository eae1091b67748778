"""What goes along with `model.fit`: signs of life, the bar, and an optimizer whose averages can be asked for."""

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


class AveragingAdam(keras.optimizers.Adam):
    """Adam whose moving average of the weights is put into the model when it is asked for, and whose step size
    can differ from layer to layer.

    Keras puts the average there at the end of every `fit`, and a training that is continued by another `fit`
    would go on from the average.

    Attributes:
        rates: path of a variable -> what its learning rate is multiplied by; 1 where it is not named.
        frozen: paths of the variables that stay as they are until `thaw_step` steps were taken.
        thaw_step: see `frozen`.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.rates: dict[str, float] = {}
        self.frozen: set[str] = set()
        self.thaw_step = 0

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Adam's step of one variable, as long as its layer lets it be."""
        path = self._trainable_variables[self._get_variable_index(variable)].path
        rate = learning_rate * self.rates.get(path, 1.0)
        if path in self.frozen:
            rate = keras.ops.where(self.iterations < self.thaw_step, 0.0, rate)
        super().update_step(gradient, variable, rate)

    def finalize_variable_values(self, var_list: list[keras.Variable]) -> None:
        """Leave the weights as they are."""

    def put_averages_into(self, variables: list[keras.Variable]) -> None:
        """Overwrite variables with their averages, where averages are kept."""
        super().finalize_variable_values(variables)


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
