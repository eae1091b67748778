"""An n-gram model with backoff as sorted arrays, so that a graph can ask it for many histories at once.

Each n-gram has a number among those of its length: of one item its id, of more its place in the order of its
key,

    key = number of its first n - 1 items * number of ids + id of its last item

so to find a longer n-gram is one search for one key, exact, and what was found is the history of what comes
next.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_seq.formats.arpa import NGram, NGrams

NOT_LISTED = -1  # the number of an n-gram that the model has not
BEHIND_ALL_KEYS = np.iinfo("int64").max


class Level(NamedTuple):
    """The n-grams of one length, in the order of their keys."""

    keys: np.ndarray
    """`(count,)` int64; of n-grams of one item the ids."""
    probabilities: np.ndarray
    """`(count,)` float32, natural logarithms."""
    backoffs: np.ndarray
    """`(count,)` float32, natural logarithms."""


class BackoffTable(keras.layers.Layer):
    """Ids and their histories -> log-probabilities, and the histories of what comes next.

    A history is the numbers of the n-grams that end there: `(..., length - 1)` int32, that of the last item
    first, `NOT_LISTED` for those that the model has not.

    Args:
        counts: how many n-grams of each length there are, two lengths or more.
    """

    def __init__(self, counts: Sequence[int], **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "trainable": False})
        self.counts = [int(count) for count in counts]
        self.num_ids = self.counts[0]
        lengths = range(1, len(self.counts) + 1)
        self.keys = [self._weight("keys", length, "int64") for length in lengths[1:]]
        self.probabilities = [self._weight("probabilities", length) for length in lengths]
        self.backoffs = [self._weight("backoffs", length) for length in lengths[:-1]]
        self.built = True

    def _weight(self, name: str, length: int, dtype: str = "float32"):
        """Room for the n-grams of a length, and one behind them all, so that every search ends in the array."""
        return self.add_weight(
            shape=(self.counts[length - 1] + 1,),
            initializer="zeros" if dtype == "float32" else behind_all_keys,
            dtype=dtype,
            trainable=False,
            autocast=False,
            name=f"{name}_{length}",
        )

    def fill(self, levels: Sequence[Level]) -> None:
        """Take over the numbers of a model whose counts these are."""
        for level, probabilities in zip(levels, self.probabilities, strict=True):
            probabilities.assign(np.append(level.probabilities, 0))
        for level, backoffs in zip(levels[:-1], self.backoffs, strict=True):
            backoffs.assign(np.append(level.backoffs, 0))
        for level, keys in zip(levels[1:], self.keys, strict=True):
            keys.assign(np.append(level.keys, BEHIND_ALL_KEYS))

    def first(self, item: int) -> list[int]:
        """The history of which nothing is known but its last item."""
        return [item] + [NOT_LISTED] * (len(self.counts) - 2)

    def call(self, history: tf.Tensor, ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The log-probabilities `(...)` of ids `(...)` after histories, in nats, and the histories after
        them.
        """
        score, following = tf.gather(self.probabilities[0], ids), [ids]
        for place, keys in enumerate(self.keys):
            before = history[..., place]
            listed = before >= 0
            wanted = tf.cast(before, tf.int64) * self.num_ids + tf.cast(ids, tf.int64)
            wanted = tf.where(listed, wanted, tf.constant(NOT_LISTED, tf.int64))
            found = tf.reshape(tf.searchsorted(keys, tf.reshape(wanted, [-1])), tf.shape(ids))
            is_found = tf.gather(keys, found) == wanted
            backoff = tf.gather(self.backoffs[place], tf.maximum(before, 0))
            score = tf.where(
                is_found,
                tf.gather(self.probabilities[place + 1], found),
                score + tf.where(listed, backoff, 0.0),
            )
            following.append(tf.where(is_found, found, NOT_LISTED))
        return score, tf.stack(following[: len(self.keys)], axis=-1)


def behind_all_keys(shape: Sequence[int], dtype: str) -> tf.Tensor:
    """The keys of an array that has none yet, for `add_weight`."""
    return tf.fill(shape, tf.constant(BEHIND_ALL_KEYS, dtype))


def levels_of(ngrams: NGrams, ids: Mapping[Hashable, int]) -> list[Level]:
    """The arrays of an n-gram model, two at least, without the n-grams of items that have no id.

    Args:
        ngrams: with an entry for each item that has an id.
        ids: the id of each item, from 0 without a gap.
    """
    given = list(ngrams.orders)
    if len(given) == 1:
        given = [{ngram: (number, 0.0) for ngram, (number, _) in given[0].items()}, {}]
    orders = [
        {ngram: numbers for ngram, numbers in order.items() if all(item in ids for item in ngram)}
        for order in given
    ]
    for shorter, longer in reversed(list(itertools.pairwise(orders))):
        for ngram in [ngram[:-1] for ngram in longer if ngram[:-1] not in shorter]:
            shorter[ngram] = (ngrams.log10(ngram[:-1], ngram[-1]), 0.0)  # its probability stays what it was
    numbers: dict[NGram, int] = {(): 0}
    levels = []
    for order in orders:
        keys = {ngram: numbers[ngram[:-1]] * len(ids) + ids[ngram[-1]] for ngram in order}
        ordered = sorted(order, key=lambda ngram: keys[ngram])
        numbers = {ngram: number for number, ngram in enumerate(ordered)}
        values = np.array([order[ngram] for ngram in ordered]).reshape(-1, 2) * math.log(10)
        key_array = np.array([keys[ngram] for ngram in ordered], "int64")
        levels.append(Level(key_array, *values.astype("float32").T))
    return levels
