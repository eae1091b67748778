"""LSTM sequence models for Keras that go from a YAML recipe to a served answer.

    load_recipe   read and check a recipe
    build         the Keras functional model of a recipe, without data
    load          a trained model, of the zoo or of a run: raw inputs -> named answers
    list_models   the trained models of the zoo
    RecipeError   a recipe or a command line is wrong
    DataError     a file of yours is wrong

Importing this package imports Keras and registers the layers, so that `.keras` files of ours open. A command,
run as `python -m keras_seq.train`, does that itself once its recipe is checked. Keras runs on TensorFlow
here, whatever KERAS_BACKEND says; where Keras is imported already with another backend, the import says so.
"""

from __future__ import annotations

import os
from typing import Any

from keras_seq import environment

environment.prepare()

from keras_seq import applications  # noqa: E402
from keras_seq.errors import DataError, RecipeError  # noqa: E402
from keras_seq.pretrained import list_models  # noqa: E402
from keras_seq.recipe import Recipe, load_recipe  # noqa: E402
from keras_seq.run import load  # noqa: E402

if not environment.command():
    with environment.quiet():
        import keras_seq.answers  # noqa: F401

__all__ = [
    "DataError",
    "Recipe",
    "RecipeError",
    "__version__",
    "build",
    "list_models",
    "load",
    "load_recipe",
]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from keras_seq.version import version

        return version()
    raise AttributeError(f"module 'keras_seq' has no attribute {name!r}")


def build(recipe: str | os.PathLike | Recipe, **sizes: int) -> Any:
    """The network of a recipe, untrained: a Keras functional model from tensors to scores. Needs no data.

    Args:
        recipe: a recipe or the path of one.
        sizes: numbers that training learns from the data, as `num_classes=5`; by default the recipe's, and
            two classes.

    Example:
        >>> keras_seq.build("zoo/sentiment.yaml").output_shape
        (None, 2)
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, check_files=False)
    application = applications.functions(recipe.application)
    learned = {name: recipe.prepare.get(name) or size for name, size in application.SIZES.items()}
    known = {name: size for name, size in learned.items() if size is not None}
    if set(sizes) - set(known):
        raise RecipeError(
            f"unknown sizes {sorted(set(sizes) - set(known))}; expected some of {sorted(known)}"
        )
    return application.build({**known, **sizes}, **recipe.model)
