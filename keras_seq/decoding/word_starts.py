"""Labels that begin a word by themselves, as pieces of words do; letters need a separator before them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def starts_word(labels: tf.Tensor, openers: Sequence[int]) -> tf.Tensor:
    """Whether labels, of any shape, are among those that begin a word; bool, of their shape."""
    if not openers:
        return tf.zeros_like(labels, tf.bool)
    are = np.zeros(max(openers) + 2, bool)
    are[list(openers)] = True
    return tf.gather(tf.constant(are), tf.clip_by_value(labels, 0, len(are) - 1))
