"""Alpha over white, in parts that nobody sees the borders of."""

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.preprocessing import transparency


@pytest.mark.parametrize("at_once", [2**20, 40, 1], ids=["whole", "rows", "row"])
def test_a_picture_is_put_over_white_to_the_nearest_number(at_once, monkeypatch):
    monkeypatch.setattr(transparency, "PIXELS_AT_ONCE", at_once)
    colours, alpha = np.meshgrid(np.arange(0, 256, 15), np.arange(256), indexing="ij")
    picture = np.stack([colours, 255 - colours, colours * 0, alpha], axis=-1)
    found = transparency.over_white(tf.constant(picture, tf.uint8)).numpy()
    exact = (picture[..., :3] * picture[..., 3:] + 255 * (255 - picture[..., 3:])) / 255
    assert np.abs(found - exact).max() < 0.51
    np.testing.assert_array_equal(found[:, 255], picture[:, 255, :3])
    assert (found[:, 0] == 255).all()
