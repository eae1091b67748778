"""Scores of answers against truths: thin faces of the field's own scorers."""

from keras_seq.metrics.entity_scores import TaggedAnswer, entities, surface
from keras_seq.metrics.label_scores import classification
from keras_seq.metrics.text_scores import (
    TRANSLATION_SCORES,
    Translated,
    bleu,
    chrf,
    main_score,
    sentence_chrf,
    tokenizer_of,
    translations,
)

__all__ = [
    "TRANSLATION_SCORES",
    "TaggedAnswer",
    "Translated",
    "bleu",
    "chrf",
    "classification",
    "entities",
    "main_score",
    "sentence_chrf",
    "surface",
    "tokenizer_of",
    "translations",
]
