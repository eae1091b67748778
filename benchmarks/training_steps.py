"""How fast are the steps of a training: in float32, in half precision, and without the norm of gradients being noted?

    python -m benchmarks.training_steps RECIPE [--steps 20] [--rounds 6] [--set A.B=VALUE]

The recipe's network is trained on its own batches, the same ones in each variant, which take turns: so many steps of
one, of the next, and so on, round by round, after one round that does not count. The first on a batch is slower, as
kernels are prepared for its lengths: so each round begins with another one. Prints the examples a second of each
variant, the median over the rounds, and the ratio to float32, round by round: its median, lowest and highest.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from benchmarks.sides import ratios
from keras_seq import applications
from keras_seq.batches import Batches
from keras_seq.errors import user_errors
from keras_seq.order import Order
from keras_seq.reading import Readable, Reader
from keras_seq.recipe import load_recipe
from keras_seq.training import fit, optimizers
from keras_seq.training.models import Models

FLOAT32, BFLOAT16, WITHOUT_NORM = "float32", "mixed_bfloat16", "float32 without the norm"


class WithoutNorm(optimizers.AveragingAdam):
    """The optimizer of recipes, with nothing noted, and Keras's own clipping."""

    def _clips_every_batch(self) -> bool:
        return False

    def apply(self, grads, trainable_variables=None) -> None:
        keras.optimizers.Adam.apply(self, grads, trainable_variables)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", metavar="RECIPE")
    parser.add_argument("--steps", type=int, default=20, help="of a turn")
    parser.add_argument("--rounds", type=int, default=6, help="a multiple of 3")
    parser.add_argument("--set", action="append", default=[], metavar="A.B=VALUE")
    arguments = parser.parse_args(argv)
    with user_errors():
        recipe = load_recipe(arguments.recipe, overrides=arguments.set)
        application = applications.functions(recipe.application)
        train = Readable(application.read("train", **recipe.data), "stop", "train")
        preprocessing = application.prepare(train, **recipe.prepare)
    objective = application.objective(**fit.divided(recipe.training).objective).settled(train)
    order = Order(train, recipe.training["batch_size"], recipe.training["shuffle_buffer"], 1)
    reader = Reader(convert=preprocessing.contents)
    data = iter(Batches(preprocessing, reader).training(order, range(arguments.rounds + 1)))
    networks = {
        name: trained(recipe, preprocessing, objective, name) for name in (FLOAT32, BFLOAT16, WITHOUT_NORM)
    }
    rates: dict[str, list[float]] = {name: [] for name in networks}
    for number in range(arguments.rounds + 1):
        batches = list(itertools.islice(data, arguments.steps))
        turns = [*networks.items()]
        for name, network in turns[number % len(turns) :] + turns[: number % len(turns)]:
            start = time.perf_counter()
            for inputs, targets in batches:
                network.train_on_batch(inputs, targets)
            seconds = time.perf_counter() - start
            if number:
                rates[name].append(len(batches) * recipe.training["batch_size"] / seconds)
    for name, found in rates.items():
        print(
            f"{name}: {statistics.median(found):,.1f} examples/s, {ratios(found, rates[FLOAT32])} of float32"
        )
    return 0


def trained(recipe: Any, preprocessing: Any, objective: Any, name: str) -> keras.Model:
    """A network that is to be trained, as a training compiles it."""
    keras.utils.set_random_seed(1)
    recipe.training["precision"] = BFLOAT16 if name == BFLOAT16 else FLOAT32
    network = Models(recipe, preprocessing).network
    settings = fit.divided(recipe.training)
    kind = WithoutNorm if name == WITHOUT_NORM else optimizers.AveragingAdam
    optimizer = kind(
        0.001,
        global_clipnorm=settings.optimizing["gradient_clip"],
        use_ema=settings.optimizing["weight_averaging"] > 0,
        ema_momentum=settings.optimizing["weight_averaging"],
    )
    network.compile(optimizer, loss=objective.loss, metrics=objective.metrics, jit_compile=False)
    return network


if __name__ == "__main__":
    sys.exit(main())
