"""The headers of PNG files, read in the graph for a whole batch: chunks of a size, four letters, so many bytes and a
checksum. Nothing from the first one with pixels on is looked at.

Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)". Ops used: core TensorFlow.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from keras_seq.preprocessing.complaints import Problem
from keras_seq.preprocessing.header_bytes import big_number, bytes_at, stands, stepped

FIRST_CHUNK = 8  # bytes before it
HEADER_BYTES, CHUNK_BYTES = 25, 12  # of the chunk IHDR; of any one, around its data
GREY_ALPHA, COLOUR_ALPHA = 4, 6  # what pixels are


class Png(NamedTuple):
    """What the headers of a batch say, `(batch,)` each.

    Attributes:
        height: in pixels, int64.
        width: in pixels, int64.
        exif: where the EXIF begins, int64.
        exif_size: its bytes, 0 where there is none, int64.
        transparent: whether there is alpha, or a colour that is not drawn, bool.
        problems: what is not decoded.
    """

    height: tf.Tensor
    width: tf.Tensor
    exif: tf.Tensor
    exif_size: tf.Tensor
    transparent: tf.Tensor
    problems: list[Problem]


def read(raw: tf.Tensor, size: tf.Tensor, wanted: tf.Tensor) -> Png:
    """Files `(batch,)` string, their bytes, and whether each is a PNG file -> their headers."""
    nothing = tf.zeros_like(size)
    start = [wanted, nothing + FIRST_CHUNK + HEADER_BYTES, nothing, nothing, tf.zeros_like(wanted)]

    def step(going, place, exif, exif_size, transparent):
        head = bytes_at(raw, size, place, CHUNK_BYTES - 4)
        length = big_number(head[:, :4])
        is_exif = going & stands(head, 4, b"eXIf") & (exif_size == 0)
        exif_size = tf.where(is_exif, tf.minimum(length, size - place - 8), exif_size)
        exif = tf.where(is_exif, place + 8, exif)
        transparent |= going & stands(head, 4, b"tRNS")
        place += length + CHUNK_BYTES
        going &= ~stands(head, 4, b"IDAT") & ~stands(head, 4, b"IEND") & (place < size)
        return going, place, exif, exif_size, transparent

    endless, _, exif, exif_size, transparent = stepped(step, start)
    head = bytes_at(raw, size, nothing + FIRST_CHUNK, HEADER_BYTES)
    problems: list[Problem] = [
        (size < FIRST_CHUNK + HEADER_BYTES, "cut off within its header"),
        (~stands(head, 4, b"IHDR"), "damaged: a PNG file without its header"),
        (endless, "damaged: no picture after its chunks"),
    ]
    transparent |= (head[:, 17] == GREY_ALPHA) | (head[:, 17] == COLOUR_ALPHA)
    height, width = big_number(head[:, 12:16]), big_number(head[:, 8:12])
    return Png(height, width, exif, exif_size, transparent, problems)
