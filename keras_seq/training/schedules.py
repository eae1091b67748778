"""The learning rate over a training: constant, cosine, one cycle, or lower where the scores stand still; with a
linear rise before it.

A step is a batch. The rate is a function of the number of batches and of the scores in the history, so a run that
is stopped goes on with the rate that it would have had.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import keras
from pydantic import NonNegativeInt, PositiveFloat, PositiveInt

from keras_seq.sections import Part
from keras_seq.training.choices import PLATEAU_PATIENCE
from keras_seq.training.epochs import best_of

RISE = 0.3  # of one cycle, as a part of all steps
FIRST_PART, LAST_PART = 1 / 25, 1e-4 / 25  # of one cycle: its first and its last rate, of the highest
PLATEAU_FACTOR = 0.5

History = list[dict[str, float]]


class Schedule(NamedTuple):
    """What `make` gives.

    Attributes:
        rate: for the optimizer: a number, or a function of the number of batches.
        callbacks: for `model.fit`.
    """

    rate: Any
    callbacks: list[keras.callbacks.Callback]


def make(
    steps: int,
    history: Callable[[], History] = list,
    monitors: Sequence[str] = ("val_loss",),
    *,
    learning_rate: PositiveFloat = 0.003,
    learning_rate_schedule: Literal["constant", "cosine", "one_cycle", "plateau"] = "constant",
    warmup_steps: NonNegativeInt | None = None,
    plateau_patience: PositiveInt | None = None,
    plateau_factor: Part | None = None,
) -> Schedule:
    """The learning rate of a training.

    Args:
        steps: batches of the whole training.
        history: gives the scores of the epochs that are over.
        monitors: as `epochs.best_of` takes them.
        learning_rate: the optimizer's step size; with a schedule the highest.
        learning_rate_schedule: constant; a cosine that falls to 0 at the last step; one cycle, which rises from
            a 25th of the rate and falls to nearly nothing, by cosines (Smith and Topin 2018); or plateau, which is
            constant until the validation score that chooses the epoch stands still.
        warmup_steps: batches in which the rate first rises to its height, in a line; of one_cycle its rise, and
            left out 0.3 of all.
        plateau_patience: epochs in a row without a better score, after which a plateau's rate falls; left out, 2.
        plateau_factor: what it is multiplied by then; left out, 0.5.
    """
    if learning_rate_schedule == "one_cycle":
        rise = round(RISE * steps) if warmup_steps is None else warmup_steps
        return Schedule(OneCycle(learning_rate, rise, steps), [])
    rise, rate, callbacks = warmup_steps or 0, learning_rate, []
    if learning_rate_schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, max(steps - rise, 1))
    elif learning_rate_schedule == "plateau":
        rate = Scaled(learning_rate)
        falling = (plateau_patience or PLATEAU_PATIENCE, plateau_factor or PLATEAU_FACTOR)
        callbacks.append(Plateau(rate.scale, history, monitors, *falling))
    return Schedule(Warmup(learning_rate, rise, rate) if rise else rate, callbacks)


class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise before another schedule, whose steps are counted from its end. Source: Goyal et al. 2017.

    Args:
        highest: the rate of the last step of the rise; the first has `highest / steps`.
        steps: of the rise.
        after: a number, or a schedule.
    """

    def __init__(self, highest: float, steps: int, after: Any) -> None:
        super().__init__()
        self.highest, self.steps, self.after = highest, steps, after

    def __call__(self, step):
        """The rate of a step, from 0."""
        step = keras.ops.cast(step, "float32")
        after = self.after(keras.ops.maximum(step - self.steps, 0)) if callable(self.after) else self.after
        return keras.ops.where(step < self.steps, self.highest * (step + 1) / self.steps, after)


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Up and down once, by halves of cosines. Source: Smith and Topin 2018; the momentum stays as it is.

    Args:
        highest: the rate at the end of the rise.
        rise: its steps.
        steps: of all.
    """

    def __init__(self, highest: float, rise: int, steps: int) -> None:
        super().__init__()
        self.highest, self.rise, self.steps = highest, rise, steps

    def __call__(self, step):
        """The rate of a step, from 0."""
        step = keras.ops.cast(step, "float32")
        up = _between(FIRST_PART, 1.0, step / max(self.rise, 1))
        down = _between(1.0, LAST_PART, (step - self.rise) / max(self.steps - 1 - self.rise, 1))
        return self.highest * keras.ops.where(step < self.rise, up, down)


class Scaled(keras.optimizers.schedules.LearningRateSchedule):
    """A constant rate times a number that can be changed while a training goes on.

    Attributes:
        scale: the number, a variable.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate, self.scale = rate, keras.Variable(1.0, trainable=False, name="scale")

    def __call__(self, step):
        """The rate, at any step."""
        return self.rate * keras.ops.convert_to_tensor(self.scale)


class Plateau(keras.callbacks.Callback):
    """Lowers a rate before an epoch, by the scores of all those before it; it has no state of its own.

    Args:
        scale: what is set.
        history: as for `make`, and so are the others.
        monitors: see `make`.
        patience: see `make`.
        factor: see `make`.
    """

    def __init__(
        self,
        scale: keras.Variable,
        history: Callable[[], History],
        monitors: Sequence[str],
        patience: int,
        factor: float,
    ) -> None:
        super().__init__()
        self.scale, self.history, self.monitors = scale, history, monitors
        self.patience, self.factor = patience, factor

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        falls = reductions(self.history()[:epoch], self.monitors, self.patience)
        self.scale.assign(self.factor**falls)


def reductions(history: History, monitors: Sequence[str], patience: int) -> int:
    """How often `patience` epochs in a row brought no better score."""
    falls = waited = 0
    for number in range(1, len(history) + 1):
        is_better = best_of(history[:number], monitors).epoch == number - 1
        waited = 0 if is_better else waited + 1
        if waited == patience:
            falls, waited = falls + 1, 0
    return falls


def _between(first: float, last: float, part: Any) -> Any:
    """From a first to a last number by half a cosine; `part` of the way, from 0 to 1."""
    part = keras.ops.clip(part, 0.0, 1.0)
    return last + (first - last) * (1 + keras.ops.cos(math.pi * part)) / 2
