"""Clips without the order of their frames: what a model makes of these tells what order is worth to it."""

from __future__ import annotations

import tensorflow as tf

SINGLE_FRAME, SHUFFLED = "single_frame_label", "shuffled_label"  # what `Answering.score_truths` gives
SEED = (3, 1415)
MOST_FRAMES = 1 << 16


def middle(frames: tf.Tensor, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The middle frame of each clip, as a clip.

    Args:
        frames: `(batch, time, ...)`, rows padded on the right.
        lengths: `(batch,)` int32.
    """
    frames = _one_at_least(frames)
    places = tf.maximum(lengths, 1) // 2  # of one frame the first, of four the third
    found = tf.gather(frames, places[:, None], batch_dims=1)
    # One frame, but for all that a graph knows: Keras warns of a softmax over a single step.
    once = tf.minimum(tf.shape(frames)[1], 1)
    return tf.repeat(found, once, axis=1), tf.minimum(lengths, 1)


def shuffled(frames: tf.Tensor, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Each clip with its frames in an order by chance, which is always the same.

    Args:
        frames: `(batch, time, ...)`, rows padded on the right.
        lengths: `(batch,)` int32.
    """
    frames = _one_at_least(frames)
    real = tf.sequence_mask(lengths, tf.shape(frames)[1])
    # A row's numbers do not follow from the rows beside it, nor from its padding: the k-th frame has the k-th.
    drawn = tf.random.stateless_uniform([MOST_FRAMES], SEED)[: tf.shape(frames)[1]]
    order = tf.argsort(tf.where(real, drawn, 2.0), axis=1, stable=True)
    return tf.gather(frames, order, batch_dims=1), lengths


def _one_at_least(frames: tf.Tensor) -> tf.Tensor:
    frames = tf.convert_to_tensor(frames)
    padding = [[0, 0], [0, tf.cast(tf.shape(frames)[1] == 0, tf.int32)]]
    return tf.pad(frames, padding + [[0, 0]] * (frames.shape.rank - 2))
