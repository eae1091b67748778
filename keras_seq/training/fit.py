"""Training by `model.fit`: the optimizer, the data, the epochs that are left, and what there is to say
afterwards.
"""

from __future__ import annotations

import inspect
import math
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import keras
import tensorflow as tf
from pydantic import PositiveInt

from keras_seq import progress
from keras_seq.batches import Batches, count
from keras_seq.contract import Objective, Preprocessing
from keras_seq.feature_cache import FeatureCache
from keras_seq.formats import Example
from keras_seq.reading import Reader
from keras_seq.run import Run
from keras_seq.sections import Factors, Patterns, Seed
from keras_seq.training import frozen, initial_weights, layer_rates, optimizers, planning, schedules
from keras_seq.training.bar import Bar
from keras_seq.training.epochs import best_of, epochs_of, plan
from keras_seq.training.precision import computing
from keras_seq.training.state import StateKeeper
from keras_seq.training.tensorboard import StepScalars
from keras_seq.training.transfer import start_from
from keras_seq.training.workers import ALONE, Alone

Watch = Callable[[keras.Model, Preprocessing, FeatureCache | None], Callable[[], dict[str, float]]]


def fit(
    network: keras.Model,
    objective: Objective,
    preprocessing: Preprocessing,
    train: Iterable[Example],
    validation: Iterable[Example],
    run: Run,
    reader: Reader,
    watch: Watch = lambda network, preprocessing, features: dict,
    optimizing: Mapping[str, Any] = MappingProxyType({}),
    scheduling: Mapping[str, Any] = MappingProxyType({}),
    beside: Sequence[keras.callbacks.Callback] = (),
    workers: Alone = ALONE,
    *,
    epochs: PositiveInt | None = None,
    batch_size: PositiveInt | None = None,
    patience: PositiveInt | None = None,
    batch_budget: PositiveInt | None = None,
    steps_per_execution: PositiveInt = 1,
    evaluate_every: PositiveInt = 1,
    shuffle_buffer: PositiveInt = 50000,
    cache: Literal["none", "memory", "disk"] = "none",
    unreadable: Literal["stop", "skip"] = "stop",
    freeze: Patterns | None = None,
    thaw_after: PositiveInt | None = None,
    learning_rates: Factors | None = None,
    distribution: Literal["none", "mirrored", "multi_worker"] = "none",
    seed: Seed = 1,
) -> None:
    """Train a network, from where the run's state stands; leave the best weights in the run.

    Args:
        network: tensors -> scores, built.
        objective: what the application's `objective` gives.
        preprocessing: adapted on the training split.
        train: the training split.
        validation: the split that chooses the best epoch.
        run: where the state, the history and the logs go.
        reader: reads the files of inputs.
        watch: makes, of the network that is trained, what prepares its inputs and the cache of these, what is called
            after every epoch and gives scores of the validation split by name.
        optimizing: keywords of `optimizers.make`.
        scheduling: keywords of `schedules.make`.
        beside: what else goes along; at the end of validation the network has the weights that are scored.
        workers: who trains; `distribution` says of which kind.
        epochs: most times that the training split is gone over; left out, as many as give 1500 steps, at
            least 10 and at most 50.
        batch_size: examples a step; left out, a power of two from 4 to 64, as large as 32 steps an epoch
            allow. With a budget, the most examples of a batch; left out, as many as the budget allows.
        batch_budget: most words, pieces, frames or pixels of a batch, with what pads it: rows times the longest of
            them. An example that is larger is a batch of its own.
        steps_per_execution: steps that TensorFlow runs before it comes back to Python, which is where states are
            saved and signals heard.
        evaluate_every: epochs from one scoring of answers (BLEU, word error rate) to the next, and the last epoch;
            the loss and the network's own metrics are of every epoch.
        patience: stop after so many epochs without a better validation score; without it never.
        shuffle_buffer: examples held to be shuffled: references, not the contents of files.
        cache: where what the preprocessing makes of each example is kept from epoch to epoch: nowhere, in
            memory, or in a file of the run's state, which is removed when the run is complete. Of a frozen backbone
            its features are kept, and not the pixels.
        unreadable: whether a file that is missing, empty or damaged ends the training, or is left out.
        freeze: layers that stay as they are, by their names or patterns of them, as [embedding, "bidirectional_*"].
        thaw_after: epochs after which frozen layers are trained too; left out, never.
        learning_rates: layers, by names or patterns, and what the learning rate is multiplied by for them, as
            {embedding: 0.1}.
        distribution: who trains: this process on one device; mirrored: all GPUs of this machine; multi_worker:
            the processes that the variable TF_CONFIG names, each on one device. A batch is that of all together.
        seed: decides the initial weights, the dropout and the order of the data.

    Raises:
        DataError: when the training data is not what the run was begun with, or has nothing to train on, or
            when the weights or the loss are no numbers.
        RecipeError: when `freeze` or `learning_rates` name a layer that is not there, or all are frozen.
        Stopped: after Ctrl-C or SIGTERM; the state is saved.
    """
    with progress.step("preparing the training", at_once=False):
        planning.warn_if_sorted(train, preprocessing, objective, shuffle_buffer)
        order = planning.order_of(
            train, preprocessing, reader, batch_size, batch_budget, shuffle_buffer, seed
        )
        steps = order.steps(preprocessing.examples)
        if None in (epochs, batch_budget or batch_size):
            planning.say_plan(preprocessing.examples, epochs or epochs_of(steps), steps, order)
        epochs, batch_size = epochs or epochs_of(steps), plan(preprocessing.examples, epochs, batch_size)[1]
        with workers.scope():
            schedule = schedules.make(
                epochs * steps, lambda: keeper.history, objective.monitors, **scheduling
            )
            optimizer = optimizers.make(schedule.rate, **optimizing)
        layer_rates.settle(network, optimizer, freeze or (), (thaw_after or 0) * steps, learning_rates or {})
        whole = network
        initial_weights.put(whole, preprocessing)
        if cache != "none":
            network, preprocessing = frozen.divided(whole, preprocessing)
        if workers.count > 1:
            of = f"{batch_size} examples" if batch_budget is None else f"at most {batch_budget}"
            progress.say(f"{workers.count} workers take {of} a step together")
        network = workers.trained(network)
        with workers.scope():
            _compile(network, objective, optimizer, steps_per_execution)
        with progress.step("counting the validation split", at_once=False) as counting:
            number = count(counting.counted(validation), preprocessing, objective, "validation")
        run.begin()  # all that may be wrong with the data was found by now
        planned = {
            "epochs": epochs,
            "steps": steps,
            "batch_size": batch_size,
            "monitors": objective.monitors,
        }
        if workers.is_chief:
            run.write_plan(planned)
        if workers.count > 1:
            first = [str(example.truth) for example in order.batch(0, 0)]
            planning.check_same({**planned, "validation examples": number, "first batch": first}, workers)
        features = _feature_cache(preprocessing, reader, cache, run, workers.cluster.index)
        batches = Batches(preprocessing, reader, features, workers.share)
        validation_steps = math.ceil(number / batch_size)
        validation_data: tf.data.Dataset = batches.endless_evaluation(validation, batch_size)
        if steps_per_execution > 1:
            # Of an endless one, the last execution of a pass would take from the next.
            validation_data = batches.evaluation(validation, batch_size, validation_steps)
        keeper = StateKeeper(
            run,
            network,
            preprocessing,
            steps,
            objective.monitors,
            patience,
            watch(network, preprocessing, features),
            whole,
            lambda epoch: (epoch + 1) % evaluate_every == 0 or epoch + 1 == epochs,
            order.batch,
            workers,
        )
        with batches.errors():
            keeper.restore(validation_data)
    bar = Bar(epochs, steps, preprocessing.examples / steps if batch_budget else batch_size)
    with keeper.signals(), bar, batches.errors():
        while keeper.epoch < epochs and not keeper.out_of_patience():
            # The rest of an epoch that was broken off, or all the whole ones that are left. Of several steps in one
            # execution the last would go on in the next epoch's batches, if there were some.
            end = keeper.epoch + 1 if keeper.step or steps_per_execution > 1 else epochs
            network.fit(
                batches.training(order, range(keeper.epoch, end), keeper.step),
                validation_data=validation_data,
                validation_steps=validation_steps,
                initial_epoch=keeper.epoch,
                epochs=end,
                steps_per_epoch=steps - keeper.step,
                shuffle=False,
                verbose=0,
                callbacks=[
                    *schedule.callbacks,
                    *(beside if workers.is_chief else ()),
                    keeper,
                    *(_written(run, keeper) if workers.is_chief else ()),
                    bar,
                ],
            )
    if features is not None:
        features.close()


