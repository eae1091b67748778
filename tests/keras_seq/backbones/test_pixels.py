"""Pixels are scaled as Keras's own `preprocess_input` of each network does."""

import importlib

import keras
import numpy as np
import pytest

from keras_seq.backbone_names import NAMES, OWN
from keras_seq.backbones.pixels import colored, scaled

PIXELS = np.random.default_rng(1).uniform(0, 255, (2, 4, 5, 3)).astype("float32")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OWN])
def test_scaled_as_kerass_own_function_does(name):
    given = keras.Input((None, None, 3))
    network = keras.Model(given, scaled(given, name))
    module = importlib.import_module(getattr(keras.applications, name).__module__)
    np.testing.assert_allclose(network(PIXELS), module.preprocess_input(PIXELS.copy()), atol=1e-4)
    assert not network.weights


def test_grey_pixels_are_taken_three_times():
    given = keras.Input((None, None, 1))
    network = keras.Model(given, colored(given))
    np.testing.assert_array_equal(network(PIXELS[..., :1]), np.repeat(PIXELS[..., :1], 3, axis=-1))
    assert colored(keras.Input((2, 2, 3))).shape == (None, 2, 2, 3)
