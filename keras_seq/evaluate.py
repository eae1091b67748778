"""python -m keras_seq.evaluate RUN: the scores of a run's model on its test split, or on another file."""

from __future__ import annotations

import pathlib
import shlex
import sys
from typing import Any

import pydantic

from keras_seq import applications, environment, progress, splits
from keras_seq.command_line import RUN, CommandParser, proposed
from keras_seq.errors import RecipeError, user_errors
from keras_seq.reading import Readable, Reader
from keras_seq.recipe import Recipe
from keras_seq.run import Run, find
from keras_seq.sections import matching, section_model


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser("keras_seq.evaluate", "Score a trained run.")
    parser.add_argument("run", metavar="RUN", help=RUN)
    parser.add_argument(
        "--data",
        metavar="FILE",
        action="append",
        default=[],
        help="score this file or folder, of the recipe's format, instead; again for each file of a format of several",
    )
    parser.add_argument(
        "--directory",
        metavar="DIR",
        help="where the data of the recipe is now, instead of its data.directory",
    )
    arguments = parser.parse_args(argv)
    with user_errors():
        run = find(arguments.run).finished()
        for path in arguments.data:
            if not matching(path):
                raise RecipeError(f"--data {path}: no such file or folder")
        recipe = run.recipe
        if arguments.directory is not None:
            if not pathlib.Path(arguments.directory).is_dir():
                raise RecipeError(f"--directory {arguments.directory}: no such folder")
            recipe = recipe.moved(arguments.directory)
        _evaluate(run, recipe, arguments.data)
    return 0


def _evaluate(run: Run, recipe: Recipe, data: list[str]) -> None:
    application = applications.functions(recipe.application)
    split, settings = "test", recipe.data
    if data:
        settings = _with_test(recipe, data)
    examples = application.read("test", **settings)
    if examples is None:
        split, examples = "validation", application.read("validation", **settings)
    if not data:
        _check_there(run, recipe, split)
    unreadable = recipe.training["unreadable"]
    splits.check_first(examples)
    examples = Readable(examples, unreadable, split, hint="")
    with progress.step("loading TensorFlow"):
        environment.import_keras()
        from keras_seq.run import load
        from keras_seq.training import fit, scoring
    objective = application.objective(**fit.divided(recipe.training).objective)
    with progress.step("loading the model", at_once=False):
        model = load(run.path)
    reader = Reader(unreadable, hint="", convert=model.file_contents)
    with progress.step(f"scoring {' and '.join(data) or f'the {split} split'}") as step:
        scored = scoring.score(model, step.counted(examples), objective, run.read_seen(), reader)
    print(f"{run.called} on {' and '.join(data) or f'the {split} split'}")
    print(scored.table)
    example = "FILE" if run.takes_files else "TEXT"
    print(f"next:\n  {proposed('keras_seq.predict', run.called, example)}")
    print(f"  {proposed('export', run.called)}")


def _check_there(run: Run, recipe: Recipe, split: str) -> None:
    """Complain where the files of a split are not there, as on another machine than the one that trained."""
    given = recipe.data.get(split)
    place = recipe.data.get("train") if isinstance(given, float) else given  # a part of train
    for path in place if isinstance(place, list) else [place]:
        if isinstance(path, str) and not matching(path):
            raise RecipeError(
                f"{run.called}: the data of its {split} split is not there ({path}); give its folder with --directory "
                "DIR, or other files with --data FILE"
            )


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
