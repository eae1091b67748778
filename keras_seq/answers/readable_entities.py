"""The entities of tagged texts as columns, a row an entity, made in the graph."""

from __future__ import annotations

import tensorflow as tf


def entity_columns(texts: tf.Tensor, answer: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """As `tagging.entities_in`, of a batch, with core TensorFlow ops.

    Args:
        texts: `(batch,)` string, as they were asked; bytes that are not UTF-8 become replacement characters.
        answer: `tags` string, IOB2, `starts`, `ends` int32 in code points and `scores` float32, each
            `(batch, time)`, padded with "" and 0.

    Returns:
        `text`, `type` string, `start`, `end` int32, `score` float32, each `(batch, entities)`: in the order
        of the text, padded on the right with "" and 0.
    """
    tags = answer["tags"]
    begins = tf.equal(tf.strings.substr(tags, 0, 2), "B-")
    continues = tf.equal(tf.strings.substr(tags, 0, 2), "I-")

    def of_begins(values: tf.Tensor) -> tf.Tensor:
        return tf.ragged.boolean_mask(values, begins).to_tensor()

    start = of_begins(answer["starts"])
    batch, most = tf.unstack(tf.shape(start))
    # An entity ends where its last token does: at the largest end of its tokens.
    number = tf.cumsum(tf.cast(begins, tf.int32), axis=1) - 1
    inside = begins | continues
    segment = tf.range(batch)[:, None] * most + number
    ends = tf.math.unsorted_segment_max(answer["ends"][inside], segment[inside], batch * most)
    end = tf.maximum(tf.reshape(ends, [batch, most]), 0)  # an empty segment has the smallest of all numbers
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    wide = tf.repeat(texts[:, None], most, axis=1)
    return {
        "text": tf.strings.substr(wide, start, end - start, unit="UTF8_CHAR"),
        "type": of_begins(tf.strings.regex_replace(tags, "^[BI]-", "")),
        "start": start,
        "end": end,
        "score": of_begins(answer["scores"]),
    }
