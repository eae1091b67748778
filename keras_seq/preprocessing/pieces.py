"""Transcripts <-> labels of their subword pieces, in the graph; and which labels a recipe asks for."""

from __future__ import annotations

import base64
import functools
from collections.abc import Iterable

import keras
import sentencepiece
import tensorflow as tf

from keras_seq.errors import DataError
from keras_seq.preprocessing import subwords
from keras_seq.preprocessing.letters import (
    FIRST_LABEL,
    SPACE,
    Case,
    Form,
    Letters,
    TranscriptLabels,
    learn_alphabet,
)
from keras_seq.preprocessing.subwords import RESERVED_IDS, Subwords, learn_subwords

FORM: Form = "NFC"  # of all labels that are learned
LABEL_OF_ID = FIRST_LABEL - RESERVED_IDS  # added to the id of a piece


@keras.saving.register_keras_serializable("keras_seq")
class Pieces(TranscriptLabels):
    """`TranscriptLabels`, a piece each.

    A piece that begins with U+2581 begins a word; U+2581 alone is the separator, before a word that none of
    those begins. Pieces may be joined otherwise than the model of them would: what they spell counts.

    Args:
        model: a SentencePiece model of all letters, as `learn_subwords` gives it, as bytes or in base64.
        case, form: as in `TranscriptLabels`.

    Example:
        >>> layer = Pieces(learn_subwords(["ab ab", "ab"], 8, 1.0))
        >>> layer.names, layer(tf.constant(["ab b", ""]))
        (['ab', '▁ab', '▁', 'a', 'b'], [[2, 3, 5], [0, 0, 0]])
    """

    def __init__(self, model: bytes | str, case: Case = "as_is", form: Form = FORM, **kwargs) -> None:
        pieces = Subwords(model, name="pieces")
        names = pieces.pieces[RESERVED_IDS:]
        texts = [name.replace(subwords.SPACE, SPACE) for name in names]
        super().__init__(names, sorted({SPACE, *"".join(texts)}), case, form, **kwargs)
        self.pieces, self.label_texts = pieces, ["", *texts]
        self.openers = tuple(
            label for label, text in enumerate(self.label_texts) if text[:1] == SPACE and text != SPACE
        )
        if SPACE in texts:
            self.separator = self.label_texts.index(SPACE)

    def call(self, transcripts: tf.Tensor) -> tf.Tensor:
        labels = self.pieces.ids_of(self.known(transcripts)) + LABEL_OF_ID
        return tf.ragged.boolean_mask(labels, labels > 0).to_tensor()

    def labels_of(self, text: str) -> list[int]:
        return [max(number + LABEL_OF_ID, 0) for number in self._processor.encode(text)]

    @functools.cached_property
    def _processor(self) -> sentencepiece.SentencePieceProcessor:
        return sentencepiece.SentencePieceProcessor(model_proto=self.pieces.model)

    def get_config(self) -> dict:
        return {**super().get_config(), "model": base64.b64encode(self.pieces.model).decode()}


def learned(
    transcripts: Iterable[str],
    before: TranscriptLabels | None = None,
    extend: bool = True,
    alphabet: str | None = None,
    case: Case = "as_is",
    size: int = 0,
) -> TranscriptLabels:
    """The labels of transcripts: letters, or pieces.

    Args:
        transcripts: to learn from.
        before: of the model that training starts from. Its letters come first; its pieces are kept.
        extend: whether letters that it does not have join them.
        alphabet: the letters that there may be, with the space; left out, those of the transcripts.
        case: as in `TranscriptLabels`.
        size: how many pieces; 0 for letters.

    Raises:
        DataError: when the transcripts have more letters than so many pieces.
    """
    if size and isinstance(before, Pieces):
        return Pieces(before.pieces.model, case, before.form, name="letters")
    transcripts = list(transcripts)
    letters = learn_alphabet([alphabet] if alphabet else transcripts, case, FORM)
    if not size:
        known = before.alphabet if isinstance(before, Letters) else []
        new = letters if extend or not known else []
        return Letters(list(dict.fromkeys([*known, *new])), case, FORM, name="letters")
    writing = Letters(letters, case, FORM)
    texts = [text.decode() for text in writing.known(tf.constant(transcripts, tf.string)).numpy()]
    if (count := len({SPACE, *"".join(texts)})) > size:
        raise DataError(
            f"prepare.subwords: {size}: the transcripts have {count} letters, which are a piece each; raise it"
        )
    return Pieces(learn_subwords(texts, size + RESERVED_IDS, character_coverage=1.0), case, name="letters")
