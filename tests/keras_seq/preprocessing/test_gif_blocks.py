"""The blocks of a GIF: what is written is found, and what is wrong with the file."""

import numpy as np
import pytest
import tensorflow as tf

from keras_seq import gif
from keras_seq.preprocessing import gif_blocks

PIXELS = np.random.default_rng(1).integers(0, 256, (5, 20, 30)).astype("uint8")
FILE = gif.encoded(PIXELS)
PLAIN = gif.of_frames([gif.Frame(bytes(20), 5, palette=bytes(6))], 5, 4, palette=b"")
MANY = gif.of_frames(
    [
        gif.Frame(bytes(range(200)), 20),
        gif.Frame(bytes(50), 10, 3, 2, 7, gif.TO_BACKGROUND, b"abcdef", True),
        gif.Frame(bytes(20), 4, disposal=gif.TO_PREVIOUS),
    ],
    20,
    10,
)


@pytest.fixture(scope="module")
def read():
    return tf.function(gif_blocks.read, [tf.TensorSpec([], tf.string)], autograph=False)


def test_each_frame_is_found_with_how_it_is_drawn(read):
    blocks = gif_blocks.Blocks(*(tensor.numpy() for tensor in read(tf.constant(MANY))))
    assert (blocks.width, blocks.height, blocks.problem) == (20, 10, b"")
    assert blocks.frames.tolist() == [[0, 0, 20, 10], [3, 2, 10, 5], [0, 0, 4, 5]]
    assert blocks.interlaced.tolist() == [False, True, False]
    assert blocks.transparent.tolist() == [-1, 7, -1]
    assert blocks.disposal.tolist() == [gif.KEEP, gif.TO_BACKGROUND, gif.TO_PREVIOUS]
    assert blocks.colours.tolist() == [256, 2, 256]
    assert MANY[blocks.palette[1] :].startswith(b"abcdef")
    for start, data, size in zip(blocks.starts, blocks.data, blocks.sizes, strict=True):
        assert (MANY[start], MANY[data], MANY[data + size - 1]) == (gif_blocks.FRAME, 8, 0)
        assert MANY[data + size] in (gif_blocks.EXTENSION, gif_blocks.END)


def test_no_palette_and_one_of_a_frame(read):
    blocks = read(tf.constant(PLAIN))
    assert (blocks.palette.numpy() > 0).all()
    blocks = read(tf.constant(gif.of_frames([gif.Frame(bytes(20), 5)], 5, 4, palette=b"")))
    assert blocks.palette.numpy().tolist() == blocks.colours.numpy().tolist() == [0]


def test_a_control_is_of_the_next_frame_alone(read):
    """A frame without one has no transparent colour, whatever was said of the frame before."""
    place = MANY.index(b"\x21\xf9", MANY.index(b"abcdef"))
    blocks = read(tf.constant(MANY[:place] + MANY[place + gif_blocks.CONTROL_BYTES :]))
    assert blocks.transparent.numpy().tolist() == [-1, 7, -1]
    assert blocks.disposal.numpy().tolist() == [gif.KEEP, gif.TO_BACKGROUND, 0]


@pytest.mark.parametrize(
    ("content", "frames", "problem"),
    [
        (FILE[:-1], 5, ""),
        (FILE + b"behind", 5, ""),
        (FILE[:-2], 4, "cut off within frame 5"),
        (FILE[:1000], 0, "cut off within frame 1"),
        (FILE[:790], 0, "cut off within frame 1"),
        (FILE[:10], 0, "cut off within its header"),
        (gif.of_frames([], 20, 10), 0, "a GIF without a frame"),
        (FILE[:-1] + b"\x01;", 5, f"damaged at byte {len(FILE) - 1}, at frame 6: expected a GIF block"),
    ],
    ids=["no_end", "behind", "last", "first", "palette", "header", "none", "foreign"],
)
def test_what_is_wrong_is_said_and_at_which_frame(read, content, frames, problem):
    blocks = read(tf.constant(content))
    assert (blocks.problem.numpy().decode(), len(blocks.starts)) == (problem, frames)
