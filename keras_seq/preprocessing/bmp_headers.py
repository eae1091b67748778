"""The headers of BMP files, read in the graph for a whole batch.

Sources: Microsoft, "Bitmap Storage" and BITMAPV5HEADER. Ops used: core TensorFlow.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from keras_seq.preprocessing.complaints import Problem, text
from keras_seq.preprocessing.header_bytes import bytes_at, number, stands

FILE_BYTES, INFO_BYTES = 14, 40  # of a file's header, and of the picture's at least, which follows
PALETTE_BITS = 8
MASKS = 3  # the compression that is none: each pixel is a number of 32 bits, of which masks take colours
BLUE_GREEN_RED = b"\0\0\xff\0\0\xff\0\0\xff\0\0\0"  # the masks of colours that stand as they do without masks
ALPHA_BYTES = 56  # of the picture's header, which then has a mask of alpha


class Bitmap(NamedTuple):
    """What the headers of a batch say, `(batch,)` each.

    Attributes:
        height: in pixels, int64; of rows from the top too.
        width: in pixels, int64.
        transparent: whether there is alpha, bool.
        problems: what is not decoded.
        cut_off: what is there in part, of pictures of a reasonable size.
    """

    height: tf.Tensor
    width: tf.Tensor
    transparent: tf.Tensor
    problems: list[Problem]
    cut_off: list[Problem]


def read(raw: tf.Tensor, size: tf.Tensor) -> Bitmap:
    """Files `(batch,)` string, and their bytes -> their headers; whatever, of files that are no BMP."""
    head = bytes_at(raw, size, tf.zeros_like(size), FILE_BYTES + ALPHA_BYTES)
    info, bits, compression = number(head[:, 14:18]), number(head[:, 28:30]), number(head[:, 30:34])
    width, height = _signed(head[:, 18:22]), tf.abs(_signed(head[:, 22:26]))
    usual = (compression == MASKS) & (bits == 32) & stands(head, 54, BLUE_GREEN_RED)
    is_decoded = ((bits == 8) | (bits == 24) | (bits == 32)) & ((compression == 0) | usual)
    whole = number(head[:, 10:14]) + row_bytes(width, bits) * height
    return Bitmap(
        height=height,
        width=width,
        transparent=usual & (info >= ALPHA_BYTES) & (number(head[:, 66:70]) == 0xFF << 24),
        problems=[
            (size < FILE_BYTES + INFO_BYTES, "cut off within its header"),
            (info < INFO_BYTES, text("a BMP file with a header of ", info, f" bytes: expected {INFO_BYTES}")),
            (
                ~is_decoded,
                text(
                    *("a BMP file of ", bits, " bits a pixel, compression ", compression),
                    ": expected 8, 24 or 32, and 0",
                ),
            ),
        ],
        cut_off=[(whole > size, text("cut off after ", size, " of ", whole, " bytes"))],
    )


def row_bytes(width: tf.Tensor, bits: tf.Tensor) -> tf.Tensor:
    """Bytes of a row, which ends at a multiple of four."""
    return (width * bits + 31) // 32 * 4


def decoded(raw: tf.Tensor) -> tf.Tensor:
    """A file that has no problem, `()` string -> its pixels, `(height, width, 3)` uint8, of 32 bits 4 of them."""
    size = tf.cast(tf.strings.length(raw), tf.int64)[None]
    head = bytes_at(raw[None], size, tf.zeros_like(size), FILE_BYTES + INFO_BYTES)
    start, bits, info = (number(head[:, a:b])[0] for a, b in ((10, 14), (28, 30), (14, 18)))
    rows = row_bytes(_signed(head[:, 18:22]), bits)[0] * tf.abs(_signed(head[:, 22:26]))[0]
    # The op refuses what has more bytes than it needs.
    pixels = tf.io.decode_bmp(tf.strings.substr(raw, tf.zeros_like(start), start + rows))

    def coloured() -> tf.Tensor:
        first = FILE_BYTES + info
        count = tf.clip_by_value(start - first, 0, 4 << PALETTE_BITS)
        palette = tf.strings.substr(raw, tf.minimum(first, size[0]), count)
        colours = tf.reshape(tf.io.decode_raw(palette, tf.uint8, fixed_length=4 << PALETTE_BITS), [-1, 4])
        greys = tf.repeat(tf.range(256)[:, None], 4, axis=1)
        colours = tf.where(count > 0, tf.reverse(colours[:, :3], [1]), tf.cast(greys, tf.uint8)[:, :3])
        return tf.gather(colours, tf.cast(pixels[..., 0], tf.int32))

    return tf.cond(bits == PALETTE_BITS, coloured, lambda: pixels)


def _signed(content: tf.Tensor) -> tf.Tensor:
    """Four bytes, the lowest first, as a number that may be less than 0."""
    value = number(content)
    return tf.where(value < 2**31, value, value - 2**32)
