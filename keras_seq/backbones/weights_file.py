"""Weights of a network out of a file of Keras's: `.weights.h5`, `.h5` or `.keras`."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import keras
import numpy as np

from keras_seq.errors import DataError

SUFFIXES = (".weights.h5", ".h5", ".hdf5", ".keras")


def load(network: keras.Model, path: str) -> None:
    """Put the weights of a file into a network.

    A `.keras` file may hold more than the network, such as the classifier on it, or the network within another:
    its layers are found by their names. Nothing of such a file is run.

    Args:
        network: built; keeps no good state when this raises.
        path: of the file.

    Raises:
        DataError: when the file is missing, damaged, of another kind, or of another network.
    """
    if not path.endswith(SUFFIXES):
        raise DataError(f"{path}: expected a file of weights, called *{', *'.join(SUFFIXES)}")
    if not pathlib.Path(path).is_file():
        raise DataError(f"{path}: no such file")
    try:
        if path.endswith(".keras"):
            _by_names(network, keras.saving.load_model(path, compile=False))
        else:
            network.load_weights(path)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except Exception as error:  # of Keras, h5py and zipfile; each has its own
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise DataError(f"{path}: these are no weights of {network.name}: {first}") from None
    for weight in network.weights:
        if not np.isfinite(weight.numpy()).all():
            raise DataError(f"{path}: {weight.path} has NaN or infinite numbers")


def layers_of(network: keras.Model) -> Iterator[keras.Layer]:
    """The layers of a network that have weights of their own, those of networks within it too."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from layers_of(layer)
        elif layer.weights:
            yield layer


def _by_names(network: keras.Model, other: keras.Model) -> None:
    found = {layer.name: layer.get_weights() for layer in layers_of(other)}
    for layer in layers_of(network):
        expected = [tuple(weight.shape) for weight in layer.weights]
        if layer.name not in found:
            raise DataError(f"it has no layer {layer.name!r}, and so is not {network.name}")
        shapes = [array.shape for array in found[layer.name]]
        if shapes != expected:
            raise DataError(
                f"its layer {layer.name!r} has weights of the shapes {shapes}; expected {expected}"
            )
        layer.set_weights(found[layer.name])
