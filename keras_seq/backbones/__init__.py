"""Networks from pictures to grids of features, with or without weights of ImageNet; what video and captions share."""

from keras_seq.backbones.backbone import backbone
from keras_seq.backbones.image_features import ImageFeatures
from keras_seq.backbones.pixels import ReversedColors

__all__ = ["ImageFeatures", "ReversedColors", "backbone"]
