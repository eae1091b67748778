"""What is wrong with each file of a batch, said in its own row, in the graph.

Ops used: core TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf

Problem = tuple[tf.Tensor, "tf.Tensor | str"]  # where there is one, and what it is


def first_of(*problems: Problem) -> tf.Tensor:
    """The first problem, of those that there are where; "" where none is."""
    found: tf.Tensor | str = ""
    for where, text in reversed(problems):
        found = tf.where(where, text, found)
    return found


def text(*parts: tf.Tensor | str) -> tf.Tensor:
    """Texts and whole numbers, joined; `(batch,)` where any of them is."""
    return tf.strings.join(
        [
            part
            if isinstance(part, str) or part.dtype == tf.string
            else tf.strings.as_string(tf.cast(part, tf.int64))
            for part in parts
        ]
    )
