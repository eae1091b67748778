"""GIFs that are written here are those that others read."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from keras_seq import gif

RANDOM = np.random.default_rng(1)


def read(file: bytes) -> np.ndarray:
    """The frames as Pillow has them, `(time, height, width, 3)`; what nothing is drawn on is black."""
    with Image.open(io.BytesIO(file)) as image:
        pictures = [np.array(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]
    return np.stack([np.where(picture[..., 3:] > 0, picture[..., :3], 0) for picture in pictures])


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 7, 5), (2, 90, 110)], ids=str)
@pytest.mark.parametrize("kind", ["noise", "slopes", "one"])
def test_grey_frames_are_read_as_they_were(shape, kind):
    pixels = {
        "noise": RANDOM.integers(0, 256, shape),
        "slopes": np.cumsum(RANDOM.integers(0, 2, shape), axis=2) % 256,
        "one": np.full(shape, 7),
    }[kind].astype("uint8")
    file = gif.encoded(pixels)
    np.testing.assert_array_equal(read(file)[: len(pixels)], np.repeat(pixels[..., None], 3, axis=3))
    assert file == gif.encoded(pixels)


def test_codes_of_every_size_and_a_table_that_is_full():
    """Noise has a code for almost each pixel: sizes change after 256, 768, ... of them, and at 3838 all begins
    anew.
    """
    for count in [*range(250, 262), *range(764, 772), *range(3830, 3850), 9000]:
        pixels = RANDOM.integers(0, 256, (1, 1, count)).astype("uint8")
        np.testing.assert_array_equal(read(gif.encoded(pixels))[..., 0], pixels)


def test_colours_are_kept_or_refused():
    colours = RANDOM.integers(0, 256, (200, 3)).astype("uint8")
    pixels = colours[RANDOM.integers(0, 200, (4, 9, 8))]
    np.testing.assert_array_equal(read(gif.encoded(pixels)), pixels)
    with pytest.raises(ValueError, match="257 colours"):
        gif.encoded(np.stack([np.arange(257) % 256, np.arange(257) // 256, np.zeros(257)], -1)[None, None])


def test_rectangles_palettes_and_rows_in_turn():
    colours = RANDOM.integers(0, 256, (60, 3)).astype("uint8")
    whole, others = gif.Frame(bytes(range(60)), 10), bytes([0, 1, 2, 1] * 2 + [0, 0, 1, 1])
    part = gif.Frame(others, 4, left=3, top=2, transparent=2, palette=bytes(range(9)), interlaced=True)
    frames = read(gif.of_frames([whole, part], 10, 6, colours.tobytes()))
    expected = colours.reshape(6, 10, 3)
    np.testing.assert_array_equal(frames[0], expected)
    for row, seen in ((2, [0, 1, None, 1]), (3, [0, 1, None, 1]), (4, [0, 0, 1, 1])):
        for column, colour in enumerate(seen, 3):
            if colour is not None:
                expected[row, column] = 3 * colour + np.arange(3)
    np.testing.assert_array_equal(frames[1], expected)
