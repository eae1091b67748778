"""Text that a network generates piece by piece, whatever its encoder reads: the search, the named answer."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_seq import decoding
from keras_seq.answers.fitting import Untracked
from keras_seq.layers.attention_decoder import Memory
from keras_seq.preprocessing.subwords import END_ID, START_ID, Subwords

Tensors = dict[str, tf.Tensor]


class GeneratedText(keras.layers.Layer):
    """What an encoder reads -> texts, by the search of `keras_seq.decoding`. The encoder runs once.

    The best text `(batch,)` string and its `score` `(batch,)` float32; all texts and their `scores` `(batch,
    n_best)`, in the order of `decoding.beam_search` or as drawn. A score is the mean log-probability of a
    text's pieces, its end among them: at most 0, and of texts of unlike length on one scale.

    Derive a layer for each kind of answer: name its outputs in `names`, and override what differs of
    `encoder_inputs`, `limits`, `has_content` and `keys`. `Translations` does.

    Args:
        network: functional; a dict of what the encoder reads and of `target_ids`, the text so far -> logits
            of the next piece. Its layer `embedding`, a `ReversibleEmbedding`, makes vectors of `target_ids`
            and logits of features; its layer `decoder` is called with `[vectors, *encoded]` and has `start`
            and `stepper` as `AttentionDecoder` has. A step may give None for its attention.
        target: the pieces of the texts.
        beam_width: hypotheses followed at once; 1 is greedy search.
        n_best: texts of an input, at most `beam_width`.
        length_penalty: 0 for none; the higher, the longer the texts.
        coverage_penalty: 0 for none; the higher, the less of the memory is left out.
        temperature: None searches for the best; a number draws `n_best` texts at this temperature instead.
        no_repeat_ngram: no text has as many pieces in a row twice; 0 for any.
    """

    names = ("text", "texts")  # of the best text, and of all
    options: tuple[str, ...] = (
        "beam_width",
        "n_best",
        "length_penalty",
        "coverage_penalty",
        "temperature",
        "no_repeat_ngram",
    )
    most_pieces = 100  # of a text, its end among them, where `limits` is not overridden

    def __init__(
        self,
        network: keras.Model,
        target: Subwords,
        beam_width: int = 4,
        n_best: int = 1,
        length_penalty: float = 0.0,
        coverage_penalty: float = 0.0,
        temperature: float | None = None,
        no_repeat_ngram: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.network, self.target = network, target
        self.beam_width, self.n_best = beam_width, n_best
        self.length_penalty, self.coverage_penalty = length_penalty, coverage_penalty
        self.temperature, self.no_repeat_ngram = temperature, no_repeat_ngram
        self.decoder, self.embedding = network.get_layer("decoder"), network.get_layer("embedding")
        # The part of the network before the decoder; what is saved is the network, once.
        self._encoder = Untracked(_until_decoder(network, self.decoder))
        self.built = True

    def call(self, inputs: Any) -> Tensors:
        found, texts = self.generate(inputs)
        scores = found.log_probabilities / tf.cast(tf.maximum(found.counts, 1), tf.float32)
        has_content = self.has_content(inputs)
        if has_content is not None:
            texts = tf.where(has_content[:, None], texts, "")
            scores = tf.where(has_content[:, None], scores, 0.0)
        texts, scores = texts[:, : self.n_best], scores[:, : self.n_best]
        best, every = self.names
        return {best: texts[:, 0], "score": scores[:, 0], every: texts, "scores": scores}

    def generate(self, inputs: Any) -> tuple[decoding.Hypotheses, tf.Tensor]:
        """The hypotheses, best first, and their texts `(batch, width)` string."""
        found = self.hypotheses(inputs, None if self.coverage_penalty else lambda attention: None)
        return found, self.target.text_of(self.target.pieces_of(found.tokens))

    def encoder_inputs(self, inputs: Any) -> Tensors:
        """The network's inputs by name, but for `target_ids`."""
        return inputs

    def limits(self, inputs: Any) -> tf.Tensor | None:
        """The most pieces of each text, its end among them, `(batch,)` int32; None for `most_pieces`."""
        return None

    def has_content(self, inputs: Any) -> tf.Tensor | None:
        """Which inputs have an answer, `(batch,)` bool, or None for all; of others the text is "", the score 0."""
        return None

    def keys(self, inputs: Any) -> tf.Tensor | None:
        """Fingerprints of the inputs, `(batch,)` int64, for drawing; with None, all draw the same numbers."""
        return None

    def hypotheses(self, inputs: Any, recorded: Callable | None = None) -> decoding.Hypotheses:
        """What the search found, best first.

        Args:
            inputs: as in a call.
            recorded: a step's attention `(rows, width, memory)` -> what is kept of it, `(rows, width, any)` or
                None. Left out, all is.
        """
        memory, state = self._encoder.value(self.encoder_inputs(inputs), training=False)
        batch = tf.shape(tf.nest.flatten(state)[0])[0]
        limits, step = self.limits(inputs), self._step(recorded)
        limits = tf.fill([batch], self.most_pieces) if limits is None else limits
        if self.temperature is not None:
            keys = self.keys(inputs)
            keys = tf.zeros([batch], tf.int64) if keys is None else keys
            return self._sample(step, state, memory, limits, keys)
        return decoding.beam_search(
            step,
            state,
            memory,
            start=START_ID,
            end=END_ID,
            limits=limits,
            width=self.beam_width,
            length_penalty=self.length_penalty,
            coverage_penalty=self.coverage_penalty,
            memory_mask=memory.mask if isinstance(memory, Memory) else None,
            no_repeat_ngram=self.no_repeat_ngram,
        )

    def _step(self, recorded: Callable | None) -> Callable:
        """The step that `keras_seq.decoding` asks for."""
        advance, embeddings = self.decoder.stepper(), tf.convert_to_tensor(self.embedding.embeddings)
        # The tied matrix is read as it lies: turned round it would be copied, for every call or, by the embedding
        # layer, for every step.
        tied = self.embedding.tie_weights
        outputs = embeddings if tied else tf.convert_to_tensor(self.embedding.reverse_embeddings)
        count = outputs.shape[0 if tied else 1]

        def step(tokens: tf.Tensor, state: Any, memory: Any) -> tuple[tf.Tensor, Any, tf.Tensor | None]:
            features, state, attention = advance(tf.gather(embeddings, tokens), state, memory)
            if recorded is not None and attention is not None:
                attention = recorded(attention)
            flat = tf.reshape(features, [-1, features.shape[-1]])
            logits = tf.matmul(flat, outputs, transpose_b=tied)
            return tf.reshape(logits, [*tf.unstack(tf.shape(tokens)), count]), state, attention

        return step

    def _sample(self, step, state, memory, limits: tf.Tensor, keys: tf.Tensor) -> decoding.Hypotheses:
        """`n_best` texts of each input, drawn; the same key gets the same ones, whatever stands beside it."""
        state, memory = tf.nest.map_structure(lambda x: tf.repeat(x, self.n_best, axis=0), (state, memory))
        found = decoding.sample(
            step,
            state,
            memory,
            start=START_ID,
            end=END_ID,
            limits=tf.repeat(limits, self.n_best),
            keys=tf.reshape(keys[:, None] + tf.range(self.n_best, dtype=tf.int64), [-1]),
            seed=0,
            temperature=self.temperature,
            no_repeat_ngram=self.no_repeat_ngram,
        )
        return decoding.Hypotheses(
            *(tf.reshape(x, tf.concat([[-1, self.n_best], tf.shape(x)[2:]], axis=0)) for x in found)
        )

    def compute_output_spec(self, inputs: Any) -> dict[str, keras.KerasTensor]:
        batch, (best, every) = keras.tree.flatten(inputs)[0].shape[0], self.names
        shapes = {best: (batch,), "score": (batch,), every: (batch, None), "scores": (batch, None)}
        return {
            name: keras.KerasTensor(shape, dtype="string" if name in self.names else "float32")
            for name, shape in shapes.items()
        }

    def get_config(self) -> dict:
        parts = {
            name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("network", "target")
        }
        return {**super().get_config(), **parts, **{name: getattr(self, name) for name in self.options}}

    @classmethod
    def from_config(cls, config: dict) -> GeneratedText:
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("network", "target")}
        return cls(**{**config, **parts})


