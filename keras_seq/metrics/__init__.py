"""Scores of answers against truths: thin faces of the field's own scorers."""

from keras_seq.metrics.activity_scores import ActivityScorer
from keras_seq.metrics.caption_scores import CAPTION_SCORES, CaptionScorer, some_captions
from keras_seq.metrics.entity_scores import EntityScorer, TaggedAnswer, entities
from keras_seq.metrics.label_scores import LabelScorer, classification
from keras_seq.metrics.scorer import Scorer
from keras_seq.metrics.text_scores import TEXT_SCORES, TextScorer, Written, generated, main_score
from keras_seq.metrics.transcript_scores import Recognised, TranscriptScorer, recognition

__all__ = [
    "CAPTION_SCORES",
    "TEXT_SCORES",
    "ActivityScorer",
    "CaptionScorer",
    "EntityScorer",
    "LabelScorer",
    "Recognised",
    "Scorer",
    "TaggedAnswer",
    "TextScorer",
    "TranscriptScorer",
    "Written",
    "classification",
    "entities",
    "generated",
    "main_score",
    "recognition",
    "some_captions",
]
