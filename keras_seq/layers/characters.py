"""The characters of every word -> a vector of the word."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import ops

from keras_seq.layers.lstm import LSTM
from keras_seq.layers.pooling import MaskedMaxPooling

WIDTHS = (2, 3, 4)  # characters that a filter sees


@keras.saving.register_keras_serializable("keras_seq")
class WordCharacters(keras.layers.Layer):
    """Character ids `(batch, time, characters)`, 0 for none -> `(batch, time, units)`; zeros, and masked,
    without any.

    A word's start and end are characters of their own, so that prefixes and suffixes can be told from what is
    inside. Two kinds: "cnn", convolutions over 2, 3 and 4 characters and the largest value of every filter
    (Ma and Hovy 2016, section 2.1), and "lstm", the last states of an LSTM in each direction (Lample et al.
    2016, section 4.1).

    Args:
        num_characters: character ids, the padding and the unknown character among them.
        units: numbers in a word's vector; divided among the filters' widths, or the two directions.
        embedding_dim: numbers in a character's vector.
        kind: "cnn" or "lstm".
    """

    def __init__(
        self, num_characters: int, units: int, embedding_dim: int = 30, kind: str = "cnn", **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.num_characters, self.units, self.embedding_dim, self.kind = (
            num_characters,
            units,
            embedding_dim,
            kind,
        )
        bound = (3 / embedding_dim) ** 0.5  # Ma and Hovy 2016, section 3.1
        initializer = keras.initializers.RandomUniform(-bound, bound)
        # Layers within a layer would otherwise follow the process's dtype policy, not this layer's.
        own = {"dtype": self.dtype_policy}
        self.embedding = keras.layers.Embedding(
            num_characters + 2, embedding_dim, initializer, name="embedding", **own
        )
        if kind == "cnn":
            sizes = [units // 3 + (units % 3 > n) for n in range(3)]
            self.readers = [
                keras.layers.Conv1D(
                    size,
                    width,
                    padding="same",
                    data_format="channels_last",
                    activation="tanh",
                    name=f"filters_{width}",
                    **own,
                )
                for width, size in zip(WIDTHS, sizes, strict=True)
            ]
            self.pooling = MaskedMaxPooling(name="pooling", **own)
        else:
            sizes = [units // 2, units - units // 2]
            self.readers = [
                LSTM(size, go_backwards=backwards, name=("forward", "backward")[backwards], **own)
                for size, backwards in zip(sizes, (False, True), strict=True)
            ]

    def build(self, ids_shape) -> None:
        self.embedding.build((None, None))
        for reader in self.readers:
            reader.build((None, None, self.embedding_dim))

    def call(self, ids, training=False):
        batch, time, characters = tf.unstack(tf.shape(ids))
        flat = tf.reshape(ids, [batch * time, characters])
        # Padding costs nothing: the words alone are read, and a row of nothing, for a convolution wants one.
        places = tf.where(flat[:, 0] > 0)
        flat = self._with_edges(tf.pad(tf.gather_nd(flat, places), [[0, 1], [0, 0]]))
        mask = ops.not_equal(flat, 0)
        x = self.embedding(flat)
        if self.kind == "cnn":
            x = ops.where(mask[..., None], x, ops.zeros_like(x))
            x = ops.concatenate([reader(x) for reader in self.readers], axis=-1)
            x = self.pooling(x, mask=mask)
        else:
            x = ops.concatenate([reader(x, mask=mask, training=training) for reader in self.readers], axis=-1)
        x = tf.scatter_nd(places, x[:-1], [tf.cast(batch * time, tf.int64), self.units])
        return tf.reshape(x, [batch, time, self.units])

    def _with_edges(self, ids):
        """`(words, characters)` -> `(words, characters + 2)`: the start before, the end after."""
        length = ops.sum(ops.cast(ids > 0, ids.dtype), axis=1, keepdims=True)
        padded = ops.pad(ids, [[0, 0], [1, 1]])
        places = ops.arange(ops.shape(padded)[1], dtype=ids.dtype)[None]
        padded = ops.where(places == 0, self.num_characters, padded)
        return ops.where(places == length + 1, self.num_characters + 1, padded)

    def compute_mask(self, ids, mask=None):
        return ops.any(ops.not_equal(ids, 0), axis=-1)

    def compute_output_spec(self, ids, training=False):
        return keras.KerasTensor((*ids.shape[:2], self.units), dtype=self.compute_dtype)

    def get_config(self) -> dict:
        names = ("num_characters", "units", "embedding_dim", "kind")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
