"""Raw examples -> batches: a seeded shuffle of bounded size, buckets of similar length, padding to the
longest row.

The order is made in Python, of raw examples; tensors are made in the graph, by the preprocessing that the
saved model and the servable hold too. Nothing is held but the shuffle buffer, so memory does not grow with
the data.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator

import tensorflow as tf

from keras_seq.contract import Objective, Preprocessing
from keras_seq.errors import DataError
from keras_seq.formats import Example

BATCHES_SORTED_TOGETHER = 50


def shuffled(examples: Iterable[Example], buffer: int, generator: random.Random) -> Iterator[Example]:
    """The examples in a random order, as far as a buffer of `buffer` of them can mix a stream."""
    held: list[Example] = []
    for example in examples:
        if len(held) < buffer:
            held.append(example)
        else:
            place = generator.randrange(buffer)
            held[place], example = example, held[place]
            yield example
    generator.shuffle(held)
    yield from held


def rough_length(raw: str | bytes) -> tuple[int, int]:
    """Orders raw inputs by length before anything is decoded: texts by spaces, then characters; bytes by
    number.
    """
    return (raw.count(" ") if isinstance(raw, str) else 0), len(raw)


def bucketed(
    examples: Iterable[Example], batch_size: int, generator: random.Random | None = None
) -> Iterator[list[Example]]:
    """Batches of examples of similar `rough_length`.

    Every 50 batches' worth of examples are sorted by length and cut into batches; with a `generator` the
    batches are then given out in a random order. All batches but one, of the last examples, are full.
    """
    pool: list[Example] = []

    def cut() -> list[list[Example]]:
        pool.sort(key=lambda example: rough_length(example.input))
        batches = [pool[start : start + batch_size] for start in range(0, len(pool), batch_size)]
        if generator is not None:
            generator.shuffle(batches)
        return batches

    for example in examples:
        pool.append(example)
        if len(pool) == BATCHES_SORTED_TOGETHER * batch_size:
            yield from cut()
            pool = []
    yield from cut()


def count(examples: Iterable[Example], preprocessing: Preprocessing, objective: Objective, split: str) -> int:
    """How many examples a split has.

    Raises:
        DataError: when one of them is of a class that the training split never had, or when there are none.
    """
    number, classes = 0, set(preprocessing.classes)
    for example in examples:
        number += 1
        unknown = sorted(set(objective.classes_of(example.truth)) - classes) if classes else []
        if unknown:
            known = ", ".join(map(repr, preprocessing.classes))
            what = f"label {unknown[0]!r} in {split}, which training never had; it had {known}"
            raise DataError(f"{example.where}: {what}")
    if not number:
        raise DataError(f"the {split} split has no examples")
    return number


def tensors(batches: Callable[[], Iterable[list[Example]]], preprocessing: Preprocessing) -> tf.data.Dataset:
    """A dataset of `(inputs, targets)` from a function that gives an iterator of batches of examples."""

    def columns() -> Iterator[tuple[list, list]]:
        for batch in batches():
            yield [example.input for example in batch], [example.truth for example in batch]

    strings = tf.TensorSpec([None], tf.string)
    dataset = tf.data.Dataset.from_generator(columns, output_signature=(strings, strings))
    return dataset.map(
        tf.autograph.experimental.do_not_convert(preprocessing.pair),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    ).prefetch(tf.data.AUTOTUNE)


def training_dataset(
    examples: Iterable[Example],
    preprocessing: Preprocessing,
    batch_size: int,
    shuffle_buffer: int,
    seed: int,
    epochs: range,
    skip: int = 0,
) -> tf.data.Dataset:
    """One dataset over several epochs; each epoch's order follows from the seed and the epoch's number alone.

    Args:
        examples: the training split.
        preprocessing: adapted.
        batch_size: examples a batch.
        shuffle_buffer: examples held to be mixed.
        seed: decides the order.
        epochs: the epochs to give, one after the other.
        skip: batches of the first epoch that are passed over (they were trained on before a stop).
    """

    def batches() -> Iterator[list[Example]]:
        for epoch in epochs:
            generator = random.Random(f"{seed} {epoch}")
            order = bucketed(shuffled(examples, shuffle_buffer, generator), batch_size, generator)
            for number, batch in enumerate(order):
                if epoch > epochs.start or number >= skip:
                    yield batch

    return tensors(batches, preprocessing)


def evaluation_dataset(
    examples: Iterable[Example], preprocessing: Preprocessing, batch_size: int, batches: int | None = None
) -> tf.data.Dataset:
    """The examples once, in buckets of similar length, the same order every time; Keras wants to know how
    many.
    """
    dataset = tensors(lambda: bucketed(examples, batch_size), preprocessing)
    return dataset if batches is None else dataset.apply(tf.data.experimental.assert_cardinality(batches))
