"""Clips without their black borders, and in the same light."""

from __future__ import annotations

import tensorflow as tf

DARKEST = 8  # of 255: what is no brighter is black
FEWEST = 0.1  # pixels to each that is made: a part is made ten times as large at most
BRIGHTNESS, CONTRAST = 160.0, 40.0  # mean and deviation of what is not black


def trimmed(frames: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Frames `(batch, time, rows, columns, channels)` uint8 -> what is not black in them, `(batch, time, height, width,
    channels)` uint8: the smallest part that holds all of a clip's pixels that are, the same of all its frames, in
    the middle and as large as fits.

    Letterboxed videos lose their bars; people before a black background, as depth cameras see them, are of one size
    and in one place, wherever they stand.

    Args:
        frames: those behind the end of a clip are black.
        height: of the frames that it gives, in pixels.
        width: likewise.
    """
    seen = tf.reduce_any(frames > DARKEST, axis=(1, 4))
    top, bottom = _ends(tf.reduce_any(seen, axis=2))
    left, right = _ends(tf.reduce_any(seen, axis=1))
    # The part has the ratio of the frames that are wanted, so nothing is stretched; what is outside is black.
    step = tf.maximum(tf.maximum((bottom - top) / height, (right - left) / width), FEWEST)
    down = _weights((top + bottom) / 2, step, height, tf.shape(frames)[2])
    across = _weights((left + right) / 2, step, width, tf.shape(frames)[3])
    found = tf.einsum("bhr,btrcx->bthcx", down, tf.cast(frames, tf.float32))
    found = tf.einsum("bwc,bthcx->bthwx", across, found)
    return tf.cast(tf.clip_by_value(tf.round(found), 0.0, 255.0), tf.uint8)


def _weights(middle: tf.Tensor, step: tf.Tensor, wanted: int, given: tf.Tensor) -> tf.Tensor:
    """How much of each given pixel is in each that is wanted, `(batch, wanted, given)`: by linear interpolation, over
    as many pixels as one that is wanted is wide.

    Args:
        middle: where the middle of the part is, `(batch,)`; 0 is the edge of the first pixel.
        step: pixels to each that is wanted, `(batch,)`.
        wanted: pixels of the part.
        given: pixels of a side.
    """
    offsets = (tf.range(wanted, dtype=tf.float32) - (wanted - 1) / 2) * step[:, None]
    centres = tf.range(tf.cast(given, tf.float32)) + 0.5
    wide = tf.maximum(step, 1.0)[:, None, None]
    away = tf.abs((middle[:, None] + offsets)[:, :, None] - centres)
    return tf.nn.relu(1.0 - away / wide) / wide


def evenly_lit(frames: tf.Tensor) -> tf.Tensor:
    """Frames `(batch, time, rows, columns, channels)` uint8 -> the same, with one mean and one deviation of what is not
    black in all frames of a clip; black stays. Depth images then show the relief of a body wherever it stands, and
    dark videos are no darker than others.

    Args:
        frames: those behind the end of a clip are black.
    """
    seen = tf.cast(frames > DARKEST, tf.float32)
    values, axes = tf.cast(frames, tf.float32), (1, 2, 3, 4)
    count = tf.maximum(tf.reduce_sum(seen, axes, keepdims=True), 1.0)
    mean = tf.reduce_sum(seen * values, axes, keepdims=True) / count
    deviation = tf.sqrt(tf.reduce_sum(seen * (values - mean) ** 2, axes, keepdims=True) / count)
    lit = BRIGHTNESS + CONTRAST * (values - mean) / tf.maximum(deviation, 1.0)
    lit = tf.clip_by_value(tf.round(lit), DARKEST + 1.0, 255.0)
    return tf.cast(tf.where(seen > 0, lit, values), tf.uint8)


def _ends(seen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """`(batch, places)` bool -> the first place that is True, and the one behind the last, float32; all of them where
    none is.
    """
    places = tf.range(tf.shape(seen)[1])
    count = tf.shape(seen)[1]
    some = tf.reduce_any(seen, axis=1)
    first = tf.reduce_min(tf.where(seen, places, count), axis=1)
    last = tf.reduce_max(tf.where(seen, places + 1, 0), axis=1)
    return tf.cast(tf.where(some, first, 0), tf.float32), tf.cast(tf.where(some, last, count), tf.float32)
