"""Transcripts <-> labels of their letters, in the graph.

How a transcript is written, the graph alone decides: Python's white space and upper and lower case are others.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Literal

import keras
import tensorflow as tf

from keras_seq.preprocessing import unicode

RESERVED_LABELS = FIRST_LABEL = 1  # 0 is the blank of CTC, and padding
SPACE = " "
Case = Literal["as_is", "lower", "upper"]
CHUNK_TRANSCRIPTS = 1024  # looked at in one call while an alphabet is learned

# What upper and lower case would make otherwise in a process whose locale is Turkish.
_PLAIN_I = {"lower": {"I": "i", "\u0130": "i\u0307"}, "upper": {"i": "I"}, "as_is": {}}


@keras.saving.register_keras_serializable("keras_seq")
class Letters(keras.layers.Layer):
    """Transcripts `(batch,)` string -> labels of their letters `(batch, labels)` int32, padded on the right
    with 0.

    White space is one space between words; a letter that is not in the alphabet is left out, and so is a word
    of such letters alone.

    Args:
        alphabet: the letters, a Unicode character each; the first is label 1.
        case: whether transcripts are taken as they are, or made lower or upper case.

    Example:
        >>> Letters([" ", "a", "b"], "lower")(tf.constant(["A  cab", ""]))
        [[2, 1, 2, 3], [0, 0, 0, 0]]
    """

    def __init__(self, alphabet: Sequence[str], case: Case = "as_is", **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "string"})
        self.alphabet, self.case = list(alphabet), case
        initializer = tf.lookup.KeyValueTensorInitializer(
            tf.constant(self.alphabet), tf.range(FIRST_LABEL, len(self.alphabet) + FIRST_LABEL)
        )
        self._labels = tf.lookup.StaticHashTable(initializer, 0)
        known = "".join(rf"\x{{{ord(letter):x}}}" for letter in (SPACE, *self.alphabet))
        self._others = f"[^{known}]+"  # a regular expression of RE2
        self.built = True

    @property
    def separator(self) -> int:
        """The label of the space; -1 where the alphabet has none."""
        return self.alphabet.index(SPACE) + FIRST_LABEL if SPACE in self.alphabet else -1

    def call(self, transcripts: tf.Tensor) -> tf.Tensor:
        known = _single_spaces(tf.strings.regex_replace(self.written(transcripts), self._others, ""), SPACE)
        letters = tf.strings.unicode_split(known, "UTF-8", errors="replace")
        labels = tf.ragged.map_flat_values(self._labels.lookup, letters)
        return tf.ragged.boolean_mask(labels, labels > 0).to_tensor()

    def written(self, transcripts: tf.Tensor) -> tf.Tensor:
        """Transcripts as they are learned: valid, with single spaces, and in the case of this layer."""
        return _written(transcripts, self.case)

    def texts(self, labels: tf.Tensor) -> tf.Tensor:
        """Labels `(batch, labels)` -> the text that they spell, `(batch,)` string; words as `written` has them."""
        spelled = tf.gather(tf.constant(["", *self.alphabet]), labels)
        return _single_spaces(tf.strings.reduce_join(spelled, axis=-1), SPACE)

    def compute_output_spec(self, transcripts):
        return keras.KerasTensor((*transcripts.shape, None), "int32")

    def get_config(self) -> dict:
        return {**super().get_config(), "alphabet": self.alphabet, "case": self.case}


def written(transcript: str, case: Case) -> str:
    """`Letters.written`, of one transcript."""
    return _written(tf.constant(transcript), case).numpy().decode()


def learn_alphabet(transcripts: Iterable[str], case: Case) -> list[str]:
    """The letters of transcripts, in order; the space is among them."""
    letters, transcripts = set(SPACE), iter(transcripts)
    while chunk := list(itertools.islice(transcripts, CHUNK_TRANSCRIPTS)):
        for transcript in _written(tf.constant(chunk), case).numpy():
            letters |= set(transcript.decode())
    return sorted(letters)


def _written(transcripts: tf.Tensor, case: Case) -> tf.Tensor:
    # Spaces come first, because a NUL ends a text where its case is changed.
    texts = _single_spaces(unicode.valid_with_nul(transcripts), unicode.BLANKS)
    for letter, other in _PLAIN_I[case].items():
        texts = tf.strings.regex_replace(texts, letter, other)
    cased = {"lower": tf.strings.lower, "upper": tf.strings.upper}.get(case)
    return texts if cased is None else cased(texts, "utf-8")


def _single_spaces(texts: tf.Tensor, blanks: str) -> tf.Tensor:
    """Texts with one space for each run of blanks, characters of a class of RE2, and none at either end."""
    return tf.strings.strip(tf.strings.regex_replace(texts, f"[{blanks}]+", SPACE))
