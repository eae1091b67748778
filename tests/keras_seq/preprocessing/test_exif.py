"""EXIF, in both orders of bytes: where a picture is to be turned to, and how."""

import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from keras_seq.preprocessing import exif


def header(entries, order="<", first=8):
    """A header of entries: tag, type, how many, value as bytes."""
    magic = b"II*\0" if order == "<" else b"MM\0*"
    content = (
        magic + struct.pack(order + "I", first) + bytes(first - 8) + struct.pack(order + "H", len(entries))
    )
    return content + b"".join(struct.pack(order + "HHI", *one[:3]) + one[3] for one in entries)


def read(*headers, sizes=None):
    """The orientations of headers that stand behind three other bytes."""
    raw = tf.constant([b"abc" + one for one in headers])
    size = tf.cast(tf.strings.length(raw), tf.int64)
    sizes = size - 3 if sizes is None else tf.constant(sizes, tf.int64)
    return exif.orientation(raw, size, size * 0 + 3, sizes).numpy().tolist()


MAKE = (0x10F, 2, 4, b"Acme")


def test_it_is_found_wherever_it_stands_in_either_order_and_as_a_long_number():
    assert read(
        header([(0x112, 3, 1, b"\6\0\0\0")]),
        header([MAKE] * 9 + [(0x112, 3, 1, b"\0\x08\0\0")], ">"),
        header([MAKE, (0x112, 4, 1, b"\0\0\0\3")], ">", 200),
        header([MAKE, (0x112, 3, 1, b"\2\0\0\0"), (0x112, 3, 1, b"\5\0\0\0")]),
        header([MAKE]),
    ) == [6, 8, 3, 2, 1]


def test_a_damaged_one_says_nothing():
    good = header([(0x112, 3, 1, b"\6\0\0\0")])
    assert (
        read(
            good[:-1],
            header([(0x112, 3, 1, b"\0\0\0\0")]),
            header([(0x112, 3, 1, b"\x09\0\0\0")]),
            header([(0x112, 2, 1, b"\6\0\0\0")]),
            b"IX" + good[2:],
            good[:4] + b"\xff\xff\xff\xff" + good[8:],
            good[:8] + b"\0\0" + good[10:],
            b"",
            bytes(8),
        )
        == [1] * 9
    )
    assert read(good, good, good, sizes=[22, 21, 0]) == [6, 1, 1]


@pytest.mark.parametrize("number", range(1, 9))
def test_a_picture_is_turned_as_pillow_turns_it(number):
    pixels = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    picture = Image.fromarray(pixels)
    picture.getexif()[0x112] = number
    found = exif.upright(tf.constant(pixels), tf.constant(number)).numpy()
    np.testing.assert_array_equal(found, np.asarray(ImageOps.exif_transpose(picture)))
