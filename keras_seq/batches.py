"""Batches of examples -> tensors, padded to the longest row.

The order is made in Python (`order.py`), of examples, which are references; tensors are made by the preprocessing
that the saved model and the servable hold too. Nothing is held but the shuffle buffer, and where a recipe asks for
one, a cache; so memory does not grow with the data.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tensorflow as tf

from keras_seq.contract import Objective, Preprocessing
from keras_seq.endless import Endless
from keras_seq.errors import DataError
from keras_seq.feature_cache import FeatureCache
from keras_seq.formats import Example
from keras_seq.order import Order, bucketed
from keras_seq.reading import Reader

THREADS = 4  # of a dataset that runs graphs of its own
ENDING_SECONDS = 0.1  # for what is being read when nobody needs it any more


def count(examples: Iterable[Example], preprocessing: Preprocessing, objective: Objective, split: str) -> int:
    """How many examples a split has.

    Raises:
        DataError: when one of them is of a class that the training split never had, or when there are none.
    """
    number = 0
    for example in examples:
        number += 1
        unknown = objective.unknown_class(example.truth, preprocessing.classes)
        if unknown is not None:
            known = ", ".join(map(repr, preprocessing.classes))
            what = f"label {unknown!r} in {split}, which training never had; it had {known}"
            raise DataError(f"{example.where}: {what}")
    if not number:
        raise DataError(f"the {split} split has no examples")
    return number


@dataclasses.dataclass(frozen=True)
class Share:
    """Which rows of every batch are a worker's: each is exactly one worker's, and so are those of the last batch.

    Attributes:
        index: of the worker, from 0.
        count: of the workers; where it is 1 all rows are.
        devices: of the worker. They get as many rows each: where that does not come out even, some of the first rows
            of the batch come twice.
    """

    index: int = 0
    count: int = 1
    devices: int = 1

    def of(self, batch: list[Example]) -> tuple[list[Example], int]:
        """The worker's rows, spread over the lengths, and how many; where there are fewer rows than workers, those
        who have none get one that does not count, for want of a step that takes no rows.
        """
        rows = batch[self.index :: self.count]
        return rows or batch[:1], len(rows)

    def evened(self, tensors: Any) -> Any:
        """Rows of tensors, as many for each device."""
        if self.devices == 1:
            return tensors
        rows = tf.shape(tf.nest.flatten(tensors)[0])[0]
        places = tf.range(-(-rows // self.devices) * self.devices) % rows
        return tf.nest.map_structure(lambda one: tf.gather(one, places), tensors)


class Batches:
    """Makes datasets of `(inputs, targets)` of batches of examples; where there are several workers, of
    `(inputs, targets, rows)` of one of them, with the number of rows that count, a scalar int32.

    Args:
        preprocessing: adapted.
        reader: reads the files of inputs.
        cache: of the features; None computes them at every turn.
        share: the worker's.
    """

    def __init__(
        self,
        preprocessing: Preprocessing,
        reader: Reader | None = None,
        cache: FeatureCache | None = None,
        share: Share = Share(),
    ) -> None:
        self.preprocessing, self.cache, self.share = preprocessing, cache, share
        self.reader = reader or Reader(convert=preprocessing.contents)
        self._error: DataError | None = None
        self._ended = False

    def training(self, order: Order, epochs: range, skip: int = 0) -> tf.data.Dataset:
        """One dataset over several epochs.

        Args:
            order: of the training split.
            epochs: the epochs to give, one after the other.
            skip: batches of the first epoch that are passed over (they were trained on before a stop).
        """

        def batches() -> Iterator[list[Example]]:
            for epoch in epochs:
                yield from itertools.islice(order.epoch(epoch), skip if epoch == epochs.start else 0, None)

        return self._tensors(batches)

    def evaluation(
        self, examples: Iterable[Example], batch_size: int, batches: int | None = None
    ) -> tf.data.Dataset:
        """The examples once, in buckets of similar length, the same order every time, each with its first
        truth; Keras wants to know how many batches there are.
        """
        dataset = self._tensors(lambda: _ordered(examples, batch_size))
        return dataset if batches is None else dataset.apply(tf.data.experimental.assert_cardinality(batches))

    def endless_evaluation(self, examples: Iterable[Example], batch_size: int) -> Endless:
        """What `evaluation` gives, again and again."""
        return Endless(self._tensors(lambda: _ordered(examples, batch_size), again=True))

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Around what takes the datasets: a `DataError` comes out as it is, where `tf.data` makes it one of its own;
        and nothing is read any more at the end.

        An iterator that is left while it reads waits for that, in its destructor, with Python's lock in its hands,
        and reading needs the lock: a training that was stopped hung in one of many.
        """
        self._error, self._ended = None, False
        try:
            yield
        except tf.errors.OpError:
            if self._error is not None:
                raise self._error from None
            raise
        finally:
            self._ended = True
            time.sleep(ENDING_SECONDS)  # without the lock

    def _tensors(
        self, batches: Callable[[], Iterable[list[Example]]], again: bool = False
    ) -> tf.data.Dataset:
        texts = tf.TensorSpec([None], tf.string)
        take: Callable[[list[Example]], tuple[list[Example], Any]]
        if self.cache is not None:
            take, spec, paired = self.cache.batch, _batch_spec(self.cache.spec), self.preprocessing.pair
        else:
            take, spec, paired = self.reader.read, texts, self._paired

        def columns() -> Iterator[tuple[Any, list[str], int]]:
            try:
                for _ in itertools.count() if again else range(1):
                    yield from itertools.takewhile(lambda _: not self._ended, self._columns(batches(), take))
                    if self._ended:
                        return
            except DataError as error:
                self._error = error
                raise

        def tensors(inputs: Any, truths: Any, rows: tf.Tensor) -> tuple:
            return (*self.share.evened(paired(inputs, truths)), *(() if self.share.count == 1 else (rows,)))

        number = tf.TensorSpec([], tf.int32)
        dataset = tf.data.Dataset.from_generator(columns, output_signature=(spec, texts, number))
        dataset = dataset.map(
            tf.autograph.experimental.do_not_convert(tensors),
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        ).prefetch(tf.data.AUTOTUNE)
        if self.cache is None and self.preprocessing.problems is None:
            return dataset
        # `columns` runs graphs of its own, and waits for them: in threads of its own, or all may come to
        # wait.
        options = tf.data.Options()
        options.threading.private_threadpool_size = THREADS
        return dataset.with_options(options)

    def _columns(
        self, batches: Iterable[list[Example]], take: Callable[[list[Example]], tuple[list[Example], Any]]
    ) -> Iterator[tuple[Any, list[str], int]]:
        """What is read of each batch, and how many rows of it count; the number of batches stays, so that an
        epoch has its steps.

        In place of a batch of which nothing can be read, the one after it is given twice, or the last one.
        """
        missing, last = 0, None
        for batch in batches:
            rows, number = self.share.of(batch)
            kept, inputs = take(rows)
            if not kept:
                missing += 1
                continue
            last = inputs, [example.truth for example in kept], len(kept) if number else 0
            for _ in range(missing + 1):
                yield last
            missing = 0
        if missing and last is None:
            raise DataError(f"no file can be used; {next(iter(self.reader.skipped.values()), '')}")
        for _ in range(missing):
            yield last  # type: ignore[misc]

    def _paired(self, raw: tf.Tensor, truths: tf.Tensor) -> tuple[Any, Any]:
        return self.preprocessing.pair(self.preprocessing.features_of(raw), truths)


def _ordered(examples: Iterable[Example], batch_size: int) -> Iterator[list[Example]]:
    for batch in bucketed(examples, batch_size):
        yield [example._replace(truth=example.truths[0]) for example in batch]


def _batch_spec(spec: Any) -> Any:
    """The specification of a batch of features, of a batch of any number of rows."""
    return tf.nest.map_structure(lambda one: tf.TensorSpec([None, *one.shape[1:]], one.dtype), spec)
