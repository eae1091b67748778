"""NumPy's `.npy` files in the graph: arrays of numbers by time."""

from __future__ import annotations

import tensorflow as tf

MAGIC = b"\x93NUMPY\x01\x00"  # version 1.0
PREFIX = 10  # bytes before the header: the magic, and its length as a little-endian uint16
FIELDS = rb"\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d{1,9}), (\d{1,9})\), \}[ ]*\n"


def numbers(files: tf.Tensor, features: int) -> tuple[tf.Tensor, tf.Tensor]:
    """`.npy` files of little-endian float32 `(time, features)` in C order, version 1.0 -> their numbers `(batch,
    time, features)`, padded with zeros at the end, and what is wrong with each, "" where nothing is; such a row is
    all 0.

    Args:
        files: their bytes, `(batch,)` string.
        features: numbers of a frame.
    """
    files = tf.concat([files, [b""]], 0)  # what decodes makes other shapes of no files at all
    length = tf.strings.length(files)
    padded = tf.strings.join([files, tf.constant(b"\0" * PREFIX)])
    is_npy = tf.equal(tf.strings.substr(padded, 0, len(MAGIC)), MAGIC)
    size = tf.cast(tf.io.decode_raw(tf.strings.substr(padded, len(MAGIC), 2), tf.uint16)[:, 0], tf.int32)
    size = tf.where(is_npy & (size <= length - PREFIX), size, 0)
    header = tf.strings.substr(padded, tf.fill(tf.shape(size), PREFIX), size)
    is_known = tf.strings.regex_full_match(header, FIELDS)
    header = tf.where(
        is_known, header, tf.constant(b"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 0), }\n")
    )
    time = tf.strings.to_number(tf.strings.regex_replace(header, FIELDS, rb"\1"), tf.int64)
    width = tf.strings.to_number(tf.strings.regex_replace(header, FIELDS, rb"\2"), tf.int64)
    found = tf.cast(length - PREFIX - size, tf.int64)
    is_whole = found == 4 * time * width
    good = is_known & is_whole & (width == features) & (time > 0)
    shown = tf.strings.join([tf.strings.as_string(width), f" numbers a frame, expected {features}"])
    problem = tf.where(time > 0, tf.where(width == features, "", shown), "no frames")
    problem = tf.where(is_whole, problem, "cut off, or followed by more")
    problem = tf.where(is_known, problem, "not an array (time, features) of little-endian float32")
    problem = tf.where(
        is_npy, problem, tf.where(length > 0, "not a .npy file of version 1.0", "the file is empty")
    )
    start = tf.where(good, PREFIX + size, 0)
    content = tf.strings.substr(padded, start, tf.where(good, tf.cast(found, tf.int32), 0))
    longest = tf.reduce_max(tf.concat([tf.where(good, tf.cast(time, tf.int32), 0), [1]], 0))
    flat = tf.io.decode_raw(content, tf.float32, fixed_length=4 * features * longest)
    return tf.reshape(flat, [-1, longest, features])[:-1], problem[:-1]
