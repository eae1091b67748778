"""Layers that Keras lacks, each registered as `keras_seq>Name`; with them the losses of CRF and CTC, and a metric."""

from keras_seq.layers.attention_decoder import AttentionDecoder
from keras_seq.layers.characters import WordCharacters
from keras_seq.layers.crf import CRF, CRFLoss
from keras_seq.layers.ctc import CTCLoss, CTCScores
from keras_seq.layers.dropout import WordDropout
from keras_seq.layers.entity_f1 import EntityF1
from keras_seq.layers.frame_augmentation import FrameCrop, LightJitter, MirroredFrames
from keras_seq.layers.frame_convolution import FrameConvolution
from keras_seq.layers.frame_differences import FrameDifferences
from keras_seq.layers.frame_mask import FrameMask
from keras_seq.layers.frame_normalization import FrameNormalization
from keras_seq.layers.frame_sampling import FrameSampling
from keras_seq.layers.frame_warp import WarpedFrames
from keras_seq.layers.language_model import LanguageModelLoss
from keras_seq.layers.lstm import LSTM
from keras_seq.layers.place_vectors import PlaceVectors
from keras_seq.layers.pooling import AttentionPooling, MaskedMaxPooling
from keras_seq.layers.pose_augmentation import JointDropout, PoseJitter, PoseMirror, PoseSpeed, PoseStreams
from keras_seq.layers.smoothing import SmoothedCrossEntropy
from keras_seq.layers.sound_augmentation import AddedNoise, QuietStart, SpecAugment, SpeedPerturbation
from keras_seq.layers.swapped_classes import SwappedClasses

__all__ = [
    "CRF",
    "LSTM",
    "AddedNoise",
    "AttentionDecoder",
    "AttentionPooling",
    "CRFLoss",
    "CTCLoss",
    "CTCScores",
    "EntityF1",
    "FrameConvolution",
    "FrameCrop",
    "FrameDifferences",
    "FrameMask",
    "FrameNormalization",
    "FrameSampling",
    "JointDropout",
    "LanguageModelLoss",
    "LightJitter",
    "MaskedMaxPooling",
    "MirroredFrames",
    "PlaceVectors",
    "PoseJitter",
    "PoseMirror",
    "PoseSpeed",
    "PoseStreams",
    "QuietStart",
    "SmoothedCrossEntropy",
    "SpecAugment",
    "SpeedPerturbation",
    "SwappedClasses",
    "WarpedFrames",
    "WordCharacters",
    "WordDropout",
]
