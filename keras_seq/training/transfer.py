"""Training that starts from a trained model: which of its weights fit a new network, and where they go.

Which axis of which weight belongs to a vocabulary, or to the classes, is found out by building the network
with one entry more: no layer has to be known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

import keras
import numpy as np

from keras_seq.contract import Carried, Known
from keras_seq.errors import RecipeError
from keras_seq.run import load

Axes = dict[
    str, list[dict[int, str]]
]  # layer -> of each of its weights, axis -> the name of the size that it has


def start_from(*, init_from: str | None = None, vocabulary: Literal["extend", "keep"] = "extend") -> Known:
    """The model that training starts from, with its vocabulary.

    Args:
        init_from: a model of the zoo by its name, or a run's folder. What the recipe leaves out of prepare
            and model is as it is there; weights that fit are taken over, by the names of layers, words and
            classes.
        vocabulary: whether words of the training split that the model does not know join its vocabulary, or
            stay unknown. Subword pieces are always kept.

    Raises:
        RecipeError: when there is no such model, or a vocabulary is to be kept where there is none.
    """
    if init_from is None:
        if vocabulary == "keep":
            raise RecipeError("training.vocabulary: keep: there is none; name a model in training.init_from")
        return Known()
    return Known(load(init_from), vocabulary == "extend")


class Report(NamedTuple):
    """What became of the weights, by the names of layers.

    Attributes:
        kept: layers that have all their weights from the model.
        in_part: layers that have some of their rows from it.
        new: layers that have none.
        misfits: why weights of a name do not fit, one sentence each.
        entries: of vocabularies and classes, how many were kept, are new and are gone.
    """

    kept: list[str]
    in_part: list[str]
    new: list[str]
    misfits: list[str]
    entries: dict[str, dict[str, int]]

    def lines(self) -> list[str]:
        """For people."""
        named = {"kept": self.kept, "kept in part": self.in_part, "new": self.new}
        return [
            *counted(self.entries),
            *(f"{how}: {', '.join(layers)}" for how, layers in named.items() if layers),
            *(f"does not fit: {misfit}" for misfit in self.misfits),
        ]


def counted(entries: dict[str, dict[str, int]]) -> list[str]:
    """What became of vocabularies and classes, as "classes: 1 kept, 4 new"."""
    return [
        f"{what}: " + ", ".join(f"{number:,} {how}" for how, number in numbers.items() if number)
        for what, numbers in entries.items()
    ]


def transfer(
    model: keras.Model,
    network: keras.Model,
    build: Callable[[dict[str, int]], keras.Model],
    sizes: dict[str, int],
    carried: dict[str, Carried],
) -> Report:
    """Put the weights of a trained network into a new one, where they fit.

    Args:
        model: the trained network.
        network: the new one, whose layers of the same names get the weights.
        build: sizes -> a network like the new one.
        sizes: of the new one.
        carried: see `Preprocessing.carried`.

    Raises:
        RecipeError: when nothing fits.
    """
    axes = axes_of_sizes(network, build, sizes, carried)
    old = {layer.name: [weight.numpy() for weight in layer.weights] for layer in model.layers}
    parts: dict[str, float] = {}
    misfits: list[str] = []
    for layer in (layer for layer in network.layers if layer.weights):
        values = old.get(layer.name, [])
        found = (
            _places(value.shape, tuple(weight.shape), along, carried)
            for value, weight, along in zip(values, layer.weights, axes[layer.name], strict=False)
        )
        places = [one for one in found if one is not None]
        fits = len(places) == len(layer.weights) == len(values)
        if values and not fits:
            shapes = [" ".join(str(tuple(one.shape)) for one in ones) for ones in (values, layer.weights)]
            misfits.append(f"{layer.name} {shapes[0]}, which is {shapes[1]} here")
        parts[layer.name] = min(map(_put, values, layer.weights, places)) if fits else 0.0
    if not any(parts.values()):
        reasons = "; ".join(misfits) or "no layer has the name of one of its layers"
        raise RecipeError(f"training.init_from: nothing of the model fits this network: {reasons}")
    return Report(
        [layer for layer, part in parts.items() if part == 1],
        [layer for layer, part in parts.items() if 0 < part < 1],
        [layer for layer, part in parts.items() if not part],
        misfits,
        {one.about: {"kept": one.kept, "new": one.new, "gone": one.gone} for one in carried.values()},
    )


def axes_of_sizes(
    network: keras.Model,
    build: Callable[[dict[str, int]], keras.Model],
    sizes: dict[str, int],
    names: Iterable[str],
) -> Axes:
    """Which axes of a network's weights grow with each of some sizes.

    Args:
        network: built with `sizes`.
        build: as for `transfer`.
        sizes: all of them.
        names: those that are asked for.
    """
    axes: Axes = {layer.name: [{} for _ in layer.weights] for layer in network.layers}
    for name in names:
        larger = build({**sizes, name: sizes[name] + 1})
        for layer, other in zip(network.layers, larger.layers, strict=True):
            for along, one, grown in zip(axes[layer.name], layer.weights, other.weights, strict=True):
                along |= {
                    axis: name for axis in range(len(one.shape)) if one.shape[axis] != grown.shape[axis]
                }
    return axes


def _places(
    old: tuple[int, ...], new: tuple[int, ...], axes: dict[int, str], carried: dict[str, Carried]
) -> list[np.ndarray] | None:
    """Along each axis of a weight, the places of its entries in the old one; None where that does not fit.

    What a layer has on an axis besides the entries, as for the beginning of a word, comes after them.
    """
    if len(old) != len(new):
        return None
    places = []
    for axis, (before, length) in enumerate(zip(old, new, strict=True)):
        one = carried[axes[axis]].places if axis in axes else np.arange(before)
        beside = length - len(one) if axis in axes else 0
        if beside < 0 or len(one) + beside != length or one.max(initial=-1) >= before - beside:
            return None
        places.append(np.concatenate([one, np.arange(before - beside, before)]).astype(int))
    return places


def _put(old: np.ndarray, weight: keras.Variable, places: list[np.ndarray]) -> float:
    """Assign the entries that have a place in the old weight; gives the part of them."""
    here = np.ix_(*(np.flatnonzero(one >= 0) for one in places))
    there = np.ix_(*(one[one >= 0] for one in places))
    values = np.array(weight.numpy())  # of a scalar, such as a count of steps, NumPy gives no array
    values[here] = old[there]
    weight.assign(values)
    return float(np.prod([np.mean(one >= 0) for one in places]))
