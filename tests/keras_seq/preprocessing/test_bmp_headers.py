"""BMP files: sizes, what is decoded, palettes, and rows from the top."""

import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_seq.preprocessing import bmp_headers
from keras_seq.preprocessing.complaints import first_of

PIXELS = np.random.default_rng(1).integers(0, 256, (5, 7, 3)).astype("uint8")


def bmp(picture):
    stream = io.BytesIO()
    picture.save(stream, "BMP")
    return stream.getvalue()


USUAL = bmp(Image.fromarray(PIXELS))


def masked(alpha):
    """A file of 32 bits, with masks, as Windows writes it."""
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, alpha)
    pixels = np.dstack([PIXELS[::-1, :, ::-1], PIXELS[::-1, :, 0]]).tobytes()
    info = struct.pack("<IiiHHIIiiII", 108, 7, 5, 1, 32, 3, len(pixels), 0, 0, 0, 0) + masks + bytes(52)
    start = 14 + len(info)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + info + pixels


def read(*files):
    raw = tf.constant(files)
    return bmp_headers.read(raw, tf.cast(tf.strings.length(raw), tf.int64))


def test_sizes_and_alpha_are_found():
    from_top = USUAL[:22] + struct.pack("<i", -5) + USUAL[26:]
    found = read(USUAL, from_top, masked(0xFF000000), masked(0))
    assert found.height.numpy().tolist() == [5] * 4
    assert found.width.numpy().tolist() == [7] * 4
    assert found.transparent.numpy().tolist() == [False, False, True, False]
    assert first_of(*found.problems, *found.cut_off).numpy().tolist() == [b""] * 4


def test_what_is_not_decoded_is_said():
    other = masked(0)
    files = [USUAL[:40], USUAL[:-1], USUAL[:14] + b"\x0c" + USUAL[15:], bmp(Image.new("1", (7, 5)))]
    files.append(other[:54] + b"\xff\0\0\0\0\xff\0\0\0\0\xff\0" + other[66:])
    found = read(*files)
    assert [text.decode() for text in first_of(*found.problems, *found.cut_off).numpy()] == [
        "cut off within its header",
        "cut off after 173 of 174 bytes",
        "a BMP file with a header of 12 bytes: expected 40",
        "a BMP file of 1 bits a pixel, compression 0: expected 8, 24 or 32, and 0",
        "a BMP file of 32 bits a pixel, compression 3: expected 8, 24 or 32, and 0",
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (USUAL, PIXELS),
        (USUAL + b"more", PIXELS),
        (USUAL[:22] + struct.pack("<i", -5) + USUAL[26:], PIXELS[::-1]),
        (masked(0xFF000000), np.dstack([PIXELS, PIXELS[..., 0]])),
        (bmp(Image.fromarray(PIXELS).convert("L")), Image.fromarray(PIXELS).convert("L").convert("RGB")),
        (bmp(Image.fromarray(PIXELS).quantize(5)), Image.fromarray(PIXELS).quantize(5).convert("RGB")),
    ],
    ids=["usual", "more", "from the top", "alpha", "grey", "palette"],
)
def test_pixels_are_those_of_the_file(raw, expected):
    np.testing.assert_array_equal(bmp_headers.decoded(tf.constant(raw)).numpy(), np.asarray(expected))
