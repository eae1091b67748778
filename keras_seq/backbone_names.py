"""The names of backbones: a table that needs neither Keras nor TensorFlow, so that recipes are checked by it."""

from __future__ import annotations

import re

OWN = ("efficientnet_lite0", "scratch")
# What `keras.applications` has, by what its pixels have to be: from -1 to 1; blue, green, red less ImageNet's means;
# normalized by ImageNet's means and deviations; from 0 to 255, as the model scales them itself.
SIGNED = (
    *("InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2", "NASNetLarge", "NASNetMobile"),
    *("ResNet101V2", "ResNet152V2", "ResNet50V2", "Xception"),
)
CENTRED = ("ResNet101", "ResNet152", "ResNet50", "VGG16", "VGG19")
NORMALIZED = ("DenseNet121", "DenseNet169", "DenseNet201")
RAW = (
    *("ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtTiny", "ConvNeXtXLarge"),
    *(f"EfficientNetB{number}" for number in range(8)),
    *("EfficientNetV2B0", "EfficientNetV2B1", "EfficientNetV2B2", "EfficientNetV2B3"),
    *("EfficientNetV2L", "EfficientNetV2M", "EfficientNetV2S", "MobileNetV3Large", "MobileNetV3Small"),
)
NAMES = (*OWN, *sorted((*SIGNED, *CENTRED, *NORMALIZED, *RAW)))


def canonical(name: str) -> str | None:
    """The name of `NAMES` that is meant, whatever its capitals and underscores; None where there is none.

    Example:
        >>> canonical("mobilenet_v2")
        'MobileNetV2'
    """
    return _MEANT.get(_plain(name))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


_MEANT = {_plain(name): name for name in NAMES}
