"""What a language model over words adds to the scores of a search for labels."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from keras_seq.decoding.ngrams import LanguageModel, WordEnd
from keras_seq.decoding.spelling import NOWHERE, ROOT


class State(NamedTuple):
    """Of each hypothesis what was said of its words, and what it has written, a `Writing`; without a model
    `()`.
    """

    said: WordEnd
    writing: Any


class Fusion:
    """A language model with its weights: shallow fusion, at the ends of words.

    Args:
        model: None adds nothing.
        weight: of its log-probability.
        word_bonus: for each word.
        unknown_bonus: for each word that the model has not.
    """

    def __init__(
        self,
        model: LanguageModel | None,
        weight: float | tf.Tensor,
        word_bonus: float | tf.Tensor,
        unknown_bonus: float | tf.Tensor,
    ) -> None:
        self.model = model
        self.weights = (weight, word_bonus, unknown_bonus)

    def ends_word(self, labels: tf.Tensor) -> tf.Tensor:
        """Whether the word that was begun ends before labels, bool, of their shape."""
        return tf.zeros_like(labels, tf.bool) if self.model is None else self.model.ends_word(labels)

    def start(self, shape: tf.Tensor) -> State:
        """Nothing written, by hypotheses in a tensor of this shape."""
        return State(_nothing(shape), () if self.model is None else self.model.start(shape))

    def score(self, said: WordEnd) -> tf.Tensor:
        """What is added to the log-probability of labels."""
        parts = zip(self.weights, said, strict=True)
        return tf.add_n([weight * tf.cast(part, tf.float32) for weight, part in parts])

    def outlook(self, state: State) -> tf.Tensor:
        """What is added for what is known of words that have begun and not ended."""
        if self.model is None:
            return tf.zeros_like(state.said.log_probability)
        weight, word_bonus, unknown_bonus = self.weights
        begun = tf.where(state.writing.node != ROOT, word_bonus, 0.0)
        unknown = tf.where(state.writing.node == NOWHERE, unknown_bonus, 0.0)
        return weight * self.model.outlook(state.writing) + begun + unknown

    def end_word(self, state: State) -> State:
        """What would be said of the word that was begun, if it ended here; and what was written then."""
        if self.model is None:
            return state
        return State(*self.model.end_word(state.writing))

    def write(self, state: State, ended: State, slots: tf.Tensor, labels: tf.Tensor) -> State:
        """The hypotheses that continue those in `slots` `(batch, width)` with `labels`; for 0 with none.

        Args:
            ended: what `end_word` made of `state`.
        """
        if self.model is None:
            return state
        state, ended = tf.nest.map_structure(lambda one: tf.gather(one, slots, batch_dims=1), (state, ended))
        separated = self.ends_word(labels)
        said = _summed(state.said, [tf.where(separated, one, tf.zeros_like(one)) for one in ended.said])
        return State(said, self.model.write(state.writing, labels, ended.writing))

    def end(self, state: State) -> WordEnd:
        """What was said of all words, the last one and the sentence's end among them."""
        if self.model is None:
            return state.said
        return _summed(state.said, self.model.end(state.writing)[0])


def _nothing(shape):
    return WordEnd(tf.zeros(shape), tf.zeros(shape, tf.int32), tf.zeros(shape, tf.int32))


def _summed(said, more):
    return WordEnd(*(total + one for total, one in zip(said, more, strict=True)))
