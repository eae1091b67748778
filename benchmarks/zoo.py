"""Every trained model of the zoo against its own card: its scores, its answers, and the gates of an export.

    python -m benchmarks.zoo --data DIR [NAME...]

Scores are those of the tables in card.md, to the digit, where the data is below DIR (in any folder that has the
files of the recipe) or built in. Answers are those of answers.json, from `keras_seq.load` and from
`keras.saving.load_model`. The gates compare the Keras model, the SavedModel, REST and gRPC. Ends with code 1 where
something differs. `make zoo DATA=DIR` is the same.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile
import time
from collections.abc import Iterator

from keras_seq import environment
from keras_seq.catalogue import published
from keras_seq.errors import RecipeError, user_errors
from keras_seq.recipe import Recipe
from keras_seq.run import Run, find
from keras_seq.sections import PATH, marked, matching

CLOSE = 1e-4  # of a number in an answer, from one machine or TensorFlow to another


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.zoo", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="models (default: all)")
    parser.add_argument("--data", metavar="DIR", default=".", help="a folder with public data sets below it")
    parser.add_argument("--no-gates", action="store_true", help="leave the exports out")
    arguments = parser.parse_args(argv)
    with user_errors():
        unknown = set(arguments.names) - set(published())
        if unknown:
            raise RecipeError(f"{min(unknown)}: no trained model of the zoo; it has {', '.join(published())}")
        environment.import_keras()
        unscored: list[str] = []  # models whose data was not found
        wrong = [
            f"{name}: {problem}"
            for name in arguments.names or published()
            for problem in _problems(
                find(name), pathlib.Path(arguments.data), not arguments.no_gates, unscored
            )
        ]
    if unscored:
        print(f"not scored, as their data is nowhere below {arguments.data}: {', '.join(unscored)}")
    print("\n".join(wrong) or "all that was looked at is as the cards say")
    return bool(wrong)


def _problems(run: Run, data: pathlib.Path, with_gates: bool, unscored: list[str]) -> Iterator[str]:
    """What of a model is not as its card says; prints what was looked at."""
    import keras

    import keras_seq
    from export.__main__ import main as export

    begun = time.monotonic()
    model = keras_seq.load(run.called)
    print(f"{run.called}: loaded in {time.monotonic() - begun:.1f} s", flush=True)
    if not _answers_as_before(model, run):
        yield "its answers are not those of answers.json"
    if not _answers_as_before(keras.saving.load_model(run.model_file), run):
        yield "keras.saving.load_model gives other answers"
    recipe: Recipe | None = run.recipe
    if run.recipe.needs_files:
        recipe = next((run.recipe.moved(folder) for folder in _folders(run.recipe, data)), None)
    if recipe is None:
        unscored.append(run.called)
    else:
        yield from _scores(model, run, recipe)
    if with_gates:
        with tempfile.TemporaryDirectory() as folder:
            if export([run.called, "--to", folder]):
                yield "a gate refuses it"


def _folders(recipe: Recipe, data: pathlib.Path) -> Iterator[pathlib.Path]:
    """The folders that have all files of a recipe."""
    given = [recipe.data[key] for key in marked(PATH, recipe.application, "data")]
    files = [
        file for one in given for file in (one if isinstance(one, list) else [one]) if isinstance(file, str)
    ]
    folders = [data, *(path for path in sorted(data.rglob("*")) if path.is_dir())]
    return (folder for folder in folders if all(matching(folder / file) for file in files))


def _scores(model, run: Run, recipe: Recipe) -> Iterator[str]:
    from keras_seq import applications
    from keras_seq.training import fit, scoring
    from keras_seq.training.card_parts import fenced

    card = run.card_file.read_text(encoding="utf-8")
    application = applications.functions(recipe.application)
    objective = application.objective(**fit.divided(recipe.training).objective)
    for split in (split for split in ("validation", "test") if split in run.read_metrics()):
        begun = time.monotonic()
        scored = scoring.score(model, application.read(split, **recipe.data), objective, run.read_seen())
        name, value = next(iter(scored.metrics.items()))
        seconds = time.monotonic() - begun
        print(f"{run.called}: {split} {name} {value:.4f}, {seconds:.0f} s", flush=True)
        if f"{split}:\n\n{fenced(scored.table)}\n" not in card:
            yield f"its card has other scores on {split}:\n{scored.table}"


def _answers_as_before(model, run: Run) -> bool:
    from keras_seq.training import scoring

    ((_, inputs),) = run.read_requests().items()
    return close(scoring.asked(model, inputs), run.read_answers())


def close(found, expected) -> bool:
    """Whether answers are equal, but for the last digits of numbers."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(close(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(close, found, expected))
    return abs(found - expected) <= CLOSE if isinstance(expected, float) else found == expected


if __name__ == "__main__":
    sys.exit(main())
