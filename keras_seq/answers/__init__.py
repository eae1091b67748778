"""Tensors -> named answers, and the models that go from raw input to them."""

import keras_seq.backbones  # noqa: F401  (registers what saved models may have)
from keras_seq.answers.activities import ClipAnswering
from keras_seq.answers.answering import PROBLEM, Answering
from keras_seq.answers.captions import CaptionAnswering, Captions
from keras_seq.answers.entities import EntityAnswering, TaggedTokens
from keras_seq.answers.generated import GeneratedText
from keras_seq.answers.labels import RankedLabels
from keras_seq.answers.poses import PoseAnswering
from keras_seq.answers.problems import Problems
from keras_seq.answers.signatures import Signature
from keras_seq.answers.transcripts import SpeechAnswering, Transcripts
from keras_seq.answers.translations import TranslationAnswering, Translations

__all__ = [
    "PROBLEM",
    "Answering",
    "CaptionAnswering",
    "Captions",
    "ClipAnswering",
    "EntityAnswering",
    "GeneratedText",
    "PoseAnswering",
    "Problems",
    "RankedLabels",
    "Signature",
    "SpeechAnswering",
    "TaggedTokens",
    "Transcripts",
    "TranslationAnswering",
    "Translations",
]
