"""JPEG files one after the other: found whatever is within them, and what is wrong with the strip."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_seq.preprocessing import jpeg_strips

RANDOM = np.random.default_rng(1)


def jpeg(height: int, width: int, **options) -> bytes:
    stream = io.BytesIO()
    pixels = RANDOM.integers(0, 256, (height, width, 3)).astype("uint8")
    Image.fromarray(pixels).save(stream, "JPEG", **options)
    return stream.getvalue()


FILES = [
    jpeg(20, 30),
    jpeg(21, 30, progressive=True),
    jpeg(22, 30, comment=jpeg(4, 4)),  # as a camera's preview within a header
    jpeg(23, 30, restart_marker_blocks=2),
    jpeg(24, 30, quality=100, subsampling=0),
]
ENDS = np.cumsum([len(file) for file in FILES]).tolist()
STRIP = b"".join(FILES)
LAST = f"at byte {ENDS[-1]}, at frame 6: expected a JPEG marker"


@pytest.fixture(scope="module")
def read():
    return tf.function(jpeg_strips.read, [tf.TensorSpec([], tf.string)], autograph=False)


@pytest.mark.parametrize("between", [b"", b"\0", b"\0\0\xff"], ids=["nothing", "one", "three"])
def test_each_file_is_found_with_its_size(read, between):
    content = between.join(FILES) + between
    strip = read(tf.constant(content))
    places = zip(strip.starts.numpy(), strip.sizes.numpy(), strict=True)
    assert strip.problem.numpy() == b""
    assert [content[start : start + size] for start, size in places] == FILES
    assert strip.pixels.numpy().tolist() == [600, 630, 660, 690, 720]


@pytest.mark.parametrize(
    ("content", "frames", "problem"),
    [
        (STRIP[:-1], 4, "cut off within frame 5"),
        (STRIP[: ENDS[0] + 10], 1, "cut off within frame 2"),
        (STRIP[: ENDS[0] + 700], 1, "cut off within frame 2"),
        (jpeg_strips.MAGIC, 0, "cut off within frame 1"),
        (STRIP + b"abc", 5, f"damaged {LAST}"),
        (STRIP + b"\0\0" + STRIP[3:], 5, f"damaged {LAST}"),
        (FILES[0][:-2] + FILES[1], 1, "damaged: not one JPEG file after the other"),
        (FILES[0] + FILES[1][2:], 1, "damaged: not one JPEG file after the other"),
    ],
    ids=["end", "header", "scan", "magic", "behind", "start", "no_end", "no_start"],
)
def test_what_is_wrong_is_said_and_at_which_frame(read, content, frames, problem):
    strip = read(tf.constant(content))
    assert strip.problem.numpy().decode() == problem
    assert len(strip.starts) == len(strip.sizes) == len(strip.pixels) == frames


def test_a_thousand_files(read):
    strip = read(tf.constant(FILES[1] * 1000))
    assert strip.starts.numpy().tolist() == [number * len(FILES[1]) for number in range(1000)]
