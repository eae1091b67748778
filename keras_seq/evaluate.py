"""python -m keras_seq.evaluate RUN: the scores of a run's model on its test split, or on another file."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import pydantic

from keras_seq import applications, environment, progress, splits
from keras_seq.command_line import CommandParser, proposed
from keras_seq.errors import RecipeError, user_errors
from keras_seq.reading import Readable, Reader
from keras_seq.recipe import Recipe
from keras_seq.run import Run
from keras_seq.sections import matching, section_model


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser("keras_seq.evaluate", "Score a trained run.")
    parser.add_argument("run", metavar="RUN", help="a run's folder, for example runs/sentiment")
    parser.add_argument(
        "--data",
        metavar="FILE",
        action="append",
        default=[],
        help="score this file or folder, of the recipe's format, instead; again for each file of a format of several",
    )
    arguments = parser.parse_args(argv)
    with user_errors():
        run = Run(arguments.run).finished()
        for path in arguments.data:
            if not matching(path):
                raise RecipeError(f"--data {path}: no such file or folder")
        _evaluate(run, arguments.data)
    return 0


def _evaluate(run: Run, data: list[str]) -> None:
    recipe = run.recipe
    application = applications.functions(recipe.application)
    split, settings = "test", recipe.data
    if data:
        settings = _with_test(recipe, data)
    examples = application.read("test", **settings)
    if examples is None:
        split, examples = "validation", application.read("validation", **settings)
    unreadable = recipe.training["unreadable"]
    splits.check_first(examples)
    examples = Readable(examples, unreadable, split, hint="")
    with progress.step("loading TensorFlow"):
        environment.import_keras()
        from keras_seq.run import load
        from keras_seq.training import fit, scoring
    objective = application.objective(**fit.divided(recipe.training)[1])
    with progress.step("loading the model", at_once=False):
        model = load(run.path)
    with progress.step(f"scoring {' and '.join(data) or f'the {split} split'}") as step:
        scored = scoring.score(
            model, step.counted(examples), objective, run.read_seen(), Reader(unreadable, hint="")
        )
    print(f"{run.path} on {' and '.join(data) or f'the {split} split'}")
    print(scored.table)
    example = "FILE" if run.takes_files else "TEXT"
    print(f"next:\n  {proposed('keras_seq.predict', str(run.path), example)}")
    print(f"  {proposed('export', str(run.path))}")


def _with_test(recipe: Recipe, data: list[str]) -> dict[str, Any]:
    """The recipe's `data:` with other files as the test split, of as many as the recipe's format has."""
    settings = {**recipe.data, "test": data[0] if len(data) == 1 else data}
    if "source" in settings:  # the built-in corpus is not asked for
        settings["source"] = "files"
    try:
        section_model(recipe.application, "data").model_validate(settings)
    except pydantic.ValidationError:
        files = f"{len(data)} files are" if len(data) > 1 else "one file is"
        raise RecipeError(f"--data {shlex.join(data)}: {files} not what {recipe.application} reads") from None
    return settings


if __name__ == "__main__":
    sys.exit(main())
