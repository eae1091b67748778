"""How much of a batch is padding, and how fast is a training: batches of so many examples, and of so many pieces.

    python -m benchmarks.padding --data DIR [--batch-size 64] [--budget N] [--examples N] [--steps N]

DIR holds Multi30k (train.de.gz, train.en.gz, val.de.gz, val.en.gz). The network and the pieces are those of
zoo/translation_multi30k.yaml. Without `--budget` it is as many pieces as the batches of examples have on average,
padding included, so that a step takes as much of either. Without `--steps` nothing is trained.
"""

from __future__ import annotations

import argparse
import itertools
import os
import pathlib
import sys
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from keras_seq import budgets
from keras_seq.applications import translation
from keras_seq.batches import Batches
from keras_seq.order import Order
from keras_seq.reading import Reader
from keras_seq.recipe import load_recipe

RECIPE = pathlib.Path(__file__).resolve().parent.parent / "zoo" / "translation_multi30k.yaml"
SHUFFLE_BUFFER = 50_000
WARM_UP = 5  # steps that are not timed: they are traced


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, metavar="DIR")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--budget", type=int, help="pieces of a batch, padding included")
    parser.add_argument("--examples", type=int, help="the first so many, for a try")
    parser.add_argument("--steps", type=int, default=0, help="of training that are timed")
    arguments = parser.parse_args(argv)
    recipe = load_recipe(RECIPE, overrides=[f"data.directory={arguments.data}"])
    examples = list(itertools.islice(translation.read("train", **recipe.data), arguments.examples))
    preprocessing = translation.prepare(examples, **recipe.prepare)
    sizes = budgets.sizes_of(examples, preprocessing, Reader())
    fixed = Order(examples, arguments.batch_size, SHUFFLE_BUFFER, 1)
    size_of = {example.where: size for example, size in zip(examples, sizes, strict=True)}
    budget = arguments.budget or _padded(fixed, size_of) // fixed.steps(len(examples))
    budgeted = Order(examples, len(examples), SHUFFLE_BUFFER, 1, budget, sizes)
    for name, order in {f"{arguments.batch_size} examples": fixed, f"{budget} pieces": budgeted}.items():
        waste, rows = padding(preprocessing, order)
        print(
            f"{name}: {order.steps(len(examples))} steps of {min(rows)} to {max(rows)} examples, padding {waste:.1%}",
            flush=True,
        )
        if arguments.steps:
            per_second = speed(recipe, preprocessing, order, arguments.steps)
            print(f"{name}: {per_second[0]:,.0f} examples, {per_second[1]:,.0f} pieces a second", flush=True)
    return 0


def _padded(order: Order, size_of: dict[str, int]) -> int:
    """Rows times the longest, of all batches of an epoch."""
    return sum(len(batch) * max(size_of[one.where] for one in batch) for batch in order.epoch(0))


def padding(preprocessing: Any, order: Order) -> tuple[float, list[int]]:
    """The part of an epoch's ids that is padding, of sources and targets, and the rows of its batches."""
    cells = padded = 0
    rows = []
    for inputs, _ in Batches(preprocessing).training(order, range(1)):
        for ids in inputs.values():
            cells, padded = cells + ids.shape[0] * ids.shape[1], padded + int(np.sum(ids.numpy() == 0))
        rows.append(ids.shape[0])
    return padded / cells, rows


def speed(recipe: Any, preprocessing: Any, order: Order, steps: int) -> tuple[float, float]:
    """Examples and pieces (of targets, without padding) a second, of training steps."""
    keras.utils.set_random_seed(1)
    network = translation.build(preprocessing.sizes, **recipe.model)
    smoothing = recipe.training["label_smoothing"]
    network.compile("adam", translation.objective(label_smoothing=smoothing).loss, jit_compile=False)
    data = iter(Batches(preprocessing).training(order, range(1)).repeat())
    rows = pieces = seconds = 0.0
    for step in range(WARM_UP + steps):
        inputs, targets = next(data)
        start = time.perf_counter()
        network.train_on_batch(inputs, targets)
        if step >= WARM_UP:
            seconds += time.perf_counter() - start
            rows, pieces = rows + len(targets), pieces + int(np.sum(targets.numpy() > 0))
    return rows / seconds, pieces / seconds


if __name__ == "__main__":
    sys.exit(main())
