"""Raw input -> tensors, in the graph: the same layers run in training, in the saved model and in the
servable.
"""

from keras_seq.preprocessing.audio import LogMel
from keras_seq.preprocessing.clips import ClipFrames
from keras_seq.preprocessing.images import Pictures
from keras_seq.preprocessing.letters import Letters
from keras_seq.preprocessing.pieces import Pieces
from keras_seq.preprocessing.poses import NormalizedPoses
from keras_seq.preprocessing.subwords import Subwords
from keras_seq.preprocessing.tokens import EntityTagIds, TokenFeatures
from keras_seq.preprocessing.wav import WavSamples
from keras_seq.preprocessing.words import WordIds

__all__ = [
    "ClipFrames",
    "EntityTagIds",
    "Letters",
    "LogMel",
    "NormalizedPoses",
    "Pictures",
    "Pieces",
    "Subwords",
    "TokenFeatures",
    "WavSamples",
    "WordIds",
]
