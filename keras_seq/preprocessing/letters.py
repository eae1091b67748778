"""Transcripts <-> labels of their letters, in the graph.

How a transcript is written, the graph alone decides: Python's white space and upper and lower case are others.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Literal

import keras
import tensorflow as tf

from keras_seq.preprocessing import unicode

RESERVED_LABELS = FIRST_LABEL = 1  # 0 is the blank of CTC, and padding
SPACE = " "
NO_LABEL = -1
Case = Literal["as_is", "lower", "upper"]
Form = Literal["NFC"] | None
CHUNK_TRANSCRIPTS = 1024  # looked at in one call while an alphabet is learned

# What upper and lower case would make otherwise in a process whose locale is Turkish.
_PLAIN_I = {"lower": {"I": "i", "\u0130": "i\u0307"}, "upper": {"i": "I"}, "as_is": {}}


class TranscriptLabels(keras.layers.Layer):
    """Transcripts `(batch,)` string -> labels `(batch, labels)` int32, padded on the right with 0, and back.

    White space is one space between words; a letter that is not in the alphabet is left out, and so is a word
    of such letters alone.

    Args:
        names: of the labels; the first is label 1.
        alphabet: the letters that transcripts may have, a Unicode character each.
        case: whether transcripts are taken as they are, or made lower or upper case.
        form: NFC composes letters and their marks; None leaves them as they are.

    Attributes:
        label_texts: what each label stands for in a text, of the blank, which comes first, nothing.
        separator: the label of the space; -1 where there is none.
        openers: labels that begin a word, whatever stands before them.
    """

    def __init__(
        self, names: Sequence[str], alphabet: Sequence[str], case: Case, form: Form, **kwargs
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "string"})
        self.names, self.alphabet, self.case, self.form = list(names), list(alphabet), case, form
        self.label_texts, self.separator = ["", *self.names], NO_LABEL
        self.openers: tuple[int, ...] = ()
        known = "".join(rf"\x{{{ord(letter):x}}}" for letter in (SPACE, *self.alphabet))
        self._others = f"[^{known}]+"  # a regular expression of RE2
        self.built = True

    @property
    def boundaries(self) -> tuple[int, tuple[int, ...]]:
        """What divides words: `separator` and `openers`."""
        return self.separator, self.openers

    def labels_of(self, text: str) -> list[int]:
        """The labels of a text that `as_written` gave; 0 where there is none."""
        raise NotImplementedError

    def written(self, transcripts: tf.Tensor) -> tf.Tensor:
        """Transcripts as they are learned: valid, with single spaces, in the case and the form of this layer."""
        return _written(transcripts, self.case, self.form)

    def as_written(self, transcript: str) -> str:
        """`written`, of one transcript."""
        return written(transcript, self.case, self.form)

    def texts(self, labels: tf.Tensor) -> tf.Tensor:
        """Labels `(batch, labels)` -> the text that they spell, `(batch,)` string; words as `written` has them."""
        spelled = tf.gather(tf.constant(self.label_texts), labels)
        return _single_spaces(tf.strings.reduce_join(spelled, axis=-1), SPACE)

    def known(self, transcripts: tf.Tensor) -> tf.Tensor:
        """Transcripts as they are learned, without the letters that are not in the alphabet."""
        return _single_spaces(tf.strings.regex_replace(self.written(transcripts), self._others, ""), SPACE)

    def compute_output_spec(self, transcripts):
        return keras.KerasTensor((*transcripts.shape, None), "int32")

    def get_config(self) -> dict:
        return {**super().get_config(), "case": self.case, "form": self.form}


@keras.saving.register_keras_serializable("keras_seq")
class Letters(TranscriptLabels):
    """`TranscriptLabels`, a letter each.

    Args:
        alphabet: the letters, a Unicode character each; the first is label 1.
        case, form: as in `TranscriptLabels`.

    Example:
        >>> Letters([" ", "a", "b"], "lower")(tf.constant(["A  cab", ""]))
        [[2, 1, 2, 3], [0, 0, 0, 0]]
    """

    def __init__(self, alphabet: Sequence[str], case: Case = "as_is", form: Form = None, **kwargs) -> None:
        super().__init__(alphabet, alphabet, case, form, **kwargs)
        initializer = tf.lookup.KeyValueTensorInitializer(
            tf.constant(self.alphabet), tf.range(FIRST_LABEL, len(self.alphabet) + FIRST_LABEL)
        )
        self._labels = tf.lookup.StaticHashTable(initializer, 0)
        if SPACE in self.alphabet:
            self.separator = self.alphabet.index(SPACE) + FIRST_LABEL

    def call(self, transcripts: tf.Tensor) -> tf.Tensor:
        letters = tf.strings.unicode_split(self.known(transcripts), "UTF-8", errors="replace")
        labels = tf.ragged.map_flat_values(self._labels.lookup, letters)
        return tf.ragged.boolean_mask(labels, labels > 0).to_tensor()

    def labels_of(self, text: str) -> list[int]:
        return [self._label.get(letter, 0) for letter in text]

    @functools.cached_property
    def _label(self) -> dict[str, int]:
        return {letter: place for place, letter in enumerate(self.alphabet, FIRST_LABEL)}

    def get_config(self) -> dict:
        return {**super().get_config(), "alphabet": self.alphabet}


def written(transcript: str, case: Case, form: Form = None) -> str:
    """`TranscriptLabels.written`, of one transcript."""
    return _written(tf.constant(transcript), case, form).numpy().decode()


def learn_alphabet(transcripts: Iterable[str], case: Case, form: Form = None) -> list[str]:
    """The letters of transcripts, in order; the space is among them."""
    letters, transcripts = set(SPACE), iter(transcripts)
    while chunk := list(itertools.islice(transcripts, CHUNK_TRANSCRIPTS)):
        for transcript in _written(tf.constant(chunk), case, form).numpy():
            letters |= set(transcript.decode())
    return sorted(letters)


def _written(transcripts: tf.Tensor, case: Case, form: Form) -> tf.Tensor:
    # Spaces come first, because a NUL ends a text where its case is changed.
    texts = _single_spaces(unicode.valid_with_nul(transcripts), unicode.BLANKS)
    for letter, other in _PLAIN_I[case].items():
        texts = tf.strings.regex_replace(texts, letter, other)
    cased = {"lower": tf.strings.lower, "upper": tf.strings.upper}.get(case)
    texts = texts if cased is None else cased(texts, "utf-8")
    return texts if form is None else unicode.normalized(texts, form)  # last: case may take letters apart


def _single_spaces(texts: tf.Tensor, blanks: str) -> tf.Tensor:
    """Texts with one space for each run of blanks, characters of a class of RE2, and none at either end."""
    return tf.strings.strip(tf.strings.regex_replace(texts, f"[{blanks}]+", SPACE))
