"""An n-gram model over words that are spelled in labels, as a layer: what a search for labels asks at word
ends.

The vocabulary is open. A word that the model has not counts as `<unk>`, whose probability is that of all such
words together, and which of them it is, a second n-gram model says, of labels within words, learned from the
spelling of each word that is known, once. So the probabilities of all that can be written sum to 1 (to what
the second model gives to known words), and a long word is neither punished nor favoured.

Sources: Hannun et al. 2014, "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional
Recurrent DNNs" (words at their ends); Ortmanns et al. 1996, "Language-model look-ahead for large vocabulary
speech recognition" (and before); Bazzi and Glass 2000, "Modeling out-of-vocabulary words for robust speech
recognition" (unknown words).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_seq.decoding import kneser_ney
from keras_seq.decoding.backoff import BackoffTable, levels_of
from keras_seq.decoding.spelling import ROOT, SpellingTrie, trie_of
from keras_seq.decoding.word_starts import starts_word
from keras_seq.errors import DataError
from keras_seq.formats.arpa import END, START, UNKNOWN, NGrams
from keras_seq.layers.ctc import BLANK

SPELLING_ORDER = 4  # labels of the longest n-grams within words
UNKNOWN_ID, START_ID, END_ID = 0, 1, 2


class Writing(NamedTuple):
    """What was written so far: words, and the beginning of one."""

    words: tf.Tensor
    """`(..., n)` int32, the history of words."""
    node: tf.Tensor
    """`(...)` int32, where in the trie the labels of the word that was begun lead; `ROOT` where none was."""
    letters: tf.Tensor
    """`(..., n)` int32, the history of labels within that word."""
    spelling: tf.Tensor
    """`(...)` float32, the log-probability of these labels as an unknown word's beginning."""


class WordEnd(NamedTuple):
    """What the word that ends here is; where none was begun, all is 0."""

    log_probability: tf.Tensor
    """`(...)` float32, of the word after those before it, in nats; of an unknown one with its spelling."""
    words: tf.Tensor
    """`(...)` int32, 1 for a word."""
    unknown: tf.Tensor
    """`(...)` int32, 1 for a word that the model has not."""


