"""LSTM sequence models for Keras that go from a YAML recipe to a served answer.

    load_recipe   read and check a recipe
    build         the Keras functional model of a recipe, without data
    load          the trained model of a run: raw inputs -> named answers
    RecipeError   a recipe or a command line is wrong
    DataError     a file of yours is wrong

Importing this package imports Keras and registers the layers, so that `.keras` files of ours open. A command, run as
`python -m keras_seq.train`, does that itself once its recipe is checked.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from keras_seq import applications
from keras_seq.errors import DataError, RecipeError
from keras_seq.recipe import Recipe, load_recipe
from keras_seq.run import load

__all__ = ["DataError", "Recipe", "RecipeError", "build", "load", "load_recipe"]

# While Python looks for the module of `python -m keras_seq.NAME`, sys.argv[0] is "-m" (its documentation says so).
_our_command = any(word.removeprefix("-m").startswith("keras_seq.") for word in sys.orig_argv)
if not (sys.argv[:1] == ["-m"] and _our_command):
    import keras_seq.layers
    import keras_seq.text
    import keras_seq.tokens
    import keras_seq.translations  # noqa: F401


def build(recipe: str | os.PathLike | Recipe, **sizes: int) -> Any:
    """The network of a recipe, untrained: a Keras functional model from tensors to scores. Needs no data.

    Args:
        recipe: a recipe or the path of one.
        sizes: numbers that training learns from the data, as `num_classes=5`; by default the recipe's, and two classes.

    Example:
        >>> keras_seq.build("zoo/sentiment.yaml").output_shape
        (None, 2)
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, check_files=False)
    application = applications.functions(recipe.application)
    known = application.prepare(None, **recipe.prepare).sizes
    if set(sizes) - set(known):
        raise RecipeError(f"unknown sizes {sorted(set(sizes) - set(known))}; expected some of {sorted(known)}")
    return application.build({**known, **sizes}, **recipe.model)
