"""Raw inputs and truths, in any of the forms of `fit` -> batches of what a network and its loss take."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from keras_seq.answers.raw_inputs import BATCH_SIZE, as_batches, as_strings
from keras_seq.endless import Endless
from keras_seq.errors import DataError

Rows = Any  # a tuple of tensors, inputs, truths and, where given, weights; or a dataset of them


class Kind(NamedTuple):
    """Of which inputs and truths the pairs are.

    Attributes:
        name: of the model's input.
        files: whether an input is the bytes of a file.
        truths: truths as people have them, and the raw inputs -> `(batch,)` string, checked.
        pair: inputs and truths, `(batch,)` string each -> what the network takes, and what its loss takes.
        weighted: whether single examples may have weights.
        raw: inputs in a form that the model alone takes -> in one that `as_strings` takes.
    """

    name: str
    files: bool
    truths: Callable[[Any, list], tf.Tensor]
    pair: Callable[[tf.Tensor, tf.Tensor], tuple[Any, tf.Tensor]]
    weighted: bool = True
    raw: Callable[[Any], Any] = lambda given: given


class Pairs:
    """Makes batches of inputs and truths; they are read inside `reading()`."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._error: Exception | None = None

    def rows(self, x: Any, y: Any = None, sample_weight: Any = None) -> Rows:
        """Inputs, truths and weights, checked; a dataset as it was given.

        Raises:
            TypeError: when they are of another form.
            DataError: when there are none, or not as many of each, or by `Kind.truths`.
        """
        name = self.kind.name
        if isinstance(x, tf.data.Dataset):
            if y is not None or sample_weight is not None:
                raise TypeError(
                    "a tf.data.Dataset has the truths and the weights in it: leave the others out"
                )
            return x
        if y is None:
            raise TypeError(f"expected a list of {name}s and a list with a truth for each, given no truths")
        inputs = as_strings(self.kind.raw(x), name, self.kind.files)
        raw = inputs.numpy().tolist()
        _check_count(y, len(raw), name)
        truths = self.kind.truths(y, raw)
        if not raw:
            raise DataError(f"expected a list of {name}s, given an empty one")
        if sample_weight is None:
            return inputs, truths
        return inputs, truths, self._weights(sample_weight, len(raw))

    def divided(self, rows: Rows, part: float) -> tuple[Rows, Rows]:
        """The first rows; and the last ones, which are `part` of all."""
        if isinstance(rows, tf.data.Dataset):
            raise TypeError(
                "validation_split is of lists; a dataset is divided by its take(...) and skip(...)"
            )
        count = len(rows[0])
        first = int(count * (1 - part))
        if not 0 < first < count:
            raise DataError(
                f"validation_split: {part} of {count} {self.kind.name}s leaves none to train or none to hold out"
            )
        return tuple(row[:first] for row in rows), tuple(row[first:] for row in rows)

    def passes(
        self, rows: Rows, batch_size: int | None, shuffle: bool, steps: int | None, at_once: int
    ) -> tuple[tf.data.Dataset, int | None]:
        """Rows -> batches for `fit`, and how many of them make a pass: all rows again and again, so that what reads
        them is started once; of a dataset, or where steps are asked for, once.

        Args:
            rows, batch_size, shuffle: as in `batches`.
            steps: that the caller asked for.
            at_once: steps of one execution, of which the last of a pass would take from the next.
        """
        if isinstance(rows, tf.data.Dataset) or steps is not None or at_once > 1:
            return self.batches(rows, batch_size, shuffle), steps
        count = math.ceil(len(rows[0]) / (batch_size or BATCH_SIZE))
        return Endless(self.batches(rows, batch_size, shuffle, again=True)), count

    def batches(
        self, rows: Rows, batch_size: int | None = None, shuffle: bool = False, again: bool = False
    ) -> tf.data.Dataset:
        """Rows -> batches.

        Args:
            rows: what `rows` gave.
            batch_size: 32 when left out; a batched dataset stays as it is.
            shuffle: whether rows are shuffled, anew for each pass; those of a dataset never are.
            again: whether rows come again and again; those of a dataset never do.
        """
        if isinstance(rows, tf.data.Dataset):
            data = self._of_dataset(rows, batch_size)
        else:
            data = tf.data.Dataset.from_tensor_slices(rows)
            data = (data.shuffle(len(rows[0])) if shuffle else data).batch(batch_size or BATCH_SIZE)
            data = data.repeat() if again else data
        return data.map(self.pair, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)

    def pair(self, inputs: tf.Tensor, truths: tf.Tensor, *weights: tf.Tensor) -> tuple:
        """One batch of rows -> what the network takes, what its loss takes, and the weights."""
        return (*self.kind.pair(inputs, truths), *weights)

    @contextlib.contextmanager
    def reading(self, steps: int | None = None) -> Iterator[None]:
        """Around what reads batches: what is wrong with a truth of a dataset is named, and not what TensorFlow
        makes of it.

        Args:
            steps: that the caller asked for; None reads all batches.
        """
        try:
            with warnings.catch_warnings():
                if steps is None:  # Keras warns whenever a dataset ends that could not say its size
                    warnings.filterwarnings("ignore", "Your input ran out of data")
                yield
        except tf.errors.OpError:
            if self._error is None:
                raise
            raise self._error from None

    def _of_dataset(self, data: tf.data.Dataset, batch_size: int | None) -> tf.data.Dataset:
        spec, name = data.element_spec, self.kind.name
        if not isinstance(spec, tuple) or len(spec) not in (2, 3):
            raise TypeError(f"expected a dataset of ({name}, truth) pairs; given one of {spec}")
        if not isinstance(spec[1], tf.TensorSpec) or spec[1].dtype != tf.string:
            raise TypeError(
                f"expected a dataset of ({name}, truth) pairs, whose truths are strings, as model.truths(...) makes "
                f"them; given {spec[1]}"
            )
        if len(spec) == 3:
            self._check_weighted()
        return as_batches(data, name, batch_size, self.kind.files, with_others=True).map(self._checked)

    def _checked(self, inputs: tf.Tensor, truths: tf.Tensor, *weights: tf.Tensor) -> tuple:
        checked = tf.numpy_function(self._truths, [inputs, truths], tf.string)
        return (inputs, tf.ensure_shape(checked, [None]), *weights)

    def _truths(self, inputs: np.ndarray, truths: np.ndarray) -> np.ndarray:
        try:
            return self.kind.truths(truths.tolist(), inputs.tolist()).numpy()
        except (TypeError, ValueError) as error:
            self._error = error
            raise error.with_traceback(None) from None  # TensorFlow prints it

    def _weights(self, given: Any, count: int) -> tf.Tensor:
        self._check_weighted()
        weights = np.asarray(given, "float32")
        if weights.shape != (count,):
            raise DataError(
                f"sample_weight: expected a number for each of {count} {self.kind.name}s, given shape {weights.shape}"
            )
        return tf.constant(weights)

    def _check_weighted(self) -> None:
        if not self.kind.weighted:
            raise TypeError(
                f"sample_weight: the loss is a mean over all of a batch, in which single {self.kind.name}s have no "
                "weight; leave it out"
            )


def _check_count(truths: Any, count: int, name: str) -> None:
    if hasattr(truths, "__len__") and not isinstance(truths, str | bytes) and len(truths) != count:
        raise DataError(f"{count} {name}s and {len(truths)} truths; expected a truth for each {name}")
