"""The model that goes from raw input to generated texts, whatever its encoder reads."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_seq import decoding
from keras_seq.answers.answering import Answering
from keras_seq.answers.generated import GeneratedText
from keras_seq.answers.raw_inputs import as_strings
from keras_seq.answers.signatures import Signature
from keras_seq.layers import SmoothedCrossEntropy
from keras_seq.preprocessing.subwords import PADDING_ID, shifted

LABEL_SMOOTHING = 0.1  # as of a recipe that does not say
END_PIECE = "</s>"  # how the end is shown
STRINGS = tf.TensorSpec([None], tf.string)

Tensors = dict[str, tf.Tensor]


class Candidate(NamedTuple):
    """A text that the search met, and what its score is made of; `pieces` counts the end."""

    text: str
    log_probability: float
    pieces: int
    coverage: float

    def score(self, length_penalty: float) -> float:
        """What `decoding.beam_search` orders hypotheses by."""
        return self.log_probability / decoding.length_divisor(self.pieces, length_penalty) + self.coverage


class GeneratedAnswering(Answering):
    """`Answering` with texts that a layer `answers`, a `GeneratedText`, generates.

    Derive a class for each application: override `attend`, the second signature, and where the preprocessing
    gives more than the network reads `encoded`.
    """

    takes_weights = False  # the loss is a mean over the pieces of a batch

    @property
    def answers(self) -> GeneratedText:
        """The layer that generates."""
        return self.get_layer("answers")

    @property
    def network(self) -> keras.Model:
        """The functional model from an input and the text so far to logits; see `Answering.network`."""
        return self.answers.network

    def encoded(self, raw: tf.Tensor) -> Tensors:
        """Raw inputs `(batch,)` -> the network's inputs by name, but for `target_ids`."""
        return self.answers.encoder_inputs(self.preprocessing(self.graph_input(raw)))

    def preprocess(self, inputs, texts=None) -> Tensors:
        """Raw inputs -> what the network reads; with the texts that it is to say also `target_ids`, what it reads
        to say them.

        What it is to say is `targets(texts)`.
        """
        read = self.encoded(self.strings(inputs))
        return read if texts is None else {**read, "target_ids": shifted(self.targets(texts))}

    def targets(self, texts) -> tf.Tensor:
        """Texts -> ids of their pieces and of the end, `(batch, time)` int32, padded with 0."""
        return self.answers.target.ids_of(as_strings(texts, "text"))

    def truths(self, given, inputs=None) -> tf.Tensor:
        """Texts, in any form of strings -> `(batch,)` string; see `Trainable.truths`."""
        return as_strings(given, self.answers.names[0])

    def training_pair(self, inputs: tf.Tensor, truths: tf.Tensor) -> tuple[Tensors, tf.Tensor]:
        """Raw inputs and texts, `(batch,)` string each -> what the network reads, and the ids that it is to say."""
        ids = self.targets(truths)
        return {**self.preprocess(inputs), "target_ids": shifted(ids)}, ids

    def training_loss(self) -> tuple[Any, list]:
        """Cross-entropy with label smoothing, and no metric."""
        return SmoothedCrossEntropy(LABEL_SMOOTHING), []

    def score_truths(self, inputs: list, truths: list[str]) -> Tensors:
        """What the model makes of true texts: `log_probability` and `true_pieces` (the end among them) each.

        Args:
            inputs: raw.
            truths: a text of each.
        """
        given = self.strings(inputs), as_strings(truths, "text")
        return self._as_graph("score_truths", self._score_truths, [STRINGS] * 2)(*given)

    def _score_truths(self, raw: tf.Tensor, truths: tf.Tensor) -> Tensors:
        ids = self.answers.target.ids_of(truths)
        logits = self.network({**self.encoded(raw), "target_ids": shifted(ids)}, training=False)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, tf.cast(logits, tf.float32))
        real = tf.cast(ids != PADDING_ID, tf.float32)
        return {
            "log_probability": -tf.reduce_sum(losses * real, axis=1),
            "true_pieces": tf.reduce_sum(real, axis=1),
        }

    def candidates(self, inputs: list) -> list[list[Candidate]]:
        """All texts that the search met of each input, with what their scores are made of."""
        outputs = self._as_graph("candidates", self._candidates, [STRINGS])(self.strings(inputs))
        found = [values.numpy().tolist() for values in outputs]
        found[0] = [[text.decode() for text in row] for row in found[0]]
        return [[Candidate(*each) for each in zip(*row, strict=True)] for row in zip(*found, strict=True)]

    def _candidates(self, raw: tf.Tensor) -> tuple[tf.Tensor, ...]:
        answers, inputs = self.answers, self.preprocessing(self.graph_input(raw))
        found, written = answers.generate(inputs)
        has_content = answers.has_content(inputs)
        if has_content is not None:
            written = tf.where(has_content[:, None], written, "")
        lengths = decoding.length_divisor(tf.cast(found.counts, tf.float32), answers.length_penalty)
        coverage = found.scores - found.log_probabilities / lengths
        return written, found.log_probabilities, found.counts, coverage

    def attend(self, raw: tf.Tensor) -> Tensors:
        """Raw inputs `(batch,)` -> the best texts piece by piece, and where the model looked for each piece."""
        raise NotImplementedError

    def _with_end(self, pieces: tf.Tensor, found: decoding.Hypotheses) -> tf.Tensor:
        """The pieces of the best hypotheses, `(batch, time)` string, with their ends; one that was cut has none."""
        lengths, counts = found.lengths[:, :1], found.counts[:, :1]
        is_end = (tf.range(tf.shape(pieces)[1]) == lengths) & (counts > lengths)
        return tf.where(is_end, END_PIECE, pieces)

    def signatures(self) -> dict[str, Signature]:
        """The signatures to export: `serving_default` and `attention`."""
        first = super().signatures()
        spec = first["serving_default"].spec
        return {**first, "attention": Signature(self.attend, spec, lambda raw: raw)}

    def readable(self, raw: Any, answer: dict[str, Any]) -> dict[str, Any]:
        """One answer, without what stands in it twice."""
        best, every = self.answers.names
        twice = (every, "scores") if len(answer[every]) == 1 else (best, "score")
        return {name: value for name, value in answer.items() if name not in twice}
