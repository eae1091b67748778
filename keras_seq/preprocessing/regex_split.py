"""Texts -> pieces by a regular expression, ragged, in small graphs.

TF-Text and ragged tensors check in the graph what is so by construction: that rows end where they should. Of the
tokens of a text these checks were two thirds of the graph, which is made, loaded and warmed up again and again.

Ops used: core TensorFlow, and TF-Text's RegexSplitWithOffsets.
"""

from __future__ import annotations

import tensorflow as tf
from tensorflow_text.python.ops.regex_split_ops import gen_regex_split_ops


def regex_split(texts: tf.Tensor, delimiter: str, kept: str) -> tuple[tf.RaggedTensor, tf.Tensor, tf.Tensor]:
    """As `tensorflow_text.regex_split_with_offsets`.

    Args:
        texts: valid UTF-8 without NUL, `(batch,)`.
        delimiter: what divides.
        kept: which delimiters are pieces too.

    Returns:
        The pieces, ragged `(batch, pieces)`, and where all of them start and end in their texts, in bytes, `(pieces,)`
        int64 each.
    """
    pieces, starts, ends, splits = gen_regex_split_ops.regex_split_with_offsets(
        texts, f"({delimiter})", f"({kept})"
    )
    return of_rows(pieces, splits), starts, ends


def of_rows(values: tf.Tensor, splits: tf.Tensor) -> tf.RaggedTensor:
    """A ragged tensor of values, and of where its rows begin, `(rows + 1,)` int64, which is not checked."""
    return tf.RaggedTensor.from_row_splits(values, splits, validate=False)


def row_ids(ragged: tf.RaggedTensor) -> tf.Tensor:
    """Of each value the row that it is in, `(values,)` int64."""
    splits = ragged.row_splits
    return tf.searchsorted(splits[1:], tf.range(splits[-1]), side="right", out_type=tf.int64)


def first_of_rows(ragged: tf.RaggedTensor, count: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The first values of each row: their places among all values, `(kept,)` int64; and where the new rows begin."""
    splits = ragged.row_splits
    place = tf.range(splits[-1]) - tf.gather(splits, row_ids(ragged))
    lengths = tf.minimum(splits[1:] - splits[:-1], count)
    return tf.where(place < count)[:, 0], tf.concat([[tf.zeros([], tf.int64)], tf.cumsum(lengths)], axis=0)
