"""A sequence of states -> one vector, blind to padding."""

from __future__ import annotations

import keras
from keras import ops


class _MaskedPooling(keras.layers.Layer):
    """`(batch, time, units)` with a mask `(batch, time)` -> `(batch, units)`; the mask ends here."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, states, mask=None):
        return None

    def compute_output_shape(self, states_shape):
        return (states_shape[0], states_shape[-1])

    def _masked(self, values, mask):
        """`values` `(batch, time, ...)`, and the lowest finite number where the mask is False."""
        if mask is None:
            return values
        lowest = float(-3e4 if keras.backend.standardize_dtype(values.dtype) == "float16" else -1e30)
        return ops.where(mask[..., None], values, ops.cast(lowest, values.dtype))


@keras.saving.register_keras_serializable("keras_seq")
class MaskedMaxPooling(_MaskedPooling):
    """The largest value of every unit over the steps that the mask keeps. Source: Conneau et al. 2017,
    section 3.2.2.

    Keras's `GlobalMaxPooling1D` takes no mask, so its answer changes with the padding.
    """

    def call(self, states, mask=None):
        return ops.max(self._masked(states, mask), axis=1)


@keras.saving.register_keras_serializable("keras_seq")
class AttentionPooling(_MaskedPooling):
    """A weighted mean of the states, the weights learned: softmax over time of `v . tanh(W h + b)`.

    Source: Yang et al. 2016, "Hierarchical Attention Networks for Document Classification", equations 5 to 7.
    """

    def build(self, states_shape) -> None:
        units = states_shape[-1]
        self.projection = self.add_weight(
            shape=(units, units), initializer="glorot_uniform", name="projection"
        )
        self.bias = self.add_weight(shape=(units,), initializer="zeros", name="bias")
        self.context = self.add_weight(shape=(units, 1), initializer="glorot_uniform", name="context")

    def call(self, states, mask=None):
        hidden = ops.tanh(ops.matmul(states, self.projection) + self.bias)
        scores = self._masked(ops.matmul(hidden, self.context), mask)
        return ops.sum(ops.softmax(scores, axis=1) * states, axis=1)
