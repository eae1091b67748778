"""Weights that a network starts with because a file has them, such as word vectors."""

from __future__ import annotations

import keras
import numpy as np

from keras_seq.contract import Preprocessing
from keras_seq.errors import DataError


def put(network: keras.Model, preprocessing: Preprocessing) -> None:
    """Give a network the initial weights that come of a file.

    Raises:
        DataError: when they do not fit, or are no numbers.
    """
    for name, weights in preprocessing.weights.items():
        _set_weights(network.get_layer(name), weights)


def _set_weights(layer: keras.Layer, weights: list[np.ndarray]) -> None:
    for variable, value in zip(layer.weights, weights, strict=True):
        if tuple(variable.shape) != value.shape:
            raise DataError(
                f"the vectors for layer {layer.name!r} have the shape {value.shape}, it has {tuple(variable.shape)}: "
                f"set model.{layer.name}_dim to {value.shape[-1]}"
            )
        if not np.isfinite(value).all():
            rows = np.flatnonzero(~np.isfinite(value).all(axis=tuple(range(1, value.ndim))))
            raise DataError(
                f"the vectors for layer {layer.name!r} have {len(rows)} rows with NaN or infinite numbers: nothing can "
                "be learned from them; mend the file, or leave prepare.vectors out"
            )
        variable.assign(value)
