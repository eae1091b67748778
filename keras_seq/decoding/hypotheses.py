"""What a search found: the hypotheses of every row, their lengths, scores and attention."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import tensorflow as tf

# The score of a hypothesis that is none: finite, and below that of any real one.
NO_HYPOTHESIS = -1e9
# A part of the memory that got less attention than this in all counts as if it had got this much.
LEAST_COVERAGE = 1e-3


class Hypotheses(NamedTuple):
    """What was found, best first; `time` is the number of steps that the longest of the batch took.

    A vocabulary that is too small for `width` different sequences leaves the last places empty: length 0 and
    a score of `NO_HYPOTHESIS`. `width` is 1 for greedy search and sampling.
    """

    tokens: tf.Tensor
    """`(rows, width, time)` int32, without the start and the end token; padding behind."""
    lengths: tf.Tensor
    """`(rows, width)` int32, how many tokens there are, the end token not counted."""
    counts: tf.Tensor
    """`(rows, width)` int32, likewise, the end token counted, unless its limit cut it."""
    scores: tf.Tensor
    """`(rows, width)` float32, what the order is by: log-probability with its penalties."""
    log_probabilities: tf.Tensor
    """`(rows, width)` float32, of the whole sequence; with the end token, unless its limit cut it."""
    token_scores: tf.Tensor
    """`(rows, width, time)` float32, the log-probability of each token, then that of the end token; zeros
    behind.
    """
    attention: tf.Tensor
    """`(rows, width, time, memory)` float32, that of each token and the end token; zeros behind. Where the
    steps have none, the last dimension is 0.
    """


def length_divisor(count: float | tf.Tensor, length_penalty: float) -> Any:
    """What the log-probability of so many tokens, the end token among them, is divided by."""
    return ((5 + count) / 6) ** length_penalty


def coverage(attention: tf.Tensor, memory_mask: tf.Tensor | None) -> tf.Tensor:
    """The sum over the memory in the score of `beam_search`, `(rows, width)`; 0 where all is covered."""
    covered = tf.math.log(tf.clip_by_value(tf.reduce_sum(attention, axis=2), LEAST_COVERAGE, 1.0))
    if memory_mask is not None:
        covered = tf.where(memory_mask[:, None], covered, 0.0)
    return tf.reduce_sum(covered, axis=-1)


def put_together(tokens, totals, retired, parents, attention, *, end, pad, length_penalty):
    """The hypotheses out of what was recorded of every step, `(time, rows, width, ...)`."""
    # All that retired, whenever it did: no row has more than `width`.
    time, rows, width = tf.shape(tokens)[0], tf.shape(tokens)[1], tokens.shape[2]
    lengths = length_divisor(tf.range(1.0, tf.cast(time + 1, tf.float32)), length_penalty)
    scores = tf.where(retired, totals / lengths[:, None, None], -math.inf)
    scores, picked = tf.math.top_k(tf.reshape(tf.transpose(scores, [1, 0, 2]), [rows, time * width]), width)
    counts = picked // width + 1
    places = _walk_back(parents, counts - 1, picked % width)

    # A step attends before it chooses: its attention is in the place of the hypothesis that it continued.
    attention = tf.gather(attention, tf.gather(parents, places, batch_dims=2), batch_dims=2)
    tokens, totals = (tf.gather(tensor, places, batch_dims=2) for tensor in (tokens, totals))
    token_scores = tf.concat([totals[:1], totals[1:] - totals[:-1]], axis=0)
    tokens, totals, token_scores, attention = map(hypotheses_first, (tokens, totals, token_scores, attention))
    totals = tf.gather(totals, counts - 1, batch_dims=2)
    counts = tf.where(scores > -math.inf, counts, 0)
    return cleaned(tokens, counts, scores, totals, token_scores, attention, end, pad)


def _walk_back(parents, last, places):
    """The place of every step of the hypotheses that end at step `last` in `places`: `(time, rows, width)`."""

    def body(time, at, found):
        at = tf.where(time == last, places, at)
        found = found.write(time, at)
        return time - 1, tf.gather(tf.gather(parents, time), at, batch_dims=1), found

    time = tf.shape(parents)[0]
    found = tf.TensorArray(tf.int32, time, element_shape=places.shape)
    *_, found = tf.while_loop(lambda time, *_: time >= 0, body, (time - 1, tf.zeros_like(places), found))
    return tf.ensure_shape(found.stack(), [None, *places.shape])


def hypotheses_first(tensor):
    """`(time, rows, width, ...)` -> `(rows, width, time, ...)`."""
    return tf.transpose(tensor, [1, 2, 0, *range(3, tensor.shape.rank)])


def cleaned(tokens, counts, scores, totals, token_scores, attention, end, pad):
    """The hypotheses with padding behind `counts` tokens, the end token among them; those of 0 are none."""
    within = tf.sequence_mask(counts, tf.shape(tokens)[-1])
    is_token = within & (tokens != end)
    return Hypotheses(
        tokens=tf.where(is_token, tokens, pad),
        lengths=tf.reduce_sum(tf.cast(is_token, tf.int32), axis=-1),
        counts=counts,
        scores=tf.where(counts > 0, scores, NO_HYPOTHESIS),
        log_probabilities=tf.where(counts > 0, totals, NO_HYPOTHESIS),
        token_scores=tf.where(within, token_scores, 0.0),
        attention=tf.where(within[..., None], attention, 0.0),
    )
