"""The bytes of files' headers, of all files of a batch at once, in the graph.

Ops used: core TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

MOST_PARTS = 1024  # of a file that are looked at, such as chunks


def bytes_at(raw: tf.Tensor, size: tf.Tensor, start: tf.Tensor, count: int) -> tf.Tensor:
    """So many bytes of each file, from a place of its own, `(batch, count)` int64; 0 after its end.

    Args:
        raw: the files, `(batch,)` string.
        size: their bytes, `(batch,)` int64.
        start: the places, 0 or more, `(batch,)` int64.
        count: how many.
    """
    counts = tf.fill(tf.shape(size), tf.constant(count, tf.int64))
    taken = tf.strings.substr(raw, tf.minimum(start, size), counts)
    return tf.cast(tf.io.decode_raw(taken, tf.uint8, fixed_length=count), tf.int64)


def number(content: tf.Tensor) -> tf.Tensor:
    """Bytes `(..., count)` int64, the lowest first -> the whole number of each row."""
    return tf.reduce_sum(content * [256**place for place in range(content.shape[-1])], axis=-1)


def big_number(content: tf.Tensor) -> tf.Tensor:
    """Bytes `(..., count)` int64, the highest first -> the whole number of each row."""
    return number(content[..., ::-1])


def stands(content: tf.Tensor, place: int, expected: bytes) -> tf.Tensor:
    """Whether bytes `(batch, count)` have those that are expected at a place."""
    return tf.reduce_all(content[:, place : place + len(expected)] == list(expected), axis=1)


def stepped(step: Callable[..., tuple], start: list[tf.Tensor]) -> tuple:
    """What is known after steps from part to part, in all files at once, while any of them goes on, `MOST_PARTS` of
    them at most.

    Args:
        step: makes, of what is known, `(batch,)` each, what is known after another part; the first is whether a file
            goes on, bool.
        start: what is known at the beginning.
    """

    def goes_on(number: tf.Tensor, going: tf.Tensor, *_) -> tf.Tensor:
        return (number < MOST_PARTS) & tf.reduce_any(going)

    _, *found = tf.while_loop(goes_on, lambda number, *known: (number + 1, *step(*known)), [0, *start])
    return tuple(found)
