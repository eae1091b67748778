"""python -m keras_seq.publish RUN...: the best of some finished runs as a trained model to give away.

    model.keras       float16 weights, where the scores bear them
    recipe.yaml       without the folders of this machine: paths start at data.directory
    metrics.json      the scores of these very weights; "published" has licence, languages, seeds and more
    requests.json     inputs of the publisher's own; answers.json: the model's answers to them
    seen.json         where scores compare with the training data: fingerprints, no texts
    card.md, *.png    what the model is, for people

The runs are of one recipe with different seeds; the one with the best main score on validation is taken. Nothing
that is written holds a sentence of the data.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import sys
from collections.abc import Iterator
from typing import Any

from keras_seq import applications, catalogue, environment, progress, request_body
from keras_seq.command_line import CommandParser, proposed, question
from keras_seq.errors import RecipeError, reason, user_errors
from keras_seq.formats import File
from keras_seq.formats.inputs import Inputs
from keras_seq.reading import contents
from keras_seq.recipe import Recipe
from keras_seq.run import Run
from keras_seq.splits import SPLITS
from keras_seq.training.epochs import best_of

NAME = re.compile(
    r"\w[\w-]*"
)  # what `catalogue.model_folder` takes for a name, and a folder and a URL take too
LANGUAGE = re.compile(r"[a-z]{2,3}(-\w+)*")


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser("keras_seq.publish", "Publish the best of some runs as a trained model.")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folders of finished runs, of one recipe")
    parser.add_argument(
        "--requests",
        metavar="FILE",
        required=True,
        help="inputs of your own, for examples: a line a text or path, or .json like a run's requests.json",
    )
    parser.add_argument("--languages", metavar="L", required=True, help="of inputs and answers, as de,en")
    parser.add_argument("--licence", metavar="TEXT", required=True, help="what the data's licence allows")
    parser.add_argument(
        "--to", metavar="DIR", default="zoo/pretrained", help="folder of models (default: zoo/pretrained)"
    )
    parser.add_argument("--name", metavar="NAME", help="default: what the names of the runs begin with")
    arguments = parser.parse_args(argv)
    with user_errors():
        runs = [Run(path).finished() for path in arguments.runs]
        run, name = best(runs), _name(arguments.name, runs)
        target = _target(pathlib.Path(arguments.to), name)
        inputs, languages = _inputs(arguments.requests, run), _languages(arguments.languages)
        _refuse_copies(inputs, run.recipe)
        with progress.step("loading TensorFlow"):
            environment.import_keras()
        from keras_seq.training import publication

        told = publication.Told(name, inputs, languages, " ".join(arguments.licence.split()))
        called = name if target.resolve() == (catalogue.PRETRAINED / name).resolve() else str(target)
        with _whole(target) as folder:
            metrics = publication.write(Run(folder, called), run, runs, told)
        _say(Run(target, called), run, metrics)
    return 0


def best(runs: list[Run]) -> Run:
    """The run with the best main score on validation; of equal ones the first.

    Raises:
        RecipeError: when the recipes differ in more than their seeds, or one is published already.
    """
    first = runs[0].recipe
    for run in runs:
        if run.is_published:
            raise RecipeError(f"{run.path}: is a published model already; give runs, whose data is there")
    for run in runs[1:]:
        others = [one for one in run.recipe.differences(first) if not one.startswith("training.seed ")]
        if others:
            raise RecipeError(
                f"{run.path}: its recipe is not that of {runs[0].path} ({'; '.join(others)}); give runs that differ "
                "in training.seed alone"
            )
    mains = [next(iter(run.read_metrics()["validation"].items())) for run in runs]
    name = mains[0][0]
    return runs[max(best_of([{name: value} for _, value in mains], [name]).epoch, 0)]


def _name(given: str | None, runs: list[Run]) -> str:
    name = given or runs[0].name
    if given is None and len(runs) > 1:
        letters = itertools.takewhile(
            lambda each: len(set(each)) == 1, zip(*(run.name for run in runs), strict=False)
        )
        name = "".join(each[0] for each in letters).rstrip("_-. 0123456789")
    if not NAME.fullmatch(name):
        raise RecipeError(
            f"{name!r}: not a name for a model; expected letters, digits, _ and -, without a dot; give one with --name"
        )
    return name


def _languages(given: str) -> list[str]:
    found = given.split(",")
    if not all(map(LANGUAGE.fullmatch, found)):
        raise RecipeError(f"--languages {given}: expected codes of languages with commas between, as de,en")
    return found


def _target(to: pathlib.Path, name: str) -> pathlib.Path:
    """The model's folder, when it can be made or replaced."""
    target = to / name
    if os.path.lexists(target) and not (Run(target).is_complete and Run(target).is_published):
        raise RecipeError(
            f"{target}: is there and is no published model; name another folder with --to, or --name"
        )
    return target


