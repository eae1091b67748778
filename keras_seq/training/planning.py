"""What a training makes of its data: the order of the examples, and what is said about it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

from keras_seq import budgets, progress
from keras_seq.contract import Objective, Preprocessing
from keras_seq.errors import DataError
from keras_seq.formats import Example
from keras_seq.order import Order
from keras_seq.reading import Reader
from keras_seq.training.epochs import plan
from keras_seq.training.workers import Alone


def order_of(
    train: Iterable[Example],
    preprocessing: Preprocessing,
    reader: Reader,
    batch_size: int | None,
    budget: int | None,
    shuffle_buffer: int,
    seed: int,
) -> Order:
    """The order of the training split; with a budget its examples are measured."""
    if budget is None:
        batch_size = plan(preprocessing.examples, None, batch_size)[1]
        return Order(train, batch_size, shuffle_buffer, seed)
    with progress.step("measuring the training split", at_once=False) as measuring:
        sizes = budgets.sizes_of(measuring.counted(train), preprocessing, reader)
    larger = sum(size > budget for size in sizes)
    if larger:
        progress.say(
            f"{larger} training examples are larger than training.batch_budget: each is a batch of its own"
        )
    return Order(train, batch_size or preprocessing.examples, shuffle_buffer, seed, budget, sizes)


def say_plan(examples: int, epochs: int, steps: int, order: Order) -> None:
    """How many epochs and steps there are, where the recipe leaves that open."""
    of = str(order.batch_size) if order.budget is None else f"at most {order.budget}, padding included"
    key = "batch_size" if order.budget is None else "batch_budget"
    progress.say(
        f"{examples} examples: {epochs} epochs of {steps} steps of {of}; training.epochs and training.{key} say "
        "otherwise"
    )


def warn_if_sorted(
    train: Iterable[Example], preprocessing: Preprocessing, objective: Objective, shuffle_buffer: int
) -> None:
    """Say so where what the shuffle buffer holds first has not all classes."""
    if preprocessing.examples <= shuffle_buffer or not preprocessing.classes:
        return
    first = itertools.islice(train, shuffle_buffer)
    seen = {name for example in first for name in objective.classes_of(example.truth)}
    if len(seen) < len(preprocessing.classes):
        progress.say(
            f"warning: the first {shuffle_buffer} training examples have {len(seen)} of {len(preprocessing.classes)} "
            "classes only; shuffle the file, or raise training.shuffle_buffer"
        )


def check_same(planned: dict[str, Any], workers: Alone) -> None:
    """Make sure that all workers are about to do the same; they would wait for each other for ever.

    Args:
        planned: what this one is about to do, by name, as JSON has it.
        workers: all of them have to call it.

    Raises:
        DataError: when the chief is about to do something else.
    """
    chiefs = json.loads(workers.from_chief(lambda: json.dumps(planned).encode()))
    other = [name for name in planned if planned[name] != chiefs[name]]
    if other:
        raise DataError(
            f"worker {workers.cluster.index}: the data is not the chief's ({', '.join(other)} differ); give all the "
            "same files"
        )
