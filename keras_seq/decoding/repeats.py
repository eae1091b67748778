"""Sequences in which no n-gram stands twice: at every step, the tokens that would repeat one are blocked.

Source: Paulus et al. 2018, "A Deep Reinforced Model for Abstractive Summarization", section 2.5.
"""

from __future__ import annotations

import math

import tensorflow as tf


def nothing_chosen(limits: tf.Tensor, width: int, ngram: int) -> tf.Tensor:
    """The history before the first step, `(rows, width, ngram - 1)` int32: tokens that there are none of.

    Args:
        limits: `(rows,)`.
        width: hypotheses of a row.
        ngram: tokens of an n-gram.
    """
    history = tf.fill([tf.shape(limits)[0], width, ngram - 1], -1)
    # To the loop its length is not known, for it grows.
    return tf.raw_ops.PlaceholderWithDefault(input=history, shape=[None, width, None])


def continued(history: tf.Tensor, tokens: tf.Tensor, parents: tf.Tensor | None = None) -> tf.Tensor:
    """A history, a step later.

    Args:
        history: `(rows, width, time)`.
        tokens: `(rows, width)`, chosen in this step.
        parents: `(rows, width)`, the hypothesis that each one continues; None where each continues itself.
    """
    history = history if parents is None else tf.gather(history, parents, batch_dims=1)
    return tf.concat([history, tokens[..., None]], axis=2)


def blocked(logits: tf.Tensor, history: tf.Tensor, ngram: int) -> tf.Tensor:
    """The logits, `-inf` for each token that would end an n-gram which its hypothesis has already.

    The end, which no hypothesis has, is never blocked.

    Args:
        logits: `(rows, width, vocabulary)`.
        history: `(rows, width, time)`, as `continued` gives it.
        ngram: tokens of an n-gram; 1 blocks every token that was chosen.
    """
    before, count = ngram - 1, tf.shape(history)[2] - (ngram - 1)
    followers = history[..., before:]
    repeats = tf.ones_like(followers, tf.bool)
    for place in range(before):
        last = history[..., count + place, None]
        repeats &= tf.equal(history[..., place : count + place], last)
    found = tf.where(repeats)
    tokens = tf.cast(tf.gather_nd(followers, found), tf.int64)
    places = tf.concat([found[:, :2], tokens[:, None]], axis=1)
    return tf.tensor_scatter_nd_update(logits, places, tf.fill(tf.shape(tokens), -math.inf))
