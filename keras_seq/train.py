"""python -m keras_seq.train RECIPE: from a recipe to a trained, scored, described run.

TensorFlow is imported only after the recipe is checked.
"""

from __future__ import annotations

import itertools
import json
import pathlib
import shlex
import shutil
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from keras_seq import applications, environment, progress, splits
from keras_seq.command_line import CommandParser, proposed, question
from keras_seq.errors import RecipeError, reason, user_errors
from keras_seq.recipe import Recipe, load_recipe, schema
from keras_seq.run import Run
from keras_seq.training.epochs import plan

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_seq.contract import Objective, Preprocessing
    from keras_seq.formats import Example

REQUEST_EXAMPLES = 8
SHOWN_LOOKS = 3  # inputs whose attention the card draws


def main(argv: list[str] | None = None) -> int:
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
        "--schema", metavar="APPLICATION", help="print the JSON Schema of an application's recipes"
    )
    arguments = parser.parse_args(argv)
    with user_errors():
        if arguments.schema:
            print(json.dumps(schema(arguments.schema), indent=2))
            return 0
        recipe = load_recipe(*arguments.recipes, overrides=arguments.set)
        run = Run(arguments.run or pathlib.Path("runs", recipe.name))
        with run.training(recipe, arguments.fresh):
            if run.is_complete and not arguments.fresh:
                print(f"{run.path} is complete; --fresh starts it over")
            else:
                words = sys.argv[1:] if argv is None else argv
                command = shlex.join(
                    ["python", "-m", "keras_seq.train", *(word for word in words if word != "--fresh")]
                )
                stopped = _resumable(recipe, run, command)
                if stopped:
                    return stopped
        _say_next(run)
    return 0


def _resumable(recipe: Recipe, run: Run, command: str) -> int:
    """Train; where that ends early, say how to go on."""
    try:
        return _train(recipe, run, command)
    except KeyboardInterrupt:
        if run.position_file.exists():
            progress.say(f"what was trained is saved. To go on, the same command again:\n  {command}")
        raise
    except BrokenPipeError:
        raise
    except OSError as error:  # as of a full disk
        if not run.position_file.exists():
            raise
        raise RecipeError(
            f"{error.filename or run.path}: {reason(error)}; what was trained and saved before is kept. "
            f"To go on, once that is mended:\n  {command}"
        ) from None


def _train(recipe: Recipe, run: Run, command: str) -> int:
    application = applications.functions(recipe.application)
    train, validation, test = (
        application.read(split, **recipe.data) for split in ("train", "validation", "test")
    )
    for examples in (train, validation, test):
        splits.look_at(examples)
    with progress.step("loading TensorFlow"):
        keras = environment.import_keras()
        from keras_seq import batches
        from keras_seq.training import fit, scoring
        from keras_seq.training.state import Stopped

    settings = dict(recipe.training)
    objective_settings = {
        k: settings.pop(k) for k in recipe.training if k not in (fit.fit.__kwdefaults__ or {})
    }
    keras.utils.set_random_seed(settings["seed"])
    with progress.step("learning the vocabulary") as learning:
        preprocessing = application.prepare(learning.counted(train), **recipe.prepare)
    with progress.step("counting the test split", at_once=False) as counting:
        objective = application.objective(**objective_settings).settled(validation)
        if test is not None:
            batches.count(counting.counted(test), preprocessing, objective, "test")
    with progress.step("building the network", at_once=False):
        network = application.build(preprocessing.sizes, **recipe.model)
        fixed = {key: value for key, value in recipe.serving.items() if value is not None}
        application.present(
            preprocessing, network, **fixed
        )  # what is wrong with `serving:` is said before training
        watched = objective.watched and application.present(preprocessing, network, **objective.watched)

    def watch() -> dict[str, float]:
        return scoring.numbers(scoring.score(watched, validation, objective).metrics) if watched else {}

    try:
        fit.fit(network, objective, preprocessing, train, validation, run, watch, **settings)
    except Stopped as stop:
        progress.say(
            f"\nstopped by {stop}; everything is saved. To go on, the same command again:\n  {command}"
        )
        return 128 + stop.signal_number
    with progress.step("finishing", at_once=False):
        _finish(recipe, run, objective, preprocessing, validation, test)
    return 0


