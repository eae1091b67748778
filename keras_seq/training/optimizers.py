"""The optimizers of a training: Keras's own, with a moving average of the weights that is put into the model when
it is asked for, a step size that can differ from layer to layer, and a decay of weight matrices alone.
"""

from __future__ import annotations

from typing import Any, Literal

import keras
import tensorflow as tf
from pydantic import PositiveFloat, PositiveInt

from keras_seq.sections import Fraction, NotNegative

MOMENTUM = 0.9  # of SGD
WEIGHT_DECAY = 0.004  # of AdamW, as Keras has it


class Averaging(keras.optimizers.Optimizer):
    """What a training wants of an optimizer besides its update; to be named before the optimizer's class.

    Keras puts the average into the model at the end of every `fit`, and a training that is continued by another
    `fit` would go on from the average. Where gradients are accumulated, it counts every batch in the average;
    here an update counts, and nothing else.

    Attributes:
        rates: path of a variable -> what its learning rate is multiplied by; 1 where it is not named.
        frozen: paths of the variables that stay as they are until `thaw_step` batches were trained on.
        thaw_step: see `frozen`.
        gradient_norm: of the last batch, of its first worker.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.rates: dict[str, float] = {}
        self.frozen: set[str] = set()
        self.thaw_step = 0
        # Of the gradients at hand; no `keras.Variable`, which would be a part of the state that runs are saved with.
        self.gradient_norm = tf.Variable(
            0.0, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
        )

    def apply(self, grads, trainable_variables=None) -> None:
        """The optimizer's, with the norm of all gradients together noted before they are clipped."""
        norm = tf.linalg.global_norm(grads)
        self.gradient_norm.assign(tf.cast(norm, tf.float32))
        if self._clips_every_batch():
            dense = [None if one is None else tf.convert_to_tensor(one) for one in grads]  # slices add up
            grads, _ = tf.clip_by_global_norm(dense, self.global_clipnorm, use_norm=norm)
        super().apply(grads, trainable_variables)

    def _clips_every_batch(self) -> bool:
        """Whether the gradients that are clipped are those of a batch, whose norm is known."""
        return bool(self.global_clipnorm) and not self.gradient_accumulation_steps

    def _clip_gradients(self, grads: list) -> list:
        return grads if self._clips_every_batch() else super()._clip_gradients(grads)

    def update_step(self, gradient, variable, learning_rate) -> None:
        """The optimizer's step of one variable, as long as its layer lets it be; before it, the decay.

        Decay is decoupled from the gradient: `weight -= weight_decay * rate * weight`, by the rate of the layer,
        and of tensors of two axes and more alone, which are no biases and no scales of a normalisation.
        Source: Loshchilov and Hutter 2019.
        """
        path = self._trainable_variables[self._get_variable_index(variable)].path
        rate = learning_rate * self.rates.get(path, 1.0)
        if path in self.frozen:
            rate = keras.ops.where(self._iterations < self.thaw_step, 0.0, rate)
        if self.weight_decay and len(variable.shape) > 1:
            factor = keras.ops.cast(self.weight_decay * rate, variable.dtype)
            self.assign_sub(variable, keras.ops.multiply(variable, factor))
        super().update_step(gradient, variable, rate)

    def _apply_weight_decay(self, variables: list[keras.Variable]) -> None:
        """Nothing: `update_step` does it, which knows the layer's rate."""

    def _update_model_variables_moving_average(self, trainable_variables: list[keras.Variable]) -> None:
        count = self.gradient_accumulation_steps
        if not count or not self.use_ema:
            super()._update_model_variables_moving_average(trainable_variables)
            return
        is_update = keras.ops.equal((self._iterations + 1) % count, 0)
        decay = keras.ops.where(is_update, self.ema_momentum, 1.0)
        decay = keras.ops.where(
            self._iterations < count, 0.0, decay
        )  # up to the first update there is no average
        for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
            part = keras.ops.cast(decay, variable.dtype)
            average.assign(part * average + (1 - part) * variable)

    def finalize_variable_values(self, var_list: list[keras.Variable]) -> None:
        """Leave the weights as they are."""

    def put_averages_into(self, variables: list[keras.Variable]) -> None:
        """Overwrite variables with their averages, where averages are kept."""
        super().finalize_variable_values(variables)


class AveragingAdam(Averaging, keras.optimizers.Adam):
    """Adam. Source: Kingma and Ba 2015."""


class AveragingAdamW(Averaging, keras.optimizers.AdamW):
    """Adam with decoupled decay of weights. Source: Loshchilov and Hutter 2019."""


class AveragingSGD(Averaging, keras.optimizers.SGD):
    """Stochastic gradient descent, with momentum. Source: Sutskever et al. 2013."""

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Keras's; slices of a gradient are added up first, because without momentum they would go into the variable
        in whatever order its threads are, and no two trainings would end alike.
        """
        super().update_step(tf.convert_to_tensor(gradient), variable, learning_rate)


class AveragingLion(Averaging, keras.optimizers.Lion):
    """Steps of the sign of an interpolated momentum; a rate of about a tenth of Adam's. Source: Chen et al. 2023."""


KINDS = {"adam": AveragingAdam, "adamw": AveragingAdamW, "sgd": AveragingSGD, "lion": AveragingLion}


def make(
    learning_rate: Any,
    *,
    optimizer: Literal["adam", "adamw", "sgd", "lion"] = "adam",
    momentum: Fraction | None = None,
    weight_decay: NotNegative | None = None,
    gradient_clip: PositiveFloat | None = None,
    gradient_accumulation: PositiveInt = 1,
    weight_averaging: Fraction = 0.98,
) -> Any:
    """An optimizer.

    Args:
        learning_rate: a number, or a `keras.optimizers.schedules.LearningRateSchedule` of batches.
        optimizer: Adam, AdamW, SGD with momentum, or Lion, whose rate is about a tenth of Adam's.
        momentum: of sgd; left out, 0.9.
        weight_decay: part of a weight, times the learning rate, that it loses at every update; biases and
            normalisations lose nothing. Left out, 0.004 for adamw and else none.
        gradient_clip: largest norm of all gradients together; without it none.
        gradient_accumulation: batches whose gradients are averaged for one update.
        weight_averaging: decay of a moving average of the weights, which is what is scored and kept (0.999
            averages about the last 1000 updates, 0.98 about 50); 0 for none. Source: Polyak and Juditsky 1992.
    """
    own = {"momentum": MOMENTUM if momentum is None else momentum} if optimizer == "sgd" else {}
    if weight_decay is None and optimizer == "adamw":
        weight_decay = WEIGHT_DECAY
    return KINDS[optimizer](
        learning_rate,
        weight_decay=weight_decay if optimizer == "adamw" else weight_decay or None,
        global_clipnorm=gradient_clip,
        gradient_accumulation_steps=gradient_accumulation if gradient_accumulation > 1 else None,
        use_ema=weight_averaging > 0,
        ema_momentum=weight_averaging,
        **own,
    )


def innermost(optimizer: Any) -> Any:
    """The optimizer itself, where Keras has put one for scaling losses around it (float16)."""
    return getattr(optimizer, "inner_optimizer", optimizer)
