"""Transcripts <-> labels of their letters, in the graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import keras
import tensorflow as tf

FIRST_LABEL = 1  # 0 is the blank of CTC, and padding
SPACE = " "
Case = Literal["as_is", "lower", "upper"]


@keras.saving.register_keras_serializable("keras_seq")
class Letters(keras.layers.Layer):
    """Transcripts `(batch,)` string -> labels of their letters `(batch, labels)` int32, padded on the right
    with 0.

    White space is one space between words; a letter that is not in the alphabet is left out.

    Args:
        alphabet: the letters, a character each; the first is label 1.
        case: whether transcripts are taken as they are, or made lower or upper case.
    """

    def __init__(self, alphabet: Sequence[str], case: Case = "as_is", **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "string"})
        self.alphabet, self.case = list(alphabet), case
        initializer = tf.lookup.KeyValueTensorInitializer(
            tf.constant(self.alphabet), tf.range(FIRST_LABEL, len(self.alphabet) + FIRST_LABEL)
        )
        self._labels = tf.lookup.StaticHashTable(initializer, 0)
        self.built = True

    @property
    def separator(self) -> int:
        """The label of the space; -1 where the alphabet has none."""
        return self.alphabet.index(SPACE) + FIRST_LABEL if SPACE in self.alphabet else -1

    def call(self, transcripts: tf.Tensor) -> tf.Tensor:
        letters = tf.strings.unicode_split(self.written(transcripts), "UTF-8", errors="replace")
        labels = tf.ragged.map_flat_values(self._labels.lookup, letters)
        return tf.ragged.boolean_mask(labels, labels > 0).to_tensor()

    def written(self, transcripts: tf.Tensor) -> tf.Tensor:
        """Transcripts as they are learned: with single spaces, and in the case of this layer."""
        cased = {"lower": tf.strings.lower, "upper": tf.strings.upper}.get(self.case)
        texts = transcripts if cased is None else cased(transcripts, "utf-8")
        return tf.strings.strip(tf.strings.regex_replace(texts, r"\s+", SPACE))

    def texts(self, labels: tf.Tensor) -> tf.Tensor:
        """Labels `(batch, labels)` -> the text that they spell, `(batch,)` string; words as `written` has them."""
        spelled = tf.gather(tf.constant(["", *self.alphabet]), labels)
        joined = tf.strings.reduce_join(spelled, axis=-1)
        return tf.strings.strip(tf.strings.regex_replace(joined, r"\s+", SPACE))

    def compute_output_spec(self, transcripts):
        return keras.KerasTensor((*transcripts.shape, None), "int32")

    def get_config(self) -> dict:
        return {**super().get_config(), "alphabet": self.alphabet, "case": self.case}


def written(transcript: str, case: Case) -> str:
    """`Letters.written`, in Python."""
    cased = {"lower": str.lower, "upper": str.upper}.get(case)
    return " ".join((transcript if cased is None else cased(transcript)).split())


def learn_alphabet(transcripts: Iterable[str], case: Case) -> list[str]:
    """The letters of transcripts, in order; the space is among them."""
    letters = set(SPACE)
    for transcript in transcripts:
        letters |= set(written(transcript, case))
    return sorted(letters)
