"""python -m keras_seq.train RECIPE: from a recipe to a trained, scored, described run.

TensorFlow is imported only after the recipe is checked.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from keras_seq import applications, distribution, environment, progress, splits, train_command
from keras_seq.cluster import COMMAND_VARIABLE, Cluster, PeersLost
from keras_seq.command_line import proposed, question
from keras_seq.errors import RecipeError, reason, user_errors
from keras_seq.reading import Readable, Reader, first_usable
from keras_seq.recipe import Recipe, schema
from keras_seq.run import Run
from keras_seq.training.epochs import plan, summarized

if TYPE_CHECKING:
    from keras_seq.answers import Answering
    from keras_seq.contract import Known, Objective, Preprocessing
    from keras_seq.formats import Example
    from keras_seq.training.models import Models
    from keras_seq.training.scoring import Scored

REQUEST_EXAMPLES, REQUEST_BYTES = 8, 2**24  # kept as example requests; with those bytes there are enough


def main(argv: list[str] | None = None) -> int:
    arguments = train_command.parser().parse_args(argv)
    with user_errors():
        if arguments.schema:
            print(json.dumps(schema(arguments.schema), indent=2))
            return 0
        recipe, run = train_command.asked_for(arguments)
        cluster = distribution.cluster_of(recipe)
        with distribution.begun(recipe, run, arguments.fresh, cluster) as is_complete:
            if is_complete:
                print(f"{run.path} is complete; --fresh starts it over")
            else:
                command = train_command.again("keras_seq.train", sys.argv[1:] if argv is None else argv)
                command = os.environ.get(COMMAND_VARIABLE, command) if len(cluster.addresses) > 1 else command
                stopped = _resumable(recipe, run, command, cluster, arguments)
                if stopped:
                    return stopped
        if cluster.is_chief:
            _say_next(run)
    return 0


def _resumable(recipe: Recipe, run: Run, command: str, cluster: Cluster, asked: argparse.Namespace) -> int:
    """Train; where that ends early, say how to go on."""
    try:
        return _train(recipe, run, command, cluster, asked)
    except PeersLost as error:
        return distribution.left(error, command)
    except KeyboardInterrupt:
        if run.position_files:
            progress.say(f"what was trained is saved. To go on, the same command again:\n  {command}")
        raise
    except BrokenPipeError:
        raise
    except OSError as error:  # as of a full disk
        if not run.position_files:
            raise
        raise RecipeError(
            f"{error.filename or run.path}: {reason(error)}; what was trained and saved before is kept. "
            f"To go on, once that is mended:\n  {command}"
        ) from None


def _train(recipe: Recipe, run: Run, command: str, cluster: Cluster, asked: argparse.Namespace) -> int:
    data = _splits(recipe, [split for split in splits.SPLITS if split != "test" or not asked.no_test])
    with progress.step("loading TensorFlow"):
        keras = environment.import_keras()
    workers = distribution.connected(recipe, cluster)
    from keras_seq.training import fit, tensorboard, transfer
    from keras_seq.training.models import Models
    from keras_seq.training.state import Stopped

    settings = fit.divided(recipe.training)
    with progress.step("loading the model to start from", at_once=False):
        known = transfer.start_from(**settings.start)
    keras.utils.set_random_seed(recipe.training["seed"])
    preprocessing = _preprocessing(recipe, data, known)
    data |= _usable(recipe, data, preprocessing)
    objective = _objective(recipe, data, preprocessing, settings.objective)
    problems = preprocessing.problems and preprocessing.problems_of
    reader = Reader(recipe.training["unreadable"], problems, convert=preprocessing.contents)
    with progress.step("building the network", at_once=False), workers.scope():
        models = Models(recipe, preprocessing)
        watch = models.watch(objective, data["validation"], reader)
        models.start(known)
    if models.started is not None:
        progress.say("\n  ".join([f"starts from {recipe.training['init_from']}", *models.started.lines()]))
    try:
        with workers.errors():
            fit.fit(
                models.network,
                objective,
                preprocessing,
                data["train"],
                data["validation"],
                run,
                reader,
                watch,
                settings.optimizing,
                settings.scheduling,
                tensorboard.beside(run, models, objective, data["validation"], reader, asked.profile),
                workers,
                **settings.fit,
            )
    except Stopped as stop:
        progress.say(
            f"\nstopped by {stop}; everything is saved. To go on, the same command again:\n  {command}"
        )
        return 128 + stop.signal_number
    with progress.step("finishing", at_once=False), workers.errors():
        if workers.is_chief:
            _finish(recipe, run, objective, models, data, reader, workers.count)
        workers.wait_for_all()  # were the others gone, a chief that is started again would wait for them
        if not workers.is_chief:
            run.remove_features_of(cluster.index)
    return 0


def _splits(recipe: Recipe, names: list[str]) -> dict[str, Any]:
    """The examples of splits, the first of them read; without a test split where the recipe has none."""
    application = applications.functions(recipe.application)
    read = {split: application.read(split, **recipe.data) for split in names}
    found = {split: examples for split, examples in read.items() if examples is not None}
    for examples in found.values():
        splits.check_first(examples)
    unreadable = recipe.training["unreadable"]
    return {split: Readable(examples, unreadable, split) for split, examples in found.items()}


def _preprocessing(recipe: Recipe, data: dict[str, Any], known: Known) -> Preprocessing:
    application = applications.functions(recipe.application)
    with progress.step("learning the vocabulary") as learning:
        return application.prepare(learning.counted(data["train"]), known, **recipe.prepare)


def _usable(recipe: Recipe, data: dict[str, Any], preprocessing: Preprocessing) -> dict[str, Any]:
    """What is trained on and chosen by, without what has a fault; where that is an error, it is raised here."""
    if preprocessing.fault is None:
        return {}
    from keras_seq.usable import Usable

    unreadable, fault = recipe.training["unreadable"], preprocessing.fault
    found = {split: Usable(data[split], fault, unreadable, split) for split in ("train", "validation")}
    with progress.step("looking for what cannot be trained on", at_once=False) as looking:
        for examples in found.values():
            for _ in looking.counted(examples):
                pass
    return found


def _objective(
    recipe: Recipe, data: dict[str, Any], preprocessing: Preprocessing, settings: dict[str, Any]
) -> Objective:
    """The objective by its keys of `training:`, the test split counted."""
    from keras_seq import batches

    with progress.step("counting the test split", at_once=False) as counting:
        objective = applications.functions(recipe.application).objective(**settings)
        objective = objective.settled(data["validation"])
        if "test" in data:
            batches.count(counting.counted(data["test"]), preprocessing, objective, "test")
    return objective


def _finish(
    recipe: Recipe, run: Run, objective: Objective, models: Models, data: Any, reader: Reader, workers: int
) -> None:
    """What comes after training: the best weights, what validation decides, the model, scores, the card."""
    from keras_seq.training import card, fit, tensorboard

    run.load_best_weights(models.best)
    decided = _decided(recipe, objective, models, data["validation"], reader)
    model = models.of_best(**decided) if decided else models.answering
    with progress.step("saving the model", at_once=False):
        run.save_model(model)
    first, inputs = first_usable(data["validation"], reader, REQUEST_EXAMPLES, REQUEST_BYTES)
    run.write_requests(model.inputs[0].name, inputs, model.takes_numbers)
    scored = _scored(objective, model, models.preprocessing, data, reader)
    if models.preprocessing.seen:
        run.write_seen(models.preprocessing.seen)
    metrics: dict[str, Any] = {split: one.metrics for split, one in scored.items()}
    metrics["serving"] = {key: value for key, value in decided.items() if key not in models.fixed}
    metrics["training"] = fit.summary(
        run, models.preprocessing, models.best, objective.monitors, _batch_size(recipe, models), workers
    )
    if recipe.training["batch_budget"] is not None:
        metrics["training"]["batch_budget"] = recipe.training["batch_budget"]
    if models.started is not None:
        origin = {"from": recipe.training["init_from"]}
        metrics["training"]["started"] = origin | models.started._asdict()
    if model.takes_files:
        skipped = len(reader.skipped) + sum(examples.skipped for examples in data.values())
        metrics["training"] |= {"example": first[0].input.path, "skipped_files": skipped}
    run.write_metrics(metrics)  # the run is complete; what is written after this is for people
    shutil.rmtree(run.state)
    with progress.step("writing the card", at_once=False):
        card.write(run, recipe, model, metrics, scored)
        tensorboard.show_last(run, metrics["training"]["epochs"], model, first, inputs)


def _decided(
    recipe: Recipe, objective: Objective, models: Models, validation: Iterable[Example], reader: Reader
) -> dict[str, Any]:
    """The keywords of `present` that the validation split decides."""
    from keras_seq.batches import Batches
    from keras_seq.contract import Validation

    if objective.decide is None:
        return {}
    with progress.step("deciding settings on the validation split", at_once=False) as deciding:
        batches = Batches(models.preprocessing, reader)
        data = batches.evaluation(validation, _batch_size(recipe, models))
        with batches.errors():
            split = Validation(deciding.counted(validation), data)
            return objective.decide(models.of_best, split, models.fixed)


def _scored(
    objective: Objective,
    model: Answering,
    preprocessing: Preprocessing,
    data: dict[str, Any],
    reader: Reader,
) -> dict[str, Scored]:
    """The scores of the validation and the test split."""
    from keras_seq.training import scoring

    scored: dict[str, Scored] = {}
    for split in (split for split in ("validation", "test") if split in data):
        with progress.step(f"scoring the {split} split") as step:
            examples = step.counted(data[split])
            scored[split] = scoring.score(model, examples, objective, preprocessing.seen, reader)
    return scored


def _batch_size(recipe: Recipe, models: Models) -> int:
    training = recipe.training
    return plan(models.preprocessing.examples, training["epochs"], training["batch_size"])[1]


def _say_next(run: Run) -> None:
    metrics = run.read_metrics()
    print(summarized(metrics["training"]))
    for split in ("validation", "test"):
        if split in metrics:
            name, value = next(iter(metrics[split].items()))
            print(f"{split} {name} {value:.4f} on {metrics[split]['examples']} examples")
    if run.card_file.exists():
        print(f"the run's card: {run.card_file}")
    example = run.example if run.takes_files else question(run.example)
    print("next:")
    print(f"  {proposed('keras_seq.predict', str(run.path), example or 'TEXT')}")
    print(f"  {proposed('export', str(run.path))}")


if __name__ == "__main__":
    sys.exit(main())
