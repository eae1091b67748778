"""Pictures that let something through, put over white, as a page shows them.

Ops used: core TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf

PIXELS_AT_ONCE = 2**20
WHITE = 255


def over_white(picture: tf.Tensor) -> tf.Tensor:
    """A picture with alpha `(height, width, 4)` uint8 -> what is seen of it before white, `(height, width, 3)` uint8,
    rounded to the nearest.

    It is made a million pixels at a time, so that nothing of the whole but bytes is held.
    """
    height, width = tf.unstack(tf.shape(picture)[:2])
    rows = tf.maximum(PIXELS_AT_ONCE // width, 1)
    count = (height + rows - 1) // rows
    parts = tf.TensorArray(tf.uint8, count, element_shape=[None, None, 3], infer_shape=False)

    def put(number: tf.Tensor, parts: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        part = tf.cast(picture[number * rows : (number + 1) * rows], tf.uint16)
        # The largest number on the way, 255 * 255 + 127, fits into 16 bits.
        darker = (part[..., 3:] * (WHITE - part[..., :3]) + WHITE // 2) // WHITE
        return number + 1, parts.write(number, tf.cast(WHITE - darker, tf.uint8))

    _, parts = tf.while_loop(lambda number, _: number < count, put, [0, parts], parallel_iterations=1)
    return parts.concat()