def _written(run: Run, keeper: StateKeeper) -> list[keras.callbacks.Callback]:
    """What writes the run's logs."""
    return [keras.callbacks.TensorBoard(str(run.logs), write_graph=False), StepScalars(run.logs, keeper)]


class Divided(NamedTuple):
    """The keys of a recipe's `training:`, by the function that takes them: `fit`, `optimizers.make`,
    `schedules.make`, `precision.computing`, `transfer.start_from`, and the application's `objective`.
    """

    fit: dict[str, Any]
    optimizing: dict[str, Any]
    scheduling: dict[str, Any]
    computing: dict[str, Any]
    start: dict[str, Any]
    objective: dict[str, Any]


def divided(training: dict[str, Any]) -> Divided:
    """Divide a recipe's `training:`."""
    functions = (fit, optimizers.make, schedules.make, computing, start_from)
    parameters = (inspect.signature(function).parameters.values() for function in functions)
    taken = [{one.name for one in each if one.kind is one.KEYWORD_ONLY} for each in parameters]
    rest = {*training}.difference(*taken)
    return Divided(*({key: training[key] for key in training if key in keys} for keys in (*taken, rest)))


def summary(
    run: Run,
    preprocessing: Preprocessing,
    network: keras.Model,
    monitors: list[str],
    batch_size: int,
    workers: int = 1,
) -> dict[str, Any]:
    """What there is to say of a training that ended: epochs, the best of them, time, speed, size.

    Args:
        run: whose history it is.
        preprocessing: adapted.
        network: trained.
        monitors: `Objective.monitors`.
        batch_size: examples a step, of all workers together.
        workers: how many there were in the end.
    """
    history = run.read_history()
    seconds = [row["seconds"] for row in history]
    best = best_of(history, monitors)
    return {
        "epochs": len(history),
        "best_epoch": best.epoch + 1,
        "monitor": monitors[0].removeprefix("val_"),
        "decided_by": best.name.removeprefix("val_"),
        "batch_size": batch_size,
        "seconds": round(sum(seconds), 1),
        "examples": preprocessing.examples,
        "examples_per_second": round(preprocessing.examples / statistics.median(seconds), 1),
        "peak_memory_mb": peak_memory_mb(),
        "parameters": network.count_params(),
        "cpu_cores": os.cpu_count(),
        **({"workers": workers} if workers > 1 else {}),
        "finished": time.strftime("%Y-%m-%d"),
    }


def peak_memory_mb() -> int:
    """The most memory that this process had so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))  # bytes there, else kB


def _compile(
    network: keras.Model, objective: Objective, optimizer: keras.Optimizer, steps_per_execution: int
) -> None:
    """Compile a network, and make the optimizer's variables."""
    if any(layer.compute_dtype == "float16" for layer in network.layers):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    # XLA is slower than TensorFlow's own kernels for an LSTM on a CPU, and "auto" may choose it.
    network.compile(
        optimizer,
        loss=objective.loss,
        metrics=objective.metrics,
        jit_compile=False,
        steps_per_execution=steps_per_execution,
        auto_scale_loss=False,  # Keras asks the model's policy, which is not that of its layers
    )
    optimizer.build(network.trainable_variables)


def _feature_cache(
    preprocessing: Preprocessing, reader: Reader, kind: str, run: Run, worker: int
) -> FeatureCache | None:
    if kind == "none":
        return None
    return FeatureCache(preprocessing, reader, run.features_file_of(worker) if kind == "disk" else None)
