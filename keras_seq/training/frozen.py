"""Training on kept features: of a network with a frozen backbone, the part behind it is what is trained.

A layer `ImageFeatures` without trainable weights gives the same features of a picture at every step. Where what
the preprocessing makes is kept (`training.cache`), these are kept in place of the pixels, and an epoch has no
backbone in it. The part behind shares its layers with the whole network, which is what answers and is saved.
"""

from __future__ import annotations

import dataclasses
import hashlib
import warnings
from collections.abc import Iterable
from typing import Any

import keras

from keras_seq import progress
from keras_seq.backbones import ImageFeatures
from keras_seq.contract import Frozen, Preprocessing


def divided(network: keras.Model, preprocessing: Preprocessing) -> tuple[keras.Model, Preprocessing]:
    """What is trained of a network, and the preprocessing that gives what this takes.

    Both are as they were where nothing is frozen, or where the network needs the pixels elsewhere too. Else the
    features have the name of the input that they take the place of; `pair` passes them on as it does the pixels,
    and so must not look into them.

    Args:
        network: functional; tensors -> scores.
        preprocessing: adapted.
    """
    layers = [layer for layer in network.layers if isinstance(layer, ImageFeatures)]
    if len(layers) != 1 or layers[0].trainable_variables:
        return network, preprocessing
    features = layers[0]._inbound_nodes[0].output_tensors[0]
    inputs = {tensor.name: tensor for tensor in network.inputs}
    needed = _inputs_of([features], set())
    behind = _inputs_of(keras.tree.flatten(network.output), {id(features)})
    [*replaced] = [name for name in inputs if name in needed and name not in behind]
    if len(replaced) != 1:
        progress.say(
            f"the features of {layers[0].name} are not kept: other layers of the network take the pixels too"
        )
        return network, preprocessing
    name = replaced[0]
    # In float32 whatever they are computed in, for a cache knows no bfloat16.
    kept = features if features.dtype == "float32" else keras.ops.cast(features, "float32")
    frozen = keras.Model({one: inputs[one] for one in sorted(needed)}, kept, name="frozen")
    is_named = isinstance(network.input, dict)
    taken = {**inputs, name: features} if is_named else features
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "When providing `inputs` as a dict"
        )  # the features' is the pixels' name
        trained = keras.Model(taken, network.output, name=network.name)
    return trained, dataclasses.replace(preprocessing, frozen=Frozen(name, frozen, _digest(frozen)))


def _inputs_of(tensors: Iterable[Any], given: set[int]) -> set[str]:
    """The names of the inputs that some tensors are computed of, where those of some ids are given."""
    names, seen, open_ = set(), set(given), list(tensors)
    while open_:
        tensor = open_.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        operation, place, _ = tensor._keras_history
        if isinstance(operation, keras.layers.InputLayer):
            names.add(operation.name)
        else:
            open_ += operation._inbound_nodes[place].input_tensors
    return names


def _digest(network: keras.Model) -> str:
    """Of its weights; what else it is follows from the recipe and the version."""
    found = hashlib.sha256()
    for weight in network.weights:
        found.update(f"{weight.shape}".encode())
        found.update(weight.numpy().tobytes())
    return found.hexdigest()
