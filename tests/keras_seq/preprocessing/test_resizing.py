"""Pictures of one size: which part of them is seen, and that pixels become means."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_seq.preprocessing.resizing import resized

RANDOM = np.random.default_rng(1)


def picture(height, width, channels=3):
    return RANDOM.integers(0, 256, (height, width, channels)).astype("uint8")


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_right_size_is_left_as_it_is(fit, channels):
    given = picture(6, 9, channels)
    np.testing.assert_array_equal(resized(tf.constant(given), 6, 9, fit), given)


def test_pixels_are_those_of_pillow():
    given = picture(50, 70)
    for height, width in ((20, 30), (90, 100), (7, 100)):
        expected = np.array(Image.fromarray(given).resize((width, height), Image.Resampling.BILINEAR), int)
        found = resized(tf.constant(given), height, width, "squash").numpy().astype(int)
        assert np.abs(found - expected).max() <= 1


def test_crop_takes_the_middle_and_pad_has_borders():
    given = np.zeros((4, 12, 1), "uint8")
    given[:, 4:8] = 200
    np.testing.assert_array_equal(resized(tf.constant(given), 2, 2, "crop"), np.full((2, 2, 1), 200))
    np.testing.assert_array_equal(
        resized(tf.constant(given.transpose(1, 0, 2)), 2, 2, "crop"), np.full((2, 2, 1), 200)
    )
    whole = np.full((4, 12, 1), 200, "uint8")
    padded = resized(tf.constant(whole), 9, 6, "pad").numpy()[..., 0]
    assert padded[:, 0].tolist() == [0, 0, 0, 200, 200, 0, 0, 0, 0]
    assert (padded == padded[:, :1]).all()


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
def test_one_pixel_and_the_thinnest_pictures(fit):
    for height, width in ((1, 1), (1, 300), (300, 1)):
        found = resized(tf.fill([height, width, 3], tf.constant(9, tf.uint8)), 8, 8, fit).numpy()
        assert set(np.unique(found)) <= {0, 9}
        assert 9 in found
