"""The ops of TF-Text, which a servable may hold."""

from __future__ import annotations

import contextlib
import importlib.util
import pathlib

import tensorflow as tf


def load() -> None:
    """Register them, where TF-Text is installed: its Python, which imports Keras, is not needed for that."""
    found = importlib.util.find_spec("tensorflow_text")
    for folder in (found.submodule_search_locations or []) if found else []:
        for library in sorted(pathlib.Path(folder, "python").rglob("_*.so")):
            # Of another TensorFlow it is not found; who needs an op of it is told when a model is loaded.
            with contextlib.suppress(tf.errors.NotFoundError):
                tf.load_op_library(str(library))
