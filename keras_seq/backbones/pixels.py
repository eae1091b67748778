"""Pixels from 0 to 255 -> what a network was trained on, by layers in its graph."""

from __future__ import annotations

import keras

from keras_seq import backbone_names

# Of ImageNet's pixels: red, green, blue.
MEANS = (123.68, 116.779, 103.939)
NORMAL_MEANS, NORMAL_DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of pixels from 0 to 1


@keras.saving.register_keras_serializable("keras_seq")
class ReversedColors(keras.layers.Layer):
    """Red, green, blue `(..., 3)` -> blue, green, red, as Caffe's networks have them."""

    def call(self, pixels):
        return keras.ops.flip(pixels, axis=-1)

    def compute_output_shape(self, shape):
        return shape


def scaled(pixels: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Pixels as a network of `keras.applications` takes them, as its `preprocess_input` makes them.

    Args:
        pixels: from 0 to 255, `(batch, height, width, 3)`; red, green, blue.
        name: of the network, such as "MobileNetV2".
    """
    if name in backbone_names.SIGNED:
        return keras.layers.Rescaling(1 / 127.5, -1.0, name="scaled_pixels")(pixels)
    if name in backbone_names.NORMALIZED:
        scale = [1 / 255 / deviation for deviation in NORMAL_DEVIATIONS]
        offset = [-mean / deviation for mean, deviation in zip(NORMAL_MEANS, NORMAL_DEVIATIONS, strict=True)]
        return keras.layers.Rescaling(scale, offset, name="normalized_pixels")(pixels)
    if name in backbone_names.CENTRED:
        centred = keras.layers.Rescaling(1.0, [-mean for mean in MEANS], name="centred_pixels")(pixels)
        return ReversedColors(name="reversed_colors")(centred)
    return pixels


def colored(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Grey pixels `(..., 1)` three times; those in colours stay."""
    if pixels.shape[-1] == 3:
        return pixels
    return keras.layers.Concatenate(name="three_colors")([pixels] * 3)
