"""Pictures of any size -> pictures of one size, in the graph.

Ops used: core TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf

# What is done where the sides of a picture have another ratio than those that are wanted.
FITS = ("crop", "pad", "squash")


def resized(picture: tf.Tensor, height: int, width: int, fit: str = "crop") -> tf.Tensor:
    """A picture `(height, width, channels)` uint8 -> the same of the size that is wanted; bilinear and, where it
    gets smaller, with antialiasing: each pixel is a mean over all those that it stands for.

    Args:
        picture: of one pixel or more.
        height: in pixels.
        width: in pixels.
        fit: `crop` takes the largest part of the middle that has the ratio of the sides that is wanted; `pad` takes
            all of it, and makes a black border; `squash` takes all of it, and changes its ratio.
    """
    size = tf.shape(picture)
    if fit == "crop":
        # Whole pixels, so that a picture of the right ratio is never cut.
        kept = tf.minimum(size[:2], _rounded(size[1::-1], [height, width], [width, height]))
        first = (size[:2] - kept) // 2
        picture = picture[first[0] : first[0] + kept[0], first[1] : first[1] + kept[1]]
    elif fit == "pad":
        inner = tf.minimum([height, width], _rounded([width, height], size[:2], size[1::-1]))
        before = ([height, width] - inner) // 2
        after = [height, width] - inner - before
        whole = tf.pad(_scaled(picture, inner), [[before[0], after[0]], [before[1], after[1]], [0, 0]])
        return tf.ensure_shape(whole, [height, width, picture.shape[-1]])
    return tf.ensure_shape(_scaled(picture, tf.constant([height, width])), [height, width, picture.shape[-1]])


def _rounded(
    value: tf.Tensor | list[int], times: tf.Tensor | list[int], by: tf.Tensor | list[int]
) -> tf.Tensor:
    """`value * times / by`, to the nearest whole number, and 1 at least; int32."""
    value, times, by = (tf.cast(number, tf.int64) for number in (value, times, by))
    return tf.cast(tf.maximum((2 * value * times + by) // (2 * by), 1), tf.int32)


def _scaled(picture: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    def scaled() -> tf.Tensor:
        exact = tf.image.resize(picture[None], size, antialias=True)[0]
        return tf.cast(tf.round(tf.clip_by_value(exact, 0.0, 255.0)), tf.uint8)

    return tf.cond(tf.reduce_all(tf.shape(picture)[:2] == size), lambda: picture, scaled)
