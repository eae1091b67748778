"""The command line of a training, for those who train and for those who start others that do."""

from __future__ import annotations

import argparse
import pathlib
import shlex
from collections.abc import Sequence

from keras_seq.command_line import CommandParser, whole_number
from keras_seq.recipe import Recipe, load_recipe
from keras_seq.run import Run
from keras_seq.training import choices


def parser() -> CommandParser:
    """Of the command's line."""
    parser = CommandParser(
        "keras_seq.train", "Train a recipe and score it. The same command again goes on where it stopped."
    )
    parser.add_argument(
        "recipes", nargs="*", metavar="RECIPE", help="YAML files, or names in the zoo; a later one overrides"
    )
    parser.add_argument("--set", action="append", default=[], metavar="A.B=VALUE", help="override one value")
    parser.add_argument(
        "--run", metavar="DIR", help="the run's folder (default: runs/NAME OF THE FIRST RECIPE)"
    )
    parser.add_argument("--fresh", action="store_true", help="start over, if the run was begun before")
    parser.add_argument(
        "--profile", type=whole_number(1), default=0, metavar="N", help="a TensorBoard profile of N steps"
    )
    parser.add_argument(
        "--no-test", action="store_true", help="leave the test split alone: read and score validation only"
    )
    parser.add_argument(
        "--schema", metavar="APPLICATION", help="print the JSON Schema of an application's recipes"
    )
    return parser


def asked_for(arguments: argparse.Namespace) -> tuple[Recipe, Run]:
    """The checked recipe that a command line names, and the run.

    Raises:
        RecipeError: when the recipe is wrong.
    """
    recipe = load_recipe(*arguments.recipes, overrides=arguments.set)
    choices.check(recipe.training)
    return recipe, Run(arguments.run or pathlib.Path("runs", recipe.name))


def again(module: str, words: Sequence[str]) -> str:
    """The command that goes on where this one stopped."""
    return shlex.join(["python", "-m", module, *(word for word in words if word != "--fresh")])
