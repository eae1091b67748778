"""GIF files of grey frames: two decoders read exactly what was written, whatever the sizes."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_seq.samples import grey_gif

SHAPES = [(1, 1, 1), (3, 7, 5), (2, 62, 1), (2, 2, 62), (2, 254, 1), (2, 17, 30), (1, 510, 1), (2, 300, 255)]


def frames(shape, levels):
    drawn = np.random.RandomState(levels).randint(0, levels, shape)
    return (drawn * (255 // max(levels - 1, 1))).astype(np.uint8)


@pytest.mark.parametrize("levels", [1, 2, 3, 5, 16, 17, 64, 100, 256])
def test_tensorflow_gives_back_the_frames(levels):
    for shape in SHAPES:
        pixels = frames(shape, levels)
        decoded = tf.io.decode_gif(grey_gif.encoded(pixels)).numpy()
        np.testing.assert_array_equal(decoded, np.repeat(pixels[..., None], 3, -1), err_msg=str(shape))


def test_pillow_gives_back_the_frames_and_their_times():
    pixels = frames((4, 31, 44), 64)
    with Image.open(io.BytesIO(grey_gif.encoded(pixels, 0.08))) as picture:
        assert (picture.n_frames, picture.size, picture.info["loop"]) == (4, (44, 31), 0)
        for place, frame in enumerate(pixels):
            picture.seek(place)
            assert picture.info["duration"] == 80
            np.testing.assert_array_equal(np.array(picture.convert("L")), frame)


def test_a_file_is_smaller_than_its_pixels_where_there_are_few_levels():
    assert len(grey_gif.encoded(frames((20, 48, 48), 64))) < 0.92 * 20 * 48 * 48
