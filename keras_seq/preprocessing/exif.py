"""How a picture is to be turned, by the EXIF that a camera wrote, of a batch at once, in the graph.

EXIF is the header of a TIFF file: `II*\\0` where the lowest byte of a number comes first, `MM\\0*` where the
highest does, the place of a list, and there its length and entries of 12 bytes: a tag, a type, how many, and the
value or where it is. Source: CIPA DC-008-2019, "Exchangeable image file format", 4.5 and 4.6; TIFF 6.0, section 2.

Ops used: core TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf

from keras_seq.preprocessing.header_bytes import big_number, bytes_at, number, stands

UPRIGHT = 1
ORIENTATION = 0x0112  # the tag
SHORT, LONG = 3, 4  # types: two bytes, four
HEAD_BYTES, COUNT_BYTES, ENTRY_BYTES = 8, 2, 12
MOST_ENTRIES = 128  # that are looked at; cameras write some twenty


def orientation(raw: tf.Tensor, size: tf.Tensor, start: tf.Tensor, exif_size: tf.Tensor) -> tf.Tensor:
    """How each picture is to be turned, 1 to 8, `(batch,)` int32; 1, as it is, where nothing says so, or nothing
    that can be read does: a damaged EXIF is no EXIF.

    Args:
        raw: the files, `(batch,)` string.
        size: their bytes, `(batch,)` int64.
        start: where their EXIF begins, with `II` or `MM`, `(batch,)` int64.
        exif_size: its bytes, 0 where there is none, `(batch,)` int64.
    """
    head = bytes_at(raw, size, start, HEAD_BYTES)
    little = stands(head, 0, b"II*\0")
    is_exif = (little | stands(head, 0, b"MM\0*")) & (exif_size >= HEAD_BYTES)
    first = _number(head[:, 4:], little)
    count = _number(bytes_at(raw, size, start + first, COUNT_BYTES), little)
    content = bytes_at(raw, size, start + first + COUNT_BYTES, MOST_ENTRIES * ENTRY_BYTES)
    entries = tf.reshape(content, [-1, MOST_ENTRIES, ENTRY_BYTES])
    places = tf.range(MOST_ENTRIES, dtype=tf.int64)
    ends = first[:, None] + COUNT_BYTES + (places + 1) * ENTRY_BYTES
    kind = _number(entries[..., 2:4], little)
    value = tf.where(kind == SHORT, _number(entries[..., 8:10], little), _number(entries[..., 8:], little))
    is_it = (_number(entries[..., :2], little) == ORIENTATION) & ((kind == SHORT) | (kind == LONG))
    is_it &= is_exif[:, None] & (places < count[:, None]) & (ends <= exif_size[:, None])
    found = tf.gather(value, tf.argmax(tf.cast(is_it, tf.int32), axis=1), batch_dims=1)
    is_known = tf.reduce_any(is_it, axis=1) & (found >= 1) & (found <= 8)
    return tf.cast(tf.where(is_known, found, UPRIGHT), tf.int32)


def upright(picture: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """A picture `(height, width, channels)` as it is stored -> as a person is to see it.

    Args:
        picture: of any type.
        orientation: 1 to 8, `()` int32.
    """

    def either(numbers: list[int], change, picture: tf.Tensor) -> tf.Tensor:
        is_one = tf.reduce_any(orientation == numbers)
        return tf.cond(is_one, lambda: change(picture), lambda: picture)

    picture = either([5, 6, 7, 8], lambda one: tf.transpose(one, [1, 0, 2]), picture)
    picture = either([2, 3, 6, 7], lambda one: tf.reverse(one, [1]), picture)
    return either([3, 4, 7, 8], lambda one: tf.reverse(one, [0]), picture)


def _number(content: tf.Tensor, little: tf.Tensor) -> tf.Tensor:
    """Bytes `(batch, ..., count)` int64 -> whole numbers, in the order of each row's bytes."""
    little = tf.reshape(little, [-1] + [1] * (content.shape.rank - 2))
    return tf.where(little, number(content), big_number(content))
