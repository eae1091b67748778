"""The decoder of an encoder-decoder: LSTM layers that attend to what the encoder gave, at every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_seq.layers.decoder_step import advancing, combining
from keras_seq.layers.lstm import LSTM
from keras_seq.layers.recurrence import state_dtype

PADDING_SCORE = -1e9
EXPECTED = (
    "expected [words, memory, *states]: (batch, time, embedding_dim), (batch, memory, memory_dim) or "
    "(batch, memory_dim), and one or more states (batch, any)"
)


class Memory(NamedTuple):
    """What the steps attend to: values and keys `(batch, memory, ...)`, and a bias added to the scores."""

    values: tf.Tensor
    keys: tf.Tensor
    bias: tf.Tensor  # (batch, 1, memory), PADDING_SCORE on padding, else 0; (batch, 1, 1) without padding

    @property
    def mask(self) -> tf.Tensor:
        """`(batch, memory)` bool, False on padding; `(batch, 1)` without padding."""
        return tf.equal(self.bias[:, 0], 0.0)


class State(NamedTuple):
    """What a step hands to the next: hidden states and cells, one a layer; the features that are fed back, if
    any.
    """

    hiddens: list[tf.Tensor]
    cells: list[tf.Tensor]
    fed: list[tf.Tensor]


@keras.saving.register_keras_serializable("keras_seq")
class AttentionDecoder(keras.layers.Layer):
    """Embedded target words and what an encoder gave -> features of the next words, `(batch, time,
    output_dim)`.

    The first LSTM layer reads the words, and its states ask the attention; each further layer reads the
    states below and what the attention found, with a residual connection (Wu et al. 2016, section 3.2). The
    last states, what was found and the word go through a tanh layer (Luong et al. 2015, eq. 5). So the whole
    sequence goes through each LSTM at once in training. With `input_feeding` the features of a step are read
    by the first layer at the next one (Luong et al. 2015, section 3.3), which only a loop over steps can do.

    Called with `[words, memory, *states]`: `(batch, time, embedding_dim)`; `(batch, memory, memory_dim)`, such
    as the states of a sequence or a grid of image features, or one vector `(batch, memory_dim)`; and vectors
    `(batch, any)`, such as the encoder's last states, of which the first state of every layer is made. The
    memory's mask `(batch, memory)` is False on padding: Keras's own, or `mask=`; without one nothing is.

    Args:
        units: numbers in the state of a layer.
        output_dim: numbers in a feature.
        layers: LSTM layers.
        attention: `luong`, the general score (Luong et al. 2015, eq. 8), or `bahdanau`, the additive one
            (Bahdanau et al. 2015, appendix A.1.2). With `none` the memory is left alone: all that the words
            know of it is in the first states (Vinyals et al. 2015, "Show and Tell").
        input_feeding: whether features are fed back.
        dropout: part of the numbers set to zero in training, of what goes from layer to layer.

    Raises:
        ValueError: when what it is called with has other shapes.

    Example:
        >>> decoder = AttentionDecoder(8, output_dim=6)
        >>> words, grid = np.zeros((2, 5, 6), "float32"), np.zeros((2, 49, 4), "float32")
        >>> decoder([words, grid, grid.mean(axis=1)]).shape
        TensorShape([2, 5, 6])
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
        if attention not in ("luong", "bahdanau", "none"):
            raise ValueError(f"attention: expected 'luong', 'bahdanau' or 'none', given {attention!r}")
        self.units, self.output_dim, self.attention = units, output_dim, attention
        self.input_feeding, self.dropout = input_feeding, dropout
        self.supports_masking = True
        # Layers within a layer would otherwise follow the process's dtype policy, not this layer's.
        own = {"dtype": self.dtype_policy}
        self.lstms = [
            LSTM(units, return_sequences=True, name=f"lstm_{n}", **own) for n in range(1, layers + 1)
        ]
        self.first_states = keras.layers.Dense(2 * layers * units, "tanh", name="first_states", **own)
        self.key = (
            keras.layers.Dense(units, use_bias=False, name="key", **own) if attention != "none" else None
        )
        self.query = (
            keras.layers.Dense(units, use_bias=False, name="query", **own)
            if attention == "bahdanau"
            else None
        )
        self.combine = keras.layers.Dense(output_dim, "tanh", name="combine", **own)
        self.drop = keras.layers.Dropout(dropout, name="drop", **own)

    def __call__(self, inputs, *args, **kwargs):
        if (
            isinstance(inputs, list | tuple)
            and len(inputs) > 2
            and "int" in keras.backend.standardize_dtype(inputs[2].dtype)
        ):
            # Networks saved by earlier releases give, after the memory, ids that are 0 on padding.
            words, memory, ids, *states = inputs
            inputs, kwargs = [words, memory, *states], {**kwargs, "mask": keras.ops.not_equal(ids, 0)}
        return super().__call__(inputs, *args, **kwargs)

    def build(self, shapes: Sequence[tuple]) -> None:
        ranks = [len(shape) if isinstance(shape, list | tuple) else 0 for shape in shapes]
        if len(ranks) < 3 or ranks[0] != 3 or ranks[1] not in (2, 3) or set(ranks[2:]) != {2}:
            raise ValueError(f"AttentionDecoder {self.name!r}: {EXPECTED}; given shapes {shapes}")
        words, values, *states = shapes
        found = values[-1] if self.key is not None else 0
        fed = self.output_dim if self.input_feeding else 0
        self.first_states.build((None, sum(shape[-1] for shape in states)))
        if self.key is not None:
            self.key.build((None, None, values[-1]))
        state = (None, None, self.units)
        if self.query is not None:
            self.query.build(state)
            self.scale = self.add_weight((self.units,), "glorot_uniform", name="scale")
        for number, lstm in enumerate(self.lstms):
            lstm.build((None, None, self.units + found if number else words[-1] + fed))
        self.combine.build((None, None, self.units + found + words[-1]))

    def build_from_config(self, config: dict) -> None:
        # The ids of such networks have a shape here, whose last dimension alone is not known beforehand.
        shapes = [shape for shape in config["input_shape"] if shape[-1] is not None]
        super().build_from_config({**config, "input_shape": shapes})

    def call(self, inputs: Sequence[tf.Tensor], training: bool = False, mask: Any = None) -> tf.Tensor:
        words, *encoded = inputs
        memory, state = self.start(encoded, mask[1:] if isinstance(mask, list | tuple) else mask)
        if self.input_feeding:
            return self._by_steps(words, memory, state, training)
        first, *rest = zip(self.lstms, state.hiddens, state.cells, strict=True)
        x = first[0](words, initial_state=list(first[1:]), training=training)
        found, _ = self._attend(x, memory)
        for lstm, hidden, cell in rest:
            below = tf.concat([self.drop(x, training=training), found], axis=-1)
            x = x + lstm(below, initial_state=[hidden, cell], training=training)
        return self._features(x, found, words, training)

    def start(self, encoded: Sequence[tf.Tensor], mask: Any = None) -> tuple[Memory | tuple[()], State]:
        """What an encoder gave, `[memory, *states]` -> the memory of all steps, and the state before the first.

        Args:
            encoded: as in a call, without the words.
            mask: of the memory, `(batch, memory)` bool, or a list that begins with it, as Keras gives it.
        """
        memory, *states = encoded
        return self.remember(memory, mask[0] if isinstance(mask, list | tuple) else mask), self.begin(states)

    def remember(self, values: tf.Tensor, mask: tf.Tensor | None = None) -> Memory | tuple[()]:
        """What the steps attend to, made once for all of them; `()` without attention."""
        if self.key is None:
            return ()
        values = values[:, None] if values.shape.rank == 2 else values
        if mask is None:
            return Memory(values, self.key(values), tf.zeros_like(values[:, :1, :1]))
        padding = tf.constant(max(PADDING_SCORE, float(values.dtype.min)), values.dtype)
        return Memory(
            values,
            self.key(values),
            tf.where(tf.cast(mask, tf.bool), tf.zeros_like(padding), padding)[:, None],
        )

    def begin(self, states: Sequence[tf.Tensor]) -> State:
        """The state before the first word, made of vectors `(batch, any)`."""
        found = self.first_states(tf.concat(states, axis=-1))
        fed = [tf.zeros([tf.shape(found)[0], self.output_dim], found.dtype)] if self.input_feeding else []
        made = tf.split(tf.cast(found, state_dtype(found.dtype)), 2 * len(self.lstms), axis=-1)
        return State(made[: len(self.lstms)], made[len(self.lstms) :], fed)

    def stepper(
        self, training: bool = False
    ) -> Callable[[tf.Tensor, State, Any], tuple[tf.Tensor, State, tf.Tensor | None]]:
        """A function that goes one word on; what is the same at every step is computed here, before any loop.

        It takes words `(batch, width, embedding_dim)` of `width` hypotheses each, a state of tensors `(batch,
        width, ...)` and the memory, which all hypotheses of a row share, of tensors `(batch, memory, ...)`.
        It gives features `(batch, width, output_dim)`, the state after the word, and the attention `(batch,
        width, memory)`, or None.
        """
        advance = [advancing(lstm) for lstm in self.lstms]
        found_width = self.key.kernel.shape[0] if self.key is not None else 0
        combine = combining(self.combine, [self.units, found_width])

        def step(words: tf.Tensor, state: State, memory: Any) -> tuple[tf.Tensor, State, tf.Tensor | None]:
            # Products of matrices are faster flat, all hypotheses one below the other.
            sizes = tf.shape(words)[:2]
            words, fed = _flat(words), [_flat(x) for x in state.fed]
            hidden, cell = advance[0]([words, *fed], *map(_flat, (state.hiddens[0], state.cells[0])))
            x, hiddens, cells = tf.cast(hidden, words.dtype), [hidden], [cell]
            found, attention = self._attend(_wide(x, sizes), memory)
            found = x[:, :0] if attention is None else _flat(found)
            for go, *before in zip(advance[1:], state.hiddens[1:], state.cells[1:], strict=True):
                hidden, cell = go([self.drop(x, training=training), found], *map(_flat, before))
                hiddens.append(hidden)
                cells.append(cell)
                x = x + tf.cast(hidden, x.dtype)
            features = _wide(combine([self.drop(x, training=training), found, words]), sizes)
            hiddens, cells = ([_wide(each, sizes) for each in states] for states in (hiddens, cells))
            return features, State(hiddens, cells, [features] if self.input_feeding else []), attention

        return step

    def _by_steps(self, words: tf.Tensor, memory: Any, state: State, training: bool) -> tf.Tensor:
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

    def _attend(self, states: tf.Tensor, memory: Any) -> tuple[tf.Tensor, tf.Tensor | None]:
        """What the attention finds for states `(batch, any, units)`; its weights `(batch, any, memory)`.

        Without attention that is nothing, `(batch, any, 0)`, and None.
        """
        if self.key is None:
            return states[..., :0], None
        if self.query is None:
            scores = tf.matmul(states, memory.keys, transpose_b=True)
        else:
            scores = tf.tanh(self.query(states)[:, :, None] + memory.keys[:, None])
            scale = tf.cast(tf.convert_to_tensor(self.scale), scores.dtype)
            scores = tf.reduce_sum(scale * scores, axis=-1)
        exact = state_dtype(scores.dtype)
        weights = tf.nn.softmax(tf.cast(scores, exact) + tf.cast(memory.bias, exact))
        return tf.matmul(tf.cast(weights, memory.values.dtype), memory.values), weights

    def _features(self, states: tf.Tensor, found: tf.Tensor, words: tf.Tensor, training: bool) -> tf.Tensor:
        return self.combine(tf.concat([self.drop(states, training=training), found, words], axis=-1))

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_spec(self, inputs, training=False, mask=None):
        return keras.KerasTensor((*inputs[0].shape[:2], self.output_dim), dtype=self.compute_dtype)

    def get_config(self) -> dict:
        names = ("units", "output_dim", "attention", "input_feeding", "dropout")
        own = {"layers": len(self.lstms), **{name: getattr(self, name) for name in names}}
        return {**super().get_config(), **own}


def _flat(tensor: tf.Tensor) -> tf.Tensor:
    """`(batch, width, any)` -> `(batch * width, any)`."""
    return tf.reshape(tensor, [-1, tensor.shape[-1]])


def _wide(tensor: tf.Tensor, sizes: tf.Tensor) -> tf.Tensor:
    """`(batch * width, any)` -> `(batch, width, any)`."""
    return tf.reshape(tensor, tf.concat([sizes, [tensor.shape[-1]]], axis=0))
