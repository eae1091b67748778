"""Weights out of Keras's files, of the network itself or of one that it is part of."""

import keras
import numpy as np
import pytest

from keras_seq.backbones import weights_file
from keras_seq.backbones.scratch import scratch
from keras_seq.errors import DataError


def small(channels=4):
    return scratch(None, None, channels, 2)


@pytest.fixture
def trained():
    keras.utils.set_random_seed(1)
    network = small()
    network.set_weights([np.random.default_rng(2).normal(size=one.shape) for one in network.weights])
    return network


@pytest.mark.parametrize("name", ["a.weights.h5", "a.keras", "a.h5"])
def test_a_file_of_the_network(trained, tmp_path, name, recwarn):
    path = str(tmp_path / name)
    (trained.save_weights if name == "a.weights.h5" else trained.save)(path)
    recwarn.clear()  # Keras calls .h5 a legacy format
    network = small()
    weights_file.load(network, path)
    for one, other in zip(network.weights, trained.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_file_of_a_classifier_that_has_the_network_within_it(trained, tmp_path):
    pixels = keras.Input((16, 16, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(trained(pixels))
    keras.Model(pixels, keras.layers.Dense(2)(pooled)).save(tmp_path / "whole.keras")
    network = small()
    weights_file.load(network, str(tmp_path / "whole.keras"))
    np.testing.assert_array_equal(network.weights[0], trained.weights[0])


def test_what_is_wrong_with_a_file_is_said(trained, tmp_path):
    def refused(path, match, network=None):
        with pytest.raises(DataError, match=match):
            weights_file.load(network or small(), str(tmp_path / path))

    trained.save(tmp_path / "good.keras")
    trained.save_weights(tmp_path / "good.weights.h5")
    refused(
        "good.keras",
        r"its layer 'block_1_convolution' has weights of the shapes \[\(5, 5, 3, 4\)\]",
        small(5),
    )
    refused(
        "good.keras",
        "it has no layer 'block_3_convolution', and so is not scratch",
        scratch(None, None, 4, 3),
    )
    refused("good.weights.h5", "these are no weights of scratch: ", small(5))
    refused("none.keras", r"none\.keras: no such file")
    refused("a.pickle", "expected a file of weights, called")
    for name in ("good.keras", "good.weights.h5"):
        bad = f"bad.{name.partition('.')[2]}"
        (tmp_path / bad).write_bytes((tmp_path / name).read_bytes()[:-2000])
        refused(bad, "these are no weights of scratch: ")
    trained.weights[0].assign(np.full(trained.weights[0].shape, np.nan))
    trained.save_weights(tmp_path / "nan.weights.h5")
    refused("nan.weights.h5", "kernel has NaN or infinite numbers")