def _finish(
    recipe: Recipe,
    run: Run,
    objective: Objective,
    preprocessing: Preprocessing,
    validation: Iterable[Example],
    test: Iterable[Example] | None,
) -> None:
    """What comes after training: the best weights, what the validation split decides, the model, scores, the
    card.
    """
    from keras_seq import batches
    from keras_seq.training import fit, scoring

    application = applications.functions(recipe.application)
    fixed = {key: value for key, value in recipe.serving.items() if value is not None}
    best = application.build(
        preprocessing.sizes, **recipe.model
    )  # without the optimizer, which Keras would save too
    run.load_best_weights(best)
    _, batch_size = plan(preprocessing.examples, recipe.training["epochs"], recipe.training["batch_size"])
    data = batches.evaluation_dataset(validation, preprocessing, batch_size)
    chosen = _chosen(application, objective, preprocessing, best, validation, data, fixed)
    model = application.present(preprocessing, best, **chosen)
    with progress.step("saving the model", at_once=False):
        run.save_model(model)
    run.write_requests(
        model.inputs[0].name, [e.input for e in itertools.islice(validation, REQUEST_EXAMPLES)]
    )
    scored = {}
    for split, examples in (("validation", validation), ("test", test)):
        if examples is not None:
            with progress.step(f"scoring the {split} split") as step:
                scored[split] = scoring.score(model, step.counted(examples), objective, preprocessing.seen)
    if preprocessing.seen:
        run.write_seen(preprocessing.seen)
    metrics = {split: split_scored.metrics for split, split_scored in scored.items()}
    metrics["serving"] = {key: value for key, value in chosen.items() if key not in fixed}
    metrics["training"] = fit.summary(run, preprocessing, best, objective.monitors, batch_size)
    run.write_metrics(metrics)  # the run is complete; what is written after this is for people
    shutil.rmtree(run.state)
    with progress.step("writing the card", at_once=False):
        _write_card(run, recipe, model, metrics, list(scored.values())[-1].worst, objective)


def _write_card(
    run: Run, recipe: Recipe, model: Any, metrics: dict[str, Any], worst: list[Any], objective: Objective
) -> None:
    from keras_seq.training import card

    requests = next(iter(run.read_requests().values()))
    shown = sorted((raw for raw in requests if raw.strip()), key=len)[:SHOWN_LOOKS]
    card.write(run, recipe, metrics, worst, objective.spans, lambda: model.looks(shown))


def _chosen(
    application: ModuleType,
    objective: Objective,
    preprocessing: Preprocessing,
    network: keras.Model,
    validation: Iterable[Example],
    data: tf.data.Dataset,
    fixed: dict[str, Any],
) -> dict[str, Any]:
    """The keywords of `present`: those that the recipe fixes, and those that the validation split decides."""
    chosen = fixed
    if objective.calibrate is not None:
        with progress.step("calibrating the scores on the validation split", at_once=False):
            chosen = {**objective.calibrate(network, data, chosen), **chosen}
    if objective.choose is not None:
        model = application.present(preprocessing, network, **chosen)
        with progress.step("choosing settings on the validation split", at_once=False) as choosing:
            chosen = {**objective.choose(model, choosing.counted(validation), chosen), **chosen}
    return chosen


def _say_next(run: Run) -> None:
    metrics, requests = run.read_metrics(), run.read_requests()
    for split in ("validation", "test"):
        if split in metrics:
            name, value = next(iter(metrics[split].items()))
            print(f"{split} {name} {value:.4f} on {metrics[split]['examples']} examples")
    texts = [question(text) for text in next(iter(requests.values())) if isinstance(text, str)]
    if run.card_file.exists():
        print(f"the run's card: {run.card_file}")
    print("next:")
    print(f"  {proposed('keras_seq.predict', str(run.path), next(filter(None, texts), 'TEXT'))}")
    print(f"  {proposed('export', str(run.path))}")


if __name__ == "__main__":
    sys.exit(main())
