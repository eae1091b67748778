"""The decoder of an encoder-decoder: LSTM layers that look at what the encoder gave at every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from keras_seq.layers.lstm import LSTM

PADDING_ID = 0
PADDING_SCORE = -1e9


class Memory(NamedTuple):
    """What the steps look at: values and keys `(batch, source, ...)`; what keeps them from padding, added to
    scores.
    """

    values: tf.Tensor
    keys: tf.Tensor
    bias: tf.Tensor  # (batch, 1, source), 0 or PADDING_SCORE


class State(NamedTuple):
    """What a step hands to the next: hidden states and cells, one a layer; the features that are fed back, if
    any.
    """

    hiddens: list[tf.Tensor]
    cells: list[tf.Tensor]
    fed: list[tf.Tensor]


@keras.saving.register_keras_serializable("keras_seq")
class AttentionDecoder(keras.layers.Layer):
    """Embedded target words and the encoder's outputs -> features of the next words, `(batch, time,
    output_dim)`.

    The first LSTM layer reads the words, and its states ask the attention; each further layer reads the
    states below and what the attention found, with a residual connection (Wu et al. 2016, section 3.2). The
    last states, what was found and the word go through a tanh layer (Luong et al. 2015, eq. 5). So the whole
    sequence goes through each LSTM at once in training. With `input_feeding` the features of a step are read
    by the first layer at the next one (Luong et al. 2015, section 3.3), which only a loop over steps can do.

    Called with `[words, values, source_ids, *states]`: `(batch, time, embedding_dim)`, `(batch, source,
    memory_dim)`, `(batch, source)` int32 with 0 for padding, and the encoder's last states `(batch, any)`, of
    which the first state of every layer is made.

    Args:
        units: numbers in the state of a layer.
        output_dim: numbers in a feature.
        layers: LSTM layers.
        attention: `luong`, the general score (Luong et al. 2015, eq. 8), or `bahdanau`, the additive one
            (Bahdanau et al. 2015, appendix A.1.2).
        input_feeding: whether features are fed back.
        dropout: part of the numbers set to zero in training, of what goes from layer to layer.
    """

    def __init__(
        self,
        units: int,
        output_dim: int,
        layers: int = 1,
        attention: str = "luong",
        input_feeding: bool = False,
        dropout: float = 0.0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if attention not in ("luong", "bahdanau"):
            raise ValueError(f"attention: expected 'luong' or 'bahdanau', given {attention!r}")
        self.units, self.output_dim, self.attention = units, output_dim, attention
        self.input_feeding, self.dropout = input_feeding, dropout
        self.supports_masking = True
        # Layers within a layer would otherwise follow the process's dtype policy, not this layer's.
        own = {"dtype": self.dtype_policy}
        self.lstms = [
            LSTM(units, return_sequences=True, name=f"lstm_{n}", **own) for n in range(1, layers + 1)
        ]
        self.first_states = keras.layers.Dense(2 * layers * units, "tanh", name="first_states", **own)
        self.key = keras.layers.Dense(units, use_bias=False, name="key", **own)
        self.query = (
            keras.layers.Dense(units, use_bias=False, name="query", **own)
            if attention == "bahdanau"
            else None
        )
        self.combine = keras.layers.Dense(output_dim, "tanh", name="combine", **own)
        self.drop = keras.layers.Dropout(dropout, name="drop", **own)

    def build(self, shapes: Sequence[tuple]) -> None:
        words, values, _, *states = shapes
        fed = self.output_dim if self.input_feeding else 0
        self.first_states.build((None, sum(shape[-1] for shape in states)))
        self.key.build((None, None, values[-1]))
        state = (None, None, self.units)
        if self.query is not None:
            self.query.build(state)
            self.scale = self.add_weight((self.units,), "glorot_uniform", name="scale")
        for number, lstm in enumerate(self.lstms):
            lstm.build((None, None, self.units + values[-1] if number else words[-1] + fed))
        self.combine.build((None, None, self.units + values[-1] + words[-1]))

    def call(self, inputs: Sequence[tf.Tensor], training: bool = False) -> tf.Tensor:
        words, memory, state = inputs[0], self.remember(inputs[1], inputs[2]), self.begin(inputs[3:])
        if self.input_feeding:
            return self._by_steps(words, memory, state, training)
        first, *rest = zip(self.lstms, state.hiddens, state.cells, strict=True)
        x = first[0](words, initial_state=list(first[1:]), training=training)
        found, _ = self._look(x, memory)
        for lstm, hidden, cell in rest:
            below = tf.concat([self.drop(x, training=training), found], axis=-1)
            x = x + lstm(below, initial_state=[hidden, cell], training=training)
        return self._features(x, found, words, training)

    def remember(self, values: tf.Tensor, source_ids: tf.Tensor) -> Memory:
        """What the steps look at, made once for all of them."""
        is_padding = tf.cast(tf.equal(source_ids, PADDING_ID), values.dtype)
        return Memory(values, self.key(values), PADDING_SCORE * is_padding[:, None])

    def begin(self, states: Sequence[tf.Tensor]) -> State:
        """The state before the first word, of the encoder's last states."""
        made = tf.split(self.first_states(tf.concat(states, axis=-1)), 2 * len(self.lstms), axis=-1)
        fed = [tf.zeros([tf.shape(made[0])[0], self.output_dim], made[0].dtype)] if self.input_feeding else []
        return State(made[: len(self.lstms)], made[len(self.lstms) :], fed)

    def stepper(
        self, training: bool = False
    ) -> Callable[[tf.Tensor, State, Memory], tuple[tf.Tensor, State, tf.Tensor]]:
        """A function that goes one word on; what is the same at every step is computed here, before any loop.

        It takes words `(batch, width, embedding_dim)` of `width` hypotheses each, a state of tensors `(batch,
        width, ...)` and the memory, which all hypotheses of a row share, of tensors `(batch, source, ...)`.
        It gives features `(batch, width, output_dim)`, the state after the word, and the attention `(batch,
        width, source)`.
        """
        advance = [_advancing(lstm) for lstm in self.lstms]

        def step(words: tf.Tensor, state: State, memory: Memory) -> tuple[tf.Tensor, State, tf.Tensor]:
            # Products of matrices are faster flat, all hypotheses one below the other.
            sizes = tf.shape(words)[:2]
            words, fed = _flat(words), [_flat(x) for x in state.fed]
            x, cell = advance[0]([words, *fed], *map(_flat, (state.hiddens[0], state.cells[0])))
            found, attention = self._look(_wide(x, sizes), memory)
            found, hiddens, cells = _flat(found), [x], [cell]
            for go, *before in zip(advance[1:], state.hiddens[1:], state.cells[1:], strict=True):
                hidden, cell = go([self.drop(x, training=training), found], *map(_flat, before))
                hiddens.append(hidden)
                cells.append(cell)
                x = x + hidden
            features = _wide(self._features(x, found, words, training), sizes)
            hiddens, cells = ([_wide(each, sizes) for each in states] for states in (hiddens, cells))
            return features, State(hiddens, cells, [features] if self.input_feeding else []), attention

        return step

    def _by_steps(self, words: tf.Tensor, memory: Memory, state: State, training: bool) -> tf.Tensor:
        time = tf.shape(words)[1]
        wide = tf.nest.map_structure(lambda x: x[:, None], state)
        features = tf.TensorArray(words.dtype, time, element_shape=(None, self.output_dim))
        take = self.stepper(training)

        def body(step, state, features):
            made, state, _ = take(words[:, step : step + 1], state, memory)
            state = tf.nest.map_structure(lambda x: tf.ensure_shape(x, [None, 1, None]), state)
            return step + 1, state, features.write(step, made[:, 0])

        *_, features = tf.while_loop(lambda step, *_: step < time, body, (0, wide, features))
        return tf.transpose(features.stack(), [1, 0, 2])

    def _look(self, states: tf.Tensor, memory: Memory) -> tuple[tf.Tensor, tf.Tensor]:
        """What the attention finds for states `(batch, any, units)`, and its weights `(batch, any, source)`."""
        if self.query is None:
            scores = tf.matmul(states, memory.keys, transpose_b=True)
        else:
            scores = tf.tanh(self.query(states)[:, :, None] + memory.keys[:, None])
            scores = tf.reduce_sum(self.scale * scores, axis=-1)
        weights = tf.nn.softmax(scores + memory.bias)
        return tf.matmul(weights, memory.values), weights

    def _features(self, states: tf.Tensor, found: tf.Tensor, words: tf.Tensor, training: bool) -> tf.Tensor:
        return self.combine(tf.concat([self.drop(states, training=training), found, words], axis=-1))

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_spec(self, inputs, training=False):
        return keras.KerasTensor((*inputs[0].shape[:2], self.output_dim), dtype=self.compute_dtype)

    def get_config(self) -> dict:
        names = ("units", "output_dim", "attention", "input_feeding", "dropout")
        own = {"layers": len(self.lstms), **{name: getattr(self, name) for name in names}}
        return {**super().get_config(), **own}


def _advancing(lstm: LSTM) -> Callable[[list[tf.Tensor], tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """A function from inputs, hidden state and cell, `(rows, ...)`, to the two after one step of an LSTM."""
    # A gate has matrices of its own, whose products run side by side (see `keras_seq.layers.recurrence`).
    kernels, recurrent_kernels = (
        tf.split(tf.convert_to_tensor(weight), 4, axis=1)
        for weight in (lstm.cell.kernel, lstm.cell.recurrent_kernel)
    )
    biases = tf.split(tf.convert_to_tensor(lstm.cell.bias), 4)

    def advance(inputs: list[tf.Tensor], hidden: tf.Tensor, cell: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        read = tf.concat(inputs, axis=-1) if len(inputs) > 1 else inputs[0]
        input_gate, forget_gate, candidate, output_gate = (
            tf.matmul(read, kernel) + tf.matmul(hidden, recurrent_kernel) + bias
            for kernel, recurrent_kernel, bias in zip(kernels, recurrent_kernels, biases, strict=True)
        )
        cell = tf.sigmoid(forget_gate) * cell + tf.sigmoid(input_gate) * tf.tanh(candidate)
        return tf.sigmoid(output_gate) * tf.tanh(cell), cell

    return advance


def _flat(tensor: tf.Tensor) -> tf.Tensor:
    """`(batch, width, any)` -> `(batch * width, any)`."""
    return tf.reshape(tensor, [-1, tensor.shape[-1]])


def _wide(tensor: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
    """`(batch * width, any)` -> `(batch, width, any)`."""
    return tf.reshape(tensor, tf.concat([sizes, [tensor.shape[-1]]], axis=0))