@keras.saving.register_keras_serializable("keras_seq")
class LanguageModel(keras.layers.Layer):
    """Labels `(batch, labels)`, with 0 behind -> what the model says of each row as a whole sentence.

    A dict of `log_probability` `(batch,)` float32 in nats, with the sentence's end, `words` and `unknown`
    `(batch,)` int32, how many words there are and how many that the model has not. `start`, `write`,
    `end_word`, `outlook` and `end` do the same step by step, for tensors of any shape.

    `LanguageModel.of` makes one; this one has no numbers in it yet.

    Args:
        separator: the label between words.
        num_classes: of the labels, the blank counted.
        word_counts: how many n-grams of words there are of each length.
        letter_counts: likewise, of labels within words.
        num_nodes: of the trie of the words' spellings.
        openers: labels that begin a word, whatever stands before them.
    """

    def __init__(
        self,
        separator: int,
        num_classes: int,
        word_counts: Sequence[int],
        letter_counts: Sequence[int],
        num_nodes: int,
        openers: Sequence[int] = (),
        **kwargs,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "trainable": False})
        self.separator, self.num_classes, self.openers = separator, num_classes, tuple(openers)
        self.word_table = BackoffTable(word_counts, name="words")
        self.letter_table = BackoffTable(letter_counts, name="letters")
        self.trie = SpellingTrie(num_classes, num_nodes, name="trie")
        self.built = True

    @classmethod
    def of(
        cls,
        ngrams: NGrams,
        spell: Callable[[Any], Sequence[int] | None],
        separator: int,
        num_classes: int,
        spelling_order: int = SPELLING_ORDER,
        **kwargs,
    ) -> LanguageModel:
        """A layer with the numbers of an n-gram model.

        Args:
            ngrams: of words; without `<unk>`, an unknown word is as probable as the least probable one.
            spell: the labels of a word, without the separator; None where they cannot write it. Such a word
                is left out. Of words that are spelled alike the most probable one counts.
            separator: the label between words.
            num_classes: of the labels, the blank counted.
            spelling_order: labels of the longest n-grams within words.
            kwargs: `openers`, and those of a layer.

        Raises:
            DataError: where no word can be written.
            ValueError: where `spell` gives what is no label within a word.
        """
        ones = {word: number for (word,), (number, _) in ngrams.orders[0].items()}
        marks = (UNKNOWN, START, END)
        words = sorted((word for word in ones if word not in marks), key=lambda word: -ones[word])
        letters = [label for label in range(num_classes) if label not in (BLANK, separator)]
        spelled = _spelled(words, spell, letters)
        if UNKNOWN not in ones:
            least = {(UNKNOWN,): (min(ones[word] for word in words), 0.0)}
            ngrams = NGrams([ngrams.orders[0] | least, *ngrams.orders[1:]])
        ids = {word: place for place, word in enumerate((*marks, *spelled))}
        word_levels = levels_of(ngrams, ids)

        spellings = kneser_ney.learn(spelled.values(), spelling_order, letters, unknown_words=0)
        letter_ids: dict[Any, int] = {START: BLANK, END: separator} | {letter: letter for letter in letters}
        letter_levels = levels_of(spellings, letter_ids)
        logs = {ids[word]: ones[word] * math.log(10) for word in spelled}
        trie = trie_of({ids[word]: one for word, one in spelled.items()}, logs, num_classes, UNKNOWN_ID)

        word_counts, letter_counts = (
            [len(one.keys) for one in them] for them in (word_levels, letter_levels)
        )
        layer = cls(separator, num_classes, word_counts, letter_counts, len(trie.words), **kwargs)
        layer.word_table.fill(word_levels)
        layer.letter_table.fill(letter_levels)
        layer.trie.fill(trie)
        return layer

    def start(self, shape: tf.Tensor | Sequence[int]) -> Writing:
        """Nothing written yet, in tensors of a shape."""
        nothing = tf.zeros(shape, tf.int32)
        words, letters = self.word_table.first(START_ID), self.letter_table.first(BLANK)
        return Writing(
            nothing[..., None] + words, nothing + ROOT, nothing[..., None] + letters, tf.zeros(shape)
        )

    def write(self, writing: Writing, labels: tf.Tensor, ended: Writing) -> Writing:
        """What was written, and then labels `(...)`; for 0 nothing more is.

        Args:
            ended: what `end_word` made of `writing`.
        """
        if self.openers:
            writing = _chosen(starts_word(labels, self.openers), ended, writing)
        scores, letters = self.letter_table(writing.letters, labels)
        begun = Writing(writing.words, self.trie(writing.node, labels), letters, writing.spelling + scores)
        return _chosen(labels == self.separator, ended, _chosen(labels > 0, begun, writing))

    def ends_word(self, labels: tf.Tensor) -> tf.Tensor:
        """Whether the word that was begun ends before labels, bool, of their shape."""
        return (labels == self.separator) | starts_word(labels, self.openers)

    def outlook(self, writing: Writing) -> tf.Tensor:
        """The log-probability that a word begins as the one that was begun, `(...)` float32; 0 where none
        was.

        Whatever the words before it: so a search knows at each label, and not only at the word's end, what is
        hardly a word.
        """
        unknown = self.word_table.probabilities[0][UNKNOWN_ID] + writing.spelling
        known = self.trie.shares_of(writing.node)
        sums = tf.maximum(known, unknown) + tf.math.log1p(tf.exp(-tf.abs(known - unknown)))
        return tf.where(writing.node == ROOT, 0.0, sums)

    def end_word(self, writing: Writing) -> tuple[WordEnd, Writing]:
        """The word that ends here, and what was written then, no word begun."""
        is_word = writing.node != ROOT
        ids = self.trie.words_at(writing.node, UNKNOWN_ID)
        is_unknown = is_word & (ids == UNKNOWN_ID)
        scores, words = self.word_table(writing.words, ids)
        ends, _ = self.letter_table(writing.letters, tf.fill(tf.shape(ids), self.separator))
        scores += tf.where(is_unknown, writing.spelling + ends, 0.0)
        words = tf.where(is_word[..., None], words, writing.words)
        end = WordEnd(
            tf.where(is_word, scores, 0.0), tf.cast(is_word, tf.int32), tf.cast(is_unknown, tf.int32)
        )
        return end, self.start(tf.shape(ids))._replace(words=words)

    def end(self, writing: Writing) -> tuple[WordEnd, Writing]:
        """The word that ends here with the sentence, the sentence's end counted in its probability."""
        word, writing = self.end_word(writing)
        ends, words = self.word_table(writing.words, tf.fill(tf.shape(writing.node), END_ID))
        return word._replace(log_probability=word.log_probability + ends), writing._replace(words=words)

    def call(self, labels: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = tf.shape(labels)[:1]

        def body(place, sums, writing):
            now = labels[:, place]
            word, ended = self.end_word(writing)
            ends = self.ends_word(now)
            sums = [
                total + tf.where(ends, one, tf.zeros_like(one)) for total, one in zip(sums, word, strict=True)
            ]
            return place + 1, sums, self.write(writing, now, ended)

        loop = (0, [tf.zeros(rows), tf.zeros(rows, tf.int32), tf.zeros(rows, tf.int32)], self.start(rows))
        _, sums, writing = tf.while_loop(lambda place, *_: place < tf.shape(labels)[1], body, loop)
        last, _ = self.end(writing)
        return {name: total + one for name, total, one in zip(WordEnd._fields, sums, last, strict=True)}

    def compute_output_spec(self, labels: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        dtypes = ("float32", "int32", "int32")
        return {
            name: keras.KerasTensor(labels.shape[:1], dtype=dtype)
            for name, dtype in zip(WordEnd._fields, dtypes, strict=True)
        }

    def get_config(self) -> dict:
        own = {"separator": self.separator, "num_classes": self.num_classes, "openers": self.openers}
        tables = {"word_counts": self.word_table.counts, "letter_counts": self.letter_table.counts}
        return {**super().get_config(), **own, **tables, "num_nodes": self.trie.num_nodes}


def _chosen(are: tf.Tensor, ours: Writing, others: Writing) -> Writing:
    """Where `are`, bool, is true, the one writing, else the other."""
    many = are[..., None]
    return Writing(
        *(
            tf.where(many if one.shape.rank > are.shape.rank else are, one, other)
            for one, other in zip(ours, others, strict=True)
        )
    )


def _spelled(
    words: Sequence[Any], spell: Callable[[Any], Sequence[int] | None], letters: Sequence[int]
) -> dict[Any, Sequence[int]]:
    """The words that can be written, with their labels."""
    spelled = {word: labels for word in words if (labels := spell(word))}
    if not spelled:
        raise DataError(
            f"the labels can write none of the {len(words)} words of the n-gram model, as {words[:3]}"
        )
    for word, labels in spelled.items():
        if not set(labels) <= set(letters):
            raise ValueError(
                f"spell({word!r}): expected labels of {letters[0]} to {letters[-1]} without the separator, "
                f"given {list(labels)}"
            )
    return spelled
