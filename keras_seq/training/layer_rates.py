"""How fast each layer of a network is trained: frozen, frozen for a while, slower or faster than the others."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping

import keras

from keras_seq.errors import RecipeError
from keras_seq.training.optimizers import Averaging


def settle(
    network: keras.Model,
    optimizer: Averaging,
    freeze: Iterable[str],
    thaw_step: int,
    learning_rates: Mapping[str, float],
) -> None:
    """Tell a network and its optimizer which layers are trained, and how fast.

    What is never thawed is no variable of the optimizer, which saves its time; what is thawed has its moments
    by then.

    Args:
        network: not yet compiled.
        optimizer: not yet built.
        freeze: names of layers, or patterns of them.
        thaw_step: training steps after which frozen layers are trained too; 0 for never.
        learning_rates: names or patterns -> what the learning rate is multiplied by; of several that match a
            layer the last counts.

    Raises:
        RecipeError: when a name matches no layer with weights, or nothing is left to train.
    """
    frozen = _layers(network, freeze, "training.freeze")
    if thaw_step and not frozen:
        raise RecipeError("training.thaw_after: nothing is frozen; name layers in training.freeze")
    if frozen and not thaw_step:
        for layer in frozen:
            layer.trainable = False
        if not network.trainable_variables:
            raise RecipeError("training.freeze: all layers are frozen: nothing is left to train")
    else:
        optimizer.frozen = {variable.path for layer in frozen for variable in layer.trainable_variables}
        optimizer.thaw_step = thaw_step
    for pattern, factor in learning_rates.items():
        layers = _layers(network, [pattern], "training.learning_rates")
        optimizer.rates |= {
            variable.path: factor for layer in layers for variable in layer.trainable_variables
        }


def _layers(network: keras.Model, patterns: Iterable[str], key: str) -> list[keras.Layer]:
    """The layers with weights whose names match."""
    layers = [layer for layer in network.layers if layer.weights]
    found = []
    for pattern in patterns:
        matching = [layer for layer in layers if fnmatch.fnmatchcase(layer.name, pattern)]
        if not matching:
            known = ", ".join(layer.name for layer in layers)
            raise RecipeError(f"{key}: no layer with weights is called {pattern!r}; the network has {known}")
        found += matching
    return found
