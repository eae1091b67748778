"""Dropout of whole words."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_seq")
class WordDropout(keras.layers.Layer):
    """In training, some word ids become the unknown word's: `(batch, time)` int -> the same.

    It teaches the embedding of the unknown word, which a vocabulary learned on the training split never shows
    otherwise, and makes the network lean on more than one word. Source: Iyyer et al. 2015, "Deep Unordered
    Composition Rivals Syntactic Methods for Text Classification", section 4 (there words are dropped from an
    average).

    Args:
        rate: the probability that a word is replaced, from 0 to below 1.
        first_id: the first id that may be replaced. Where ids go by frequency, that of the first word seen
            once replaces those alone, which hardly have anything else to be learned (Lample et al. 2016,
            section 5.1).
        unknown_id: the id that takes its place.
        padding_id: the id that is never replaced.
        seed: of the random numbers.
    """

    def __init__(
        self,
        rate: float,
        unknown_id: int = 1,
        padding_id: int = 0,
        seed: int | None = None,
        first_id: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.rate, self.unknown_id, self.padding_id, self.seed = rate, unknown_id, padding_id, seed
        self.first_id = first_id
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, ids, training=False):
        if not training or not self.rate:
            return ids
        dropped = keras.random.uniform(ops.shape(ids), seed=self.seed_generator) < self.rate
        dropped = ops.logical_and(dropped, ids >= self.first_id)
        return ops.where(ops.logical_and(dropped, ids != self.padding_id), self.unknown_id, ids)

    def compute_output_spec(self, ids, training=False):
        return keras.KerasTensor(ids.shape, dtype=ids.dtype)

    def get_config(self) -> dict:
        own = {
            "rate": self.rate,
            "unknown_id": self.unknown_id,
            "padding_id": self.padding_id,
            "seed": self.seed,
            "first_id": self.first_id,
        }
        return {**super().get_config(), **own}
