"""Sums and best paths of a linear chain: forward-backward and Viterbi over log-potentials.

Log-potentials `(batch, time, tags, tags)` are the one representation: `[b, t, i, j]` is the score of going
from tag i at step t - 1 to tag j at step t. Step 0 is entered from a virtual tag 0, so only its row 0 counts.
Padding is on the right; a padded step is the identity, 0 on the diagonal and `ILLEGAL` off it, and changes no
sum and no best path.

All is computed in the logarithmic domain and made small again at every step, so that neither thousands of
steps nor large scores do harm. A step back in time gives beta: for every tag the log of the sum over what may
follow it. The probability of a tag after another is then a softmax, and the marginals follow from the first
step to the last.

Sources: Rabiner 1989 (forward-backward); Viterbi 1967; Rush 2020, "Torch-Struct" (the representation).
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

# Below any sum of scores that could make up for it, also after a division; float32 adds thousands of them.
ILLEGAL = -1e6


def log_partition(potentials: tf.Tensor) -> tf.Tensor:
    """Log-potentials `(batch, time, tags, tags)` -> the log of the sum over all paths, `(batch,)`.

    Its gradient, that of `CRFLoss` too, is the edge marginals: the probability of every tag after every
    other.
    """
    potentials = tf.convert_to_tensor(potentials)
    return log_partition_less(potentials, tf.zeros_like(potentials[:, :, 0, 0]))


def viterbi(potentials: tf.Tensor) -> tf.Tensor:
    """Log-potentials `(batch, time, tags, tags)` -> the tags of the best path, `(batch, time)` int32.

    A padded step repeats the last tag before it; a row without any step has zeros. Source: Viterbi 1967.
    """
    potentials = tf.convert_to_tensor(potentials)
    batch, time, num_tags = tf.shape(potentials)[0], tf.shape(potentials)[1], potentials.shape[-1]

    def best_ahead(step, ahead):
        return tf.reduce_max(tf.gather(potentials, step, axis=1) + _normalised(ahead)[:, None], axis=-1)

    ahead = _normalised(_states(best_ahead, _nothing(potentials), time, backwards=True))
    rows, first_rows = tf.reshape(potentials, [-1, num_tags]), tf.range(batch) * time * num_tags

    def best_tag(step, tag):
        scores = tf.gather(rows, first_rows + step * num_tags + tag) + tf.gather(ahead, step + 1)
        return tf.argmax(scores, axis=-1, output_type=tf.int32)

    tags = _states(best_tag, tf.zeros_like(first_rows), time)
    return tf.transpose(tags[1:])


def posterior(potentials: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Log-potentials `(batch, time, tags, tags)` -> probabilities given the whole sequence. Source: Rabiner
    1989.

    Returns:
        Marginals `(batch, time, tags)`, of tag j at step t; and conditionals `(batch, time, tags, tags)`, of
        tag j at step t when tag i stands at step t - 1. The probability of some tags in a row is a product of
        these.
    """
    potentials = tf.convert_to_tensor(potentials)
    marginals, conditionals = _posterior(potentials, _betas(potentials))
    return marginals[:, 1:], conditionals


@tf.custom_gradient
def log_partition_less(potentials, scores):
    """The log-partition less the sum of `scores` `(batch, time)`: step by step, as the sums are large and
    alike.
    """
    betas = _betas(potentials)
    normalisers = tf.transpose(tf.reduce_max(betas[:-1], axis=-1))

    def gradient(d_result):
        marginals, conditionals = _posterior(potentials, betas)
        weights = d_result[:, None, None] * marginals[:, :-1]
        return weights[..., None] * conditionals, tf.broadcast_to(-d_result[:, None], tf.shape(scores))

    return _normalised(betas)[0, :, 0] + tf.reduce_sum(normalisers - scores, axis=1), gradient


def _betas(potentials):
    """`(time + 1, batch, tags)`: before step t, the log of the sum over all that is ahead, less the next
    one's maximum.

    The maxima of all but the last, which is zero, add up to what was taken off.
    """

    def step_back(step, beta):
        scores = tf.gather(potentials, step, axis=1) + _normalised(beta)[:, None]
        highest = tf.reduce_max(scores, axis=-1, keepdims=True)
        return tf.math.log(tf.reduce_sum(tf.exp(scores - highest), axis=-1)) + highest[..., 0]

    return _states(step_back, _nothing(potentials), tf.shape(potentials)[1], backwards=True)


def _posterior(potentials, betas):
    """Marginals `(batch, time + 1, tags)`, the first those of the virtual tag, and conditionals."""
    following = tf.transpose(_normalised(betas[1:]), [1, 0, 2])
    conditionals = tf.nn.softmax(potentials + following[:, :, None])

    # A product and a sum: for matrices so small, a batched matmul takes three times as long on a CPU.
    def step_on(step, marginals):
        return tf.reduce_sum(marginals[..., None] * tf.gather(conditionals, step, axis=1), axis=1)

    virtual = _nothing(potentials) + tf.one_hot(0, potentials.shape[-1], dtype=potentials.dtype)
    marginals = tf.transpose(_states(step_on, virtual, tf.shape(potentials)[1]), [1, 0, 2])
    return marginals / tf.reduce_sum(marginals, axis=-1, keepdims=True), conditionals


def _states(step: Callable, first: tf.Tensor, time: tf.Tensor, backwards: bool = False) -> tf.Tensor:
    """`(time + 1, batch, ...)`: the first state, then what `step` makes of the index of a step and the state
    before it.

    Backwards, the first state stands last.
    """
    array = tf.TensorArray(first.dtype, time + 1, element_shape=first.shape, clear_after_read=False)

    def body(done, state, array):
        index = time - 1 - done if backwards else done
        state = step(index, state)
        return done + 1, state, array.write(index if backwards else index + 1, state)

    start = (0, first, array.write(time if backwards else 0, first))
    return tf.while_loop(lambda done, *_: done < time, body, start, parallel_iterations=1)[2].stack()


def _nothing(potentials):
    """Zeros `(batch, tags)`."""
    return tf.zeros([tf.shape(potentials)[0], potentials.shape[-1]], potentials.dtype)


def _normalised(scores):
    return scores - tf.reduce_max(scores, axis=-1, keepdims=True)
