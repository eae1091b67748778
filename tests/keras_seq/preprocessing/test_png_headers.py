"""The headers of PNG files: what is found among chunks, and where the search ends."""

import numpy as np
import tensorflow as tf

from keras_seq.answers.image_edges import COLOURS, COLOURS_ALPHA, GREY, GREY_ALPHA, png
from keras_seq.preprocessing import header_bytes, png_headers
from keras_seq.preprocessing.complaints import first_of


def of(kind, channels, *before):
    return png(np.zeros((20, 30, channels), np.uint8), kind, list(before))


GOOD = of(COLOURS, 3)


def read(*files):
    raw = tf.constant(files)
    return png_headers.read(raw, tf.cast(tf.strings.length(raw), tf.int64), tf.fill([len(files)], True))


def test_sizes_exif_and_what_is_transparent_are_found():
    exif = b"II*\0\x08\0\0\0\0\0"
    files = [
        *[GOOD, of(GREY_ALPHA, 2), of(COLOURS_ALPHA, 4), of(GREY, 1, (b"gAMA", b"abcd"), (b"tRNS", b"\0\0"))],
        of(COLOURS, 3, (b"eXIf", exif)),
    ]
    found = read(*files)
    assert set(found.height.numpy()) == {20}
    assert set(found.width.numpy()) == {30}
    assert found.transparent.numpy().tolist() == [False, True, True, True, False]
    assert found.exif_size.numpy().tolist() == [0, 0, 0, 0, len(exif)]
    assert found.exif.numpy()[4] == files[4].index(exif)
    assert first_of(*found.problems).numpy().tolist() == [b""] * 5


def test_nothing_behind_the_first_pixels_is_looked_at():
    late = GOOD.replace(b"\0\0\0\0IEND", b"\0\0\0\2tRNS\0\0abcd\0\0\0\0IEND")
    assert read(late).transparent.numpy().tolist() == [False]


def test_what_is_not_decoded_is_said(monkeypatch):
    monkeypatch.setattr(header_bytes, "MOST_PARTS", 20)
    many = of(COLOURS, 3, *[(b"teXt", b"")] * 21)
    other = GOOD.replace(b"IHDR", b"CgBI")
    assert first_of(*read(GOOD[:32], many, other).problems).numpy().tolist() == [
        b"cut off within its header",
        b"damaged: no picture after its chunks",
        b"damaged: a PNG file without its header",
    ]
