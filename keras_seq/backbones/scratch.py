"""A small network for pictures and frames, to be trained from the beginning on two processors."""

from __future__ import annotations

import math

import keras

GROUPS = 8  # of channels, where they divide


def scratch(
    height: int | None = None,
    width: int | None = None,
    channels: int = 16,
    blocks: int = 4,
    colors: int = 3,
) -> keras.Model:
    """Pixels from 0 to 255, `(batch, height, width, colors)` -> a grid `(batch, height / 2^blocks, width / 2^blocks,
    channels * 2^(blocks - 1))`.

    A block is a convolution, group normalization, ReLU, and half of the sides; twice the channels of the one
    before. Group normalization takes the mean and the deviation of one picture (Wu and He 2018): the batches of
    clips are small, their frames are alike, and the padding of short ones is in them too, so statistics of the
    batch would say little and be others when the model answers. At 96 pixels, 4 blocks and 16 channels: 35
    million multiply-adds a picture, 98 thousand weights.

    Args:
        height: of the pictures, in pixels; None for any.
        width: likewise.
        channels: of the first block.
        blocks: how many; 3 to 5 for pictures of 64 to 112 pixels.
        colors: of a pixel; differences between frames may be some.
    """
    pixels = keras.Input((height, width, colors), name="pixels")
    x = keras.layers.Rescaling(1 / 127.5, -1.0, name="scaled_pixels")(pixels)
    for number in range(1, blocks + 1):
        name, filters = f"block_{number}", channels * 2 ** (number - 1)
        kernel, stride = (5, 2) if number == 1 else (3, 1)
        x = keras.layers.Conv2D(
            filters,
            kernel,
            stride,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_convolution",
        )(x)
        groups = math.gcd(GROUPS, filters)
        x = keras.layers.GroupNormalization(groups, name=f"{name}_normalization")(x)
        x = keras.layers.ReLU(name=f"{name}_activation")(x)
        if stride == 1:
            x = keras.layers.MaxPooling2D(2, padding="same", name=f"{name}_pooling")(x)
    return keras.Model(pixels, x, name="scratch")
