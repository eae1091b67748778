"""A small network for pictures and frames, to be trained from the beginning on two processors."""

from __future__ import annotations

import keras

MOMENTUM = 0.95  # of the statistics: a few hundred steps are a whole training here


def scratch(
    height: int | None = None,
    width: int | None = None,
    channels: int = 16,
    blocks: int = 4,
    colors: int = 3,
    fine: bool = False,
) -> keras.Model:
    """Pixels from 0 to 255, `(batch, height, width, colors)` -> a grid `(batch, height / 2^blocks, width / 2^blocks,
    channels * 2^(blocks - 1))`.

    A block is a convolution with stride 2, batch normalization (Ioffe and Szegedy 2015) and ReLU; twice the channels
    of the one before. It is meant to be trained with the statistics of the batch, as `ImageFeatures` does where
    `learns_statistics` says so; padding must not be among the pictures. At 96 pixels, 4 blocks and 16 channels:
    11 million multiply-adds a picture, 98 thousand weights.

    Args:
        height: of the pictures, in pixels; None for any.
        width: likewise.
        channels: of the first block.
        blocks: how many; 3 to 5 for pictures of 64 to 112 pixels.
        colors: of a pixel; differences between frames may be some.
        fine: whether convolutions go over all places, and the largest of each four is kept, for what is a few pixels
            large: five times the work.
    """
    pixels = keras.Input((height, width, colors), name="pixels")
    x = keras.layers.Rescaling(1 / 127.5, -1.0, name="scaled_pixels")(pixels)
    for number in range(1, blocks + 1):
        name = f"block_{number}"
        x = keras.layers.Conv2D(
            channels * 2 ** (number - 1),
            5 if number == 1 and not fine else 3,
            strides=1 if fine else 2,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_convolution",
        )(x)
        x = keras.layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_normalization")(x)
        x = keras.layers.ReLU(name=f"{name}_activation")(x)
        if fine:
            x = keras.layers.MaxPooling2D(2, padding="same", name=f"{name}_pooling")(x)
    return keras.Model(pixels, x, name="scratch")
