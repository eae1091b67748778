"""What a search for labels found: the best of each row, with the parts of their scores, and other orders of
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from keras_seq.decoding.hypotheses import NO_HYPOTHESIS


class NBest(NamedTuple):
    """The best labels of each row, best first.

        score = log_probability + weight * language + word_bonus * words + unknown_bonus * unknown

    A row for which fewer were found has empty places: no labels, and a score of `NO_HYPOTHESIS`.
    """

    labels: tf.Tensor
    """`(batch, n_best, labels)` int32, with 0 behind; as wide as the longest."""
    scores: tf.Tensor
    """`(batch, n_best)` float32, what the order is by."""
    log_probability: tf.Tensor
    """`(batch, n_best)` float32, of the labels over those of their paths that the search followed."""
    language: tf.Tensor
    """`(batch, n_best)` float32, the log-probability that the language model gives; without one 0."""
    words: tf.Tensor
    """`(batch, n_best)` int32, how many words there are; without a language model 0."""
    unknown: tf.Tensor
    """`(batch, n_best)` int32, how many of them the language model has not."""


def scored(
    found: NBest,
    weight: float | tf.Tensor,
    word_bonus: float | tf.Tensor,
    unknown_bonus: float | tf.Tensor = 0.0,
) -> tf.Tensor:
    """The scores by other weights, `(batch, n_best)` float32; weights may have dimensions before these."""
    words, unknown = tf.cast(found.words, tf.float32), tf.cast(found.unknown, tf.float32)
    bonus = word_bonus * words + unknown_bonus * unknown
    return tf.where(
        found.scores > NO_HYPOTHESIS, found.log_probability + weight * found.language + bonus, NO_HYPOTHESIS
    )


def reordered(
    found: NBest,
    weight: float | tf.Tensor,
    word_bonus: float | tf.Tensor,
    unknown_bonus: float | tf.Tensor = 0.0,
) -> NBest:
    """The same, best first by other weights."""
    scores = scored(found, weight, word_bonus, unknown_bonus)
    scores, order = tf.math.top_k(scores, tf.shape(scores)[1])
    return NBest(*(tf.gather(tensor, order, batch_dims=1) for tensor in found))._replace(scores=scores)


def best_by(found: NBest, weights: Sequence[float], word_bonuses: Sequence[float]) -> tf.Tensor:
    """Which hypothesis of each row is the best by each pair of weights: `(weights, word bonuses, batch)`
    int32.

    So held-out data choose the weights without a search for each: let a search with weights in the middle
    keep many, count the errors of each once, and add them up by these places.
    """
    weight = tf.reshape(tf.constant(weights, tf.float32), [-1, 1, 1, 1])
    word_bonus = tf.reshape(tf.constant(word_bonuses, tf.float32), [1, -1, 1, 1])
    return tf.argmax(scored(found, weight, word_bonus), axis=-1, output_type=tf.int32)