class _Start(keras.layers.Layer):
    """What the encoder gave -> the decoder's memory and first state; a layer, so that it gets masks."""

    def __init__(self, decoder: keras.Layer) -> None:
        super().__init__(name="start", dtype=decoder.dtype_policy)
        self.decoder, self.supports_masking = decoder, True

    def call(self, encoded: list[tf.Tensor], mask: Any = None) -> tuple[Any, Any]:
        return self.decoder.start(encoded, mask)

    def compute_mask(self, encoded, mask=None):
        return None


def _until_decoder(network: keras.Model, decoder: keras.Layer) -> keras.Model:
    """A functional model: a dict of what the encoder reads -> the decoder's memory and first state."""
    # Keras has no public way to the arguments of a symbolic call; `decoder.input` mixes tensors and masks. The decoder
    # may be in several networks: the part behind a frozen backbone is one of its own.
    calls = (node for nodes in network._nodes_by_depth.values() for node in nodes)
    arguments = next(node.arguments for node in calls if node.operation is decoder)
    [[_, *encoded]], mask = arguments.args, arguments.kwargs.get("mask")
    memory_and_state = _Start(decoder)(encoded, mask=mask[1:] if isinstance(mask, list | tuple) else mask)
    inputs = {name: tensor for name, tensor in network.input.items() if name != "target_ids"}
    with warnings.catch_warnings():
        # Features that take the place of an input have its name in the dict alone.
        warnings.filterwarnings("ignore", "When providing `inputs` as a dict")
        return keras.Model(inputs, memory_and_state)
