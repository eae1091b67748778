"""A language model as a second objective of a tagger."""

from __future__ import annotations

import keras
import tensorflow as tf

HIDDEN_UNITS = 50


@keras.saving.register_keras_serializable("keras_seq")
class LanguageModelLoss(keras.layers.Layer):
    """The states of a bidirectional LSTM, as they came; in training they also have to predict the words
    around.

    Called with `[states, word_ids]`, `(batch, time, 2 * units)` and `(batch, time)` int32, 0 for padding. The
    forward half at a step predicts the next word, the backward half the word before, of the most frequent
    words; the loss that is added is `weight` times the cross-entropies of a sentence, like the CRF's a sum
    over its words. It makes the states learn more of a small corpus than its few entities tell. Source: Rei
    2017, "Semi-supervised Multitask Learning for Sequence Labeling", section 3.

    Args:
        num_words: word ids with a class of their own, the most frequent first; all above count as the unknown word.
        weight: of the loss; 0 adds none.
        unknown_id: the id of the unknown word.
    """

    def __init__(self, num_words: int, weight: float, unknown_id: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.num_words, self.weight, self.unknown_id = num_words, weight, unknown_id
        self.supports_masking = True
        # Layers within a layer would otherwise follow the process's dtype policy, not this layer's.
        own = {"dtype": self.dtype_policy}
        ways = ("forward", "backward")
        self.hidden = [keras.layers.Dense(HIDDEN_UNITS, "tanh", name=f"{way}_hidden", **own) for way in ways]
        self.words = [keras.layers.Dense(num_words, name=f"{way}_words", **own) for way in ways]

    def build(self, shapes) -> None:
        for hidden, words in zip(self.hidden, self.words, strict=True):
            hidden.build((None, shapes[0][-1] // 2))
            words.build((None, HIDDEN_UNITS))

    def call(self, inputs, training=False):
        states, ids = inputs
        if training and self.weight:
            ids = tf.where(ids < self.num_words, ids, self.unknown_id)
            forward, backward = tf.split(states, 2, axis=-1)
            ahead = self._loss(0, forward[:, :-1], ids[:, 1:], ids[:, 1:] > 0)
            behind = self._loss(1, backward[:, 1:], ids[:, :-1], ids[:, 1:] > 0)
            self.add_loss(self.weight * (ahead + behind) / tf.cast(tf.shape(ids)[0], tf.float32))
        return states

    def _loss(self, way: int, states: tf.Tensor, ids: tf.Tensor, real: tf.Tensor) -> tf.Tensor:
        """The cross-entropies of the real steps together."""
        states, ids = tf.boolean_mask(states, real), tf.boolean_mask(ids, real)
        logits = tf.cast(self.words[way](self.hidden[way](states)), tf.float32)
        return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits))

    def compute_mask(self, inputs, mask=None):
        return mask and mask[0]

    def compute_output_spec(self, inputs, training=False):
        return keras.KerasTensor(inputs[0].shape, dtype=inputs[0].dtype)

    def get_config(self) -> dict:
        own = {"num_words": self.num_words, "weight": self.weight, "unknown_id": self.unknown_id}
        return {**super().get_config(), **own}