def _inputs(path: str, run: Run) -> list[str | bytes]:
    """The publisher's raw inputs; of a model of files their bytes."""
    takes_files, found = run.takes_files, list[str | bytes]()
    try:
        if pathlib.Path(path).suffix == ".json":
            ((_, found),) = request_body.decoded(pathlib.Path(path).read_text(encoding="utf-8")).items()
        else:
            folder = pathlib.Path(path).parent
            texts = [one.text for one in Inputs(path) if one.text.strip()]
            found += [contents(File.of(folder / text)) if takes_files else text for text in texts]
    except OSError as error:
        raise RecipeError(f"--requests {path}: cannot be read: {reason(error)}") from None
    except (KeyError, AttributeError, TypeError, json.JSONDecodeError):
        raise RecipeError(f'--requests {path}: expected {{"inputs": {{"NAME": [...]}}}}') from None
    if not found or not all(isinstance(one, bytes if takes_files else str) for one in found):
        raise RecipeError(
            f"--requests {path}: expected one input or more, {'files' if takes_files else 'texts'} as the model takes"
        )
    return found


def _refuse_copies(inputs: list[str | bytes], recipe: Recipe) -> None:
    """Complain of an input that is one of the data, where the data is somebody else's."""
    mine = {text.strip().casefold(): text for text in inputs if isinstance(text, str)}
    if not mine or not recipe.needs_files:
        return
    application = applications.functions(recipe.application)
    with progress.step("comparing with the data", at_once=False):
        for split in SPLITS:
            for example in application.read(split, **recipe.data) or ():
                if isinstance(example.input, str) and example.input.strip().casefold() in mine:
                    text = mine[example.input.strip().casefold()]
                    raise RecipeError(
                        f"--requests: {text!r} stands in the data ({example.where}); give inputs of your own"
                    )


@contextlib.contextmanager
def _whole(target: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder to write into, which becomes `target` when all went well; else it is gone, and `target` as before."""
    part, old = (target.with_name(f".{target.name}.{state}") for state in ("part", "old"))
    for left in (part, old):  # by a process that was killed
        if left.exists() and (left == part or target.exists()):
            shutil.rmtree(left)
    part.mkdir(parents=True)
    try:
        yield part
        if target.exists():
            os.replace(target, old)
        try:
            os.replace(part, target)
        except OSError:
            if old.exists():
                os.replace(old, target)
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _say(model: Run, run: Run, metrics: dict[str, Any]) -> None:
    about = metrics["published"]
    for split in (split for split in SPLITS if split in about["float32"]):
        score, value = next(iter(metrics[split].items()))
        print(
            f"{split} {score} {value:.4f} with {about['weights']} weights, {about['float32'][split]:.4f} before"
        )
    print(f"{run.path} is published as {model.path}, {about['bytes'] / 1e6:.1f} MB")
    print(f"its card: {model.card_file}")
    example = "FILE" if model.takes_files else question(model.example)
    print(f"next:\n  {proposed('keras_seq.predict', model.called, example)}")


if __name__ == "__main__":
    sys.exit(main())
