"""The files of a published model: float16 weights where the scores bear them, scored again, with nothing of the
data and of the machine.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
import pathlib
import shlex
import tempfile
from typing import Any

from keras_seq import applications, keras_file, progress, seen
from keras_seq.answers import Answering
from keras_seq.errors import DataError
from keras_seq.reading import Readable, Reader
from keras_seq.recipe import Recipe
from keras_seq.run import Run, load
from keras_seq.splits import SPLITS
from keras_seq.training import fit, published_card, scoring
from keras_seq.training.epochs import MINIMIZED
from keras_seq.training.published_card import Publication, rounded
from keras_seq.training.scoring import Scored
from keras_seq.version import version

BEARABLE_LOSS = 0.001  # of the main validation score, by float16 weights; of a score up to 100 it is 0.1
DIGITS = 6  # of the numbers in answers.json


@dataclasses.dataclass
class Told:
    """What the publisher says of a model.

    Attributes:
        name: of the model.
        inputs: raw, of the publisher's own.
        languages: of inputs and answers.
        licence: what the licence of the data allows.
    """

    name: str
    inputs: list[str | bytes]
    languages: list[str]
    licence: str


def main_scores(run: Run) -> dict[str, float]:
    """The main score of each split that a run was scored on."""
    metrics = run.read_metrics()
    return {split: next(iter(metrics[split].values())) for split in SPLITS if split in metrics}


def bears(name: str, full: float, half: float) -> bool:
    """Whether a score bears float16 weights: whether it loses at most a thousandth of its scale.

    The scale is 1, as of accuracy and F1; or 100 where a score is above 1, as BLEU is.

    Args:
        name: of the score, which says whether it is better the lower it is.
        full: with float32 weights.
        half: with float16 weights.
    """
    loss = half - full if name.endswith(MINIMIZED) else full - half
    return loss <= BEARABLE_LOSS * (100 if max(full, half) > 1 else 1)


def write(to: Run, run: Run, runs: list[Run], told: Told) -> dict[str, Any]:
    """Write the files of a published model; what of the card cannot be made is left out, with a warning.

    Args:
        to: an empty folder; `called` is what the model will be loaded by.
        run: that is published.
        runs: all from which it was chosen.
        told: by the publisher.

    Returns:
        The metrics that were written.

    Raises:
        DataError: when the data is not what the run was scored on.
    """
    recipe = run.recipe
    to.write_recipe(recipe.portable())
    if known := run.read_seen():
        to.write_seen(seen.fingerprints(known))
    model, scored, weights = _with_weights(to, run, recipe)
    inputs = _requests(model, told.inputs)
    to.write_requests(next(iter(run.read_requests())), inputs, model.takes_numbers)
    answers, before = scoring.asked(model, inputs), run.read_metrics()
    to.write_answers(rounded(answers, DIGITS))
    metrics = {
        **{split: one.metrics for split, one in scored.items()},
        "serving": before.get("serving", {}),
        "training": _without_paths(before["training"]),
        "published": {
            **_told(told, recipe),
            "weights": weights,
            "float32": main_scores(run),
            "seeds": {str(one.recipe.training["seed"]): main_scores(one) for one in runs},
            "bytes": to.model_file.stat().st_size,
        },
    }
    to.write_metrics(metrics)
    with progress.step("writing the card", at_once=False):
        published_card.write(
            to, Publication(told.name, to.recipe, model, metrics, scored, answers, run.read_history())
        )
    return metrics


def _requests(model: Answering, inputs: list[str | bytes]) -> list[str | bytes]:
    """The publisher's inputs as a client sends them."""
    found: list[str | bytes] = []
    for number, raw in enumerate(inputs, 1):
        try:
            found.append(model.file_contents(raw) if isinstance(raw, bytes) else raw)
        except DataError as error:
            raise DataError(f"input {number} of --requests: {error}") from None
    return found


def _told(told: Told, recipe: Recipe) -> dict[str, Any]:
    return {
        "application": recipe.application,
        "languages": told.languages,
        "licence": told.licence,
        "command": _command(told.name, recipe),
        "version": version(),
        "date": datetime.date.today().isoformat(),
    }


def _with_weights(to: Run, run: Run, recipe: Recipe) -> tuple[Answering, dict[str, Scored], str]:
    """Write the model, with float16 weights or, where the scores do not bear them, as it is."""
    full = main_scores(run)["validation"]
    with tempfile.TemporaryDirectory() as folder:
        whole = pathlib.Path(folder, "whole.keras")
        load(run.path).save(whole)  # as this version writes it
        keras_file.copy(whole, to.model_file, half=True)
        model, scored = _scored(to, run, recipe)
        name, half = next(iter(scored["validation"].metrics.items()))
        if bears(name, full, half):
            return model, scored, "float16"
        keras_file.copy(whole, to.model_file, half=False)
    progress.say(
        f"with float16 weights, validation {name} is {half:.4f} instead of {full:.4f}: the weights stay float32"
    )
    return *_scored(to, run, recipe), "float32"


def _scored(to: Run, run: Run, recipe: Recipe) -> tuple[Answering, dict[str, Scored]]:
    """The model that was written, and its scores on the splits that the run was scored on."""
    with progress.step("loading the model", at_once=False):
        model = load(to.model_file)
    application = applications.functions(recipe.application)
    objective = application.objective(**fit.divided(recipe.training).objective)
    unreadable, before = recipe.training["unreadable"], run.read_metrics()
    scored: dict[str, Scored] = {}
    for split in (split for split in SPLITS if split in before):
        examples = Readable(application.read(split, **recipe.data), unreadable, split, hint="")
        reader = Reader(unreadable, hint="", convert=model.file_contents)
        with progress.step(f"scoring the {split} split") as step:
            counted = step.counted(examples)
            scored[split] = scoring.score(model, counted, objective, run.read_seen(), reader)
        found, expected = scored[split].metrics["examples"], before[split]["examples"]
        if found != expected:
            raise DataError(
                f"{run.path}: its {split} split has {found} examples now, and had {expected} when it was trained; "
                "publish it with the same data"
            )
    return model, scored


def _command(name: str, recipe: Recipe) -> str:
    """What trains the model again, from the folder of a checkout."""
    words = ["python", "-m", "keras_seq.train", f"zoo/pretrained/{name}/recipe.yaml"]
    words += ["--set", "data.directory=DIR"] if recipe.needs_files else []
    return shlex.join([*words, "--run", f"runs/{name}"])


def _without_paths(training: dict[str, Any]) -> dict[str, Any]:
    """How a run was trained, without places of this machine: of what it started from, the name alone."""
    kept = {
        key: value
        for key, value in training.items()
        if key != "example" and not (isinstance(value, str) and os.sep in value)
    }
    if "started" in kept:
        kept["started"] = {**kept["started"], "from": pathlib.Path(kept["started"]["from"]).name}
    return kept
