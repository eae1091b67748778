"""PNG files that are written here are those that others read."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_seq import png


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 7, 3), (6, 1, 3), (40, 33, 3)], ids=str)
@pytest.mark.parametrize("kind", ["noise", "slopes"])
def test_pixels_are_read_as_they_were(shape, kind):
    pixels = np.random.default_rng(1).integers(0, 256, shape).astype("uint8")
    if kind == "slopes":
        pixels = np.cumsum(pixels // 100, axis=0, dtype="uint8")
    file = png.encoded(pixels)
    with Image.open(io.BytesIO(file)) as image:
        image.verify()
    with Image.open(io.BytesIO(file)) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        np.testing.assert_array_equal(np.array(image), pixels)
    np.testing.assert_array_equal(tf.io.decode_png(file).numpy(), pixels)
    assert file == png.encoded(pixels)


def test_pixels_stay_what_they_were():
    pixels = np.arange(48, dtype="uint8").reshape(4, 4, 3)
    png.encoded(pixels)
    np.testing.assert_array_equal(pixels.ravel(), np.arange(48))
