"""python -m keras_seq.tune RECIPE --space SPACE.yaml --trials N: the best values of a recipe's keys.

Each trial is a run of `keras_seq.train` in a process of its own. It is scored on the validation split; the
test split is left for the recipe that comes out.
"""

from __future__ import annotations

import argparse
import importlib.util
import pathlib
import shlex
import sys
from typing import TYPE_CHECKING, Any

from keras_seq import progress
from keras_seq.command_line import CommandParser, proposed, whole_number
from keras_seq.errors import RecipeError, user_errors
from keras_seq.recipe import load_recipe
from keras_seq.study.folder import StudyFolder
from keras_seq.study.space import load_space
from keras_seq.training import choices

if TYPE_CHECKING:
    from keras_seq.study.report import Report
    from keras_seq.study.search import Outcome


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser(
        "keras_seq.tune",
        "Search the best values of a recipe's keys. The same command again goes on where it stopped; started "
        "several times at once, it shares the trials.",
    )
    parser.add_argument(
        "recipes", nargs="+", metavar="RECIPE", help="YAML files, or names in the zoo; a later one overrides"
    )
    parser.add_argument(
        "--space", required=True, metavar="SPACE", help="a YAML file: what is tried of which keys"
    )
    parser.add_argument(
        "--trials", required=True, type=whole_number(1), metavar="N", help="of the whole study"
    )
    parser.add_argument(
        "--jobs", type=whole_number(1), default=1, metavar="N", help="trials at once (default: 1)"
    )
    parser.add_argument("--set", action="append", default=[], metavar="A.B=VALUE", help="override one value")
    parser.add_argument(
        "--study", metavar="DIR", help="the study's folder (default: studies/NAME OF THE FIRST RECIPE)"
    )
    parser.add_argument("--seed", type=whole_number(0), default=1, help="decides what is tried (default: 1)")
    parser.add_argument("--no-pruning", action="store_true", help="train every trial to its end")
    parser.add_argument("--fresh", action="store_true", help="start over, if the study was begun before")
    arguments = parser.parse_args(argv)
    with user_errors():
        _tune(arguments, sys.argv[1:] if argv is None else argv)
    return 0


def _tune(arguments: argparse.Namespace, words: list[str]) -> None:
    recipe = load_recipe(*arguments.recipes, overrides=arguments.set)
    choices.check(recipe.training)
    space = load_space(arguments.space, recipe)
    path = arguments.study or pathlib.Path("studies", recipe.name)
    folder = StudyFolder(path, recipe.name)
    if importlib.util.find_spec("optuna") is None:
        raise RecipeError(
            "the package optuna is not installed: pip install optuna==5.0.0, or the project anew"
        )
    folder.begin(recipe, space.written, arguments.seed, arguments.fresh)
    with progress.step("loading Optuna", at_once=False):
        from keras_seq.study.report import Report, Row
        from keras_seq.study.search import Search
        from keras_seq.study.tuner import Tuner

    search = Search(folder, arguments.seed, not arguments.no_pruning)
    search.begin_with(space.encoded(recipe))

    def report() -> Report:
        rows = [
            Row(number, space.suggested(trial), outcome)
            for number, (trial, outcome) in search.outcomes().items()
        ]
        return Report(folder, recipe, space, search.settled("score") or "score", rows)

    def ended(number: int, values: dict[str, Any], outcome: Outcome) -> None:
        progress.say(report().line(Row(number, values, outcome)))

    try:
        Tuner(search, folder, recipe, space, arguments.trials, arguments.jobs, ended).go()
    except BaseException as error:
        with progress.step("writing what came of the trials", at_once=False):
            report().write()
        if isinstance(error, KeyboardInterrupt):
            command = [word for word in words if word != "--fresh"]
            again = shlex.join(["python", "-m", "keras_seq.tune", *command])
            progress.say(f"the state of the trials is saved. To go on, the same command again:\n  {again}")
        raise
    with progress.step("writing what came of the trials", at_once=False):
        report().write()
    _say_next(report(), search.going_on())


def _say_next(report: Report, going_on: int) -> None:
    if going_on:
        progress.say(f"{going_on} trials are trained by other processes, which finish the study")
    best = report.best
    if best is None:
        raise RecipeError(
            f"no trial was trained to its end; {report.folder.table_file} has what came of each"
        )
    print(f"best of {len(report.rows)} trials: {report.line(best)}")
    print(f"table and picture: {report.folder.report_file}")
    print("next:")
    print(f"  {proposed('keras_seq.train', str(report.folder.best_file))}")
    run = report.folder.run(best.number)
    print(f"  {proposed('keras_seq.predict', str(run.path), 'FILE' if run.takes_files else 'TEXT')}")


if __name__ == "__main__":
    sys.exit(main())
