"""python -m keras_seq.evaluate RUN: the scores of a run's model on its test split, or on another file."""

from __future__ import annotations

import argparse
import os
import pathlib
import shlex
import sys

from keras_seq import applications
from keras_seq.recipe import RecipeError, user_errors
from keras_seq.run import Run


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        allow_abbrev=False, prog="python -m keras_seq.evaluate", description="Score a trained run."
    )
    parser.add_argument("run", metavar="RUN", help="a run's folder, for example runs/sentiment")
    parser.add_argument("--data", metavar="FILE", help="score this file or folder, of the recipe's format, instead")
    arguments = parser.parse_args(argv)
    with user_errors():
        run = Run(arguments.run).finished()
        if arguments.data and not pathlib.Path(arguments.data).exists():
            raise RecipeError(f"--data {arguments.data}: no such file or folder")
        _evaluate(run, arguments.data)
    return 0


def _evaluate(run: Run, data: str | None) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from keras_seq import scoring
    from keras_seq.run import load

    recipe = run.recipe
    application = applications.functions(recipe.application)
    split, settings = "test", recipe.data
    if data is not None:
        settings = {**recipe.data, "source": "files", "test": data}
    examples = application.read("test", **settings)
    if examples is None:
        split, examples = "validation", application.read("validation", **settings)
    metrics = scoring.score(load(run.path), examples, application.objective(), run.read_seen()).metrics
    print(f"{run.path} on {data or f'the {split} split'}")
    print(scoring.table(metrics))
    folder = shlex.quote(str(run.path))
    print(f"next:\n  python -m keras_seq.predict {folder} TEXT\n  python -m export {folder}")


if __name__ == "__main__":
    sys.exit(main())
