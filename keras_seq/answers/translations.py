"""From the pieces of a text to its translations, and the model that goes from raw text to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_seq import decoding, pictures
from keras_seq.answers.answering import Answering
from keras_seq.answers.generated import GeneratedText
from keras_seq.answers.raw_inputs import as_strings
from keras_seq.answers.signatures import Signature
from keras_seq.errors import RecipeError
from keras_seq.layers import SmoothedCrossEntropy
from keras_seq.pictures import Attention, Picture
from keras_seq.preprocessing.subwords import END_ID, PADDING_ID, UNKNOWN_ID, Subwords, shifted

PIECES_A_PIECE, MORE_PIECES = 2, 10  # a translation has at most twice the pieces of its source and ten
SHOWN_ATTENTIONS = 3  # inputs whose attention a card draws
LABEL_SMOOTHING = 0.1  # as of a recipe that does not say
TEXTS = tf.TensorSpec([None], tf.string)

Tensors = dict[str, tf.Tensor]


@keras.saving.register_keras_serializable("keras_seq")
class Translations(GeneratedText):
    """The pieces of texts, as `Subwords` gives them -> their translations.

    `translation` and `score`, `translations` and `scores` are those of `GeneratedText`; a score is that of a
    translation's pieces. A text without pieces has the translation "".

    Args:
        network: source and target ids -> logits, with the layers `embedding` and `decoder` of
            `translation.build`.
        target: the pieces of the translations.
        replace_unknown: whether an unknown piece of a translation becomes the piece of the source with the
            highest attention when it was chosen (Luong et al. 2015, "Addressing the Rare Word Problem").
        beam_width, n_best, length_penalty, coverage_penalty, temperature: as those of `GeneratedText`.
    """

    names = ("translation", "translations")
    options = (
        "beam_width",
        "n_best",
        "length_penalty",
        "coverage_penalty",
        "replace_unknown",
        "temperature",
    )

    def __init__(
        self,
        network: keras.Model,
        target: Subwords,
        beam_width: int = 4,
        n_best: int = 1,
        length_penalty: float = 0.0,
        coverage_penalty: float = 0.0,
        replace_unknown: bool = True,
        temperature: float | None = None,
        **kwargs,
    ) -> None:
        super().__init__(
            network, target, beam_width, n_best, length_penalty, coverage_penalty, temperature, **kwargs
        )
        self.replace_unknown = replace_unknown

    def search(self, source: Tensors, whole_attention: bool = True) -> tuple[decoding.Hypotheses, tf.Tensor]:
        """The hypotheses for texts, best first, and the places of the highest attention.

        Args:
            source: `ids` and `pieces`.
            whole_attention: whether the hypotheses have their attention. Without, it is that place alone,
                with a last dimension of 1: of a long text that is far less.

        Returns:
            The hypotheses; and the places among the source's pieces, `(batch, width, time)` int32.
        """
        if whole_attention:
            found = self.hypotheses(source)
            return found, tf.argmax(found.attention, axis=-1, output_type=tf.int32)
        found = self.hypotheses(source, _place_of_highest)
        return found, tf.cast(found.attention[..., 0], tf.int32)

    def pieces_of(self, tokens: tf.Tensor, places: tf.Tensor, source_pieces: tf.Tensor) -> tf.Tensor:
        """The pieces of hypotheses, `(batch, width, time)` string; unknown ones replaced, if asked for."""
        pieces = self.target.pieces_of(tokens)
        if not self.replace_unknown:
            return pieces
        shape = tf.shape(places)
        attended = tf.gather(source_pieces, tf.reshape(places, [shape[0], shape[1] * shape[2]]), batch_dims=1)
        return tf.where(tokens == UNKNOWN_ID, tf.reshape(attended, shape), pieces)

    def generate(self, inputs: Tensors) -> tuple[decoding.Hypotheses, tf.Tensor]:
        found, places = self.search(inputs, whole_attention=self.coverage_penalty > 0)
        return found, self.target.text_of(self.pieces_of(found.tokens, places, inputs["pieces"]))

    def encoder_inputs(self, inputs: Tensors) -> Tensors:
        return {"source_ids": inputs["ids"]}

    def has_content(self, inputs: Tensors) -> tf.Tensor:
        return tf.not_equal(inputs["ids"][:, 0], END_ID)

    def limits(self, inputs: Tensors) -> tf.Tensor:
        lengths = tf.reduce_sum(tf.cast(inputs["ids"] != PADDING_ID, tf.int32), axis=1)
        return tf.where(self.has_content(inputs), PIECES_A_PIECE * (lengths - 1) + MORE_PIECES, 1)

    def keys(self, inputs: Tensors) -> tf.Tensor:
        return tf.strings.to_hash_bucket_fast(tf.strings.reduce_join(inputs["pieces"], axis=1), 2**62)


def _place_of_highest(attention: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.argmax(attention, axis=-1), tf.float32)[..., None]


class Candidate(NamedTuple):
    """A translation that the search met, and what its score is made of; `pieces` counts the end."""

    text: str
    log_probability: float
    pieces: int
    coverage: float

    def score(self, length_penalty: float) -> float:
        """What `decoding.beam_search` orders hypotheses by."""
        return self.log_probability / decoding.length_divisor(self.pieces, length_penalty) + self.coverage


@keras.saving.register_keras_serializable("keras_seq")
class TranslationAnswering(Answering):
    """`Answering` with translations, and with a second signature `attention`.

    Example:
        >>> model = keras_seq.load("runs/translation")
        >>> model(["The cat sleeps."])["translation"]
        <tf.Tensor: shape=(1,), dtype=string, numpy=array([b'Le chat dort.'], dtype=object)>
    """

    takes_weights = False  # the loss is a mean over the pieces of a batch

    @property
    def network(self) -> keras.Model:
        """The functional model from a text and its translation so far to logits; see `Answering.network`."""
        return self.get_layer("answers").network

    def preprocess(self, inputs, translations=None) -> Tensors:
        """Texts -> `source_ids`; with their translations also `target_ids`, what the network reads to say
        them.

        What it is to say is `targets(translations)`.
        """
        inputs = as_strings(inputs, self.inputs[0].name)
        ids = {"source_ids": self.preprocessing.ids_of(inputs)}
        return ids if translations is None else {**ids, "target_ids": shifted(self.targets(translations))}

    def targets(self, translations) -> tf.Tensor:
        """Translations -> ids of their pieces and of the end, `(batch, time)` int32, padded with 0."""
        return self.get_layer("answers").target.ids_of(as_strings(translations, "text"))

    def truths(self, given, inputs=None) -> tf.Tensor:
        """Translations, in any form of strings -> `(batch,)` string; see `Trainable.truths`."""
        return as_strings(given, "translation")

    def pieces(self, of_each_language: bool) -> tuple[bytes, bytes]:
        """The SentencePiece models of texts and of their translations, for training that starts from this model.

        Args:
            of_each_language: whether they are to be two models.

        Raises:
            RecipeError: when they are not as they are to be.
        """
        source, target = self.preprocessing.model, self.get_layer("answers").target.model
        if of_each_language != (source != target):
            how = "one vocabulary of both languages" if source == target else "a vocabulary of each language"
            raise RecipeError(
                f"prepare.target_vocabulary_size: the model that training starts from has {how}"
            )
        return source, target

    def training_pair(self, inputs: tf.Tensor, truths: tf.Tensor) -> tuple[Tensors, tf.Tensor]:
        """Texts and their translations, `(batch,)` string each -> what the network reads, and the ids that it
        is to say.
        """
        ids = self.targets(truths)
        return {**self.preprocess(inputs), "target_ids": shifted(ids)}, ids

    def training_loss(self) -> tuple[Any, list]:
        """Cross-entropy with label smoothing, and no metric."""
        return SmoothedCrossEntropy(LABEL_SMOOTHING), []

    def attend(self, texts: tf.Tensor) -> Tensors:
        """Texts `(batch,)` -> their best translations piece by piece, and where the model looked for each
        piece.

        `source_pieces` `(batch, source)` and `target_pieces` `(batch, time)` string, `</s>` at the end of
        each; `token_scores` `(batch, time)` float32, the log-probability of each piece; `attention` `(batch,
        time, source)` float32. Padding is "" and 0.
        """
        if tf.executing_eagerly():
            return self._as_graph("attention", self.attend, [TEXTS])(texts)
        answers, source = self.get_layer("answers"), self.get_layer("source")(texts)
        found, places = answers.search(source)
        pieces = answers.pieces_of(found.tokens, places, source["pieces"])[:, 0]
        lengths, counts = found.lengths[:, :1], found.counts[:, :1]
        is_end = (tf.range(tf.shape(pieces)[1]) == lengths) & (counts > lengths)  # one that was cut has none
        has_pieces = tf.not_equal(source["ids"][:, :1], END_ID)
        return {
            "source_pieces": tf.where(source["ids"] == END_ID, "</s>", source["pieces"]),
            "target_pieces": tf.where(has_pieces, tf.where(is_end, "</s>", pieces), ""),
            "token_scores": tf.where(has_pieces, found.token_scores[:, 0], 0.0),
            "attention": tf.where(has_pieces[..., None], found.attention[:, 0], 0.0),
        }

    def steps(self, text: str | bytes) -> list[str]:
        """The pieces of a text, and its end."""
        pieces = self.preprocessing(tf.constant([text]))["pieces"][0].numpy()
        return [*(piece.decode() for piece in pieces if piece), "</s>"]

    def attention(self, inputs: list[str]) -> list[Attention]:
        """Where the model attends while it translates each text."""
        outputs = self.attend(as_strings(inputs, "text"))
        found = []
        for row in range(len(inputs)):
            source, target = (
                [piece.decode() for piece in outputs[name][row].numpy() if piece]
                for name in ("source_pieces", "target_pieces")
            )
            weights = outputs["attention"][row, : len(target), : len(source)].numpy().tolist()
            found.append(Attention(source, target, weights))
        return found

    def pictures(self, inputs: list) -> list[Picture]:
        """The attention, of the shortest of the inputs that are not blank."""
        shown = sorted((text for text in inputs if text.strip()), key=len)[:SHOWN_ATTENTIONS]
        return pictures.attention(self.attention(shown))

    def score_truths(self, inputs: list[str], truths: list[str]) -> Tensors:
        """What the model makes of true translations: `log_probability` and `true_pieces` (the end among them)
        each.

        Args:
            inputs: texts.
            truths: a translation of each.
        """
        texts = (as_strings(given, "text") for given in (inputs, truths))
        return self._as_graph("score_truths", self._score_truths, [TEXTS] * 2)(*texts)

    def _score_truths(self, texts: tf.Tensor, truths: tf.Tensor) -> Tensors:
        answers = self.get_layer("answers")
        ids = answers.target.ids_of(truths)
        logits = answers.network(
            {"source_ids": self.get_layer("source").ids_of(texts), "target_ids": shifted(ids)}, training=False
        )
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, tf.cast(logits, tf.float32))
        real = tf.cast(ids != PADDING_ID, tf.float32)
        return {
            "log_probability": -tf.reduce_sum(losses * real, axis=1),
            "true_pieces": tf.reduce_sum(real, axis=1),
        }

    def candidates(self, texts: list[str]) -> list[list[Candidate]]:
        """All translations that the search met of each text, with what their scores are made of."""
        outputs = self._as_graph("candidates", self._candidates, [TEXTS])(as_strings(texts, "text"))
        found = [values.numpy().tolist() for values in outputs]
        found[0] = [[text.decode() for text in row] for row in found[0]]
        return [[Candidate(*each) for each in zip(*row, strict=True)] for row in zip(*found, strict=True)]

    def _candidates(self, texts: tf.Tensor) -> tuple[tf.Tensor, ...]:
        answers, source = self.get_layer("answers"), self.get_layer("source")(texts)
        found, places = answers.search(source, whole_attention=answers.coverage_penalty > 0)
        written = answers.target.text_of(answers.pieces_of(found.tokens, places, source["pieces"]))
        written = tf.where(source["ids"][:, :1] == END_ID, "", written)
        lengths = decoding.length_divisor(tf.cast(found.counts, tf.float32), answers.length_penalty)
        coverage = found.scores - found.log_probabilities / lengths
        return written, found.log_probabilities, found.counts, coverage

    def signatures(self) -> dict[str, Signature]:
        """The signatures to export: `serving_default` and `attention`."""
        first = super().signatures()
        spec = first["serving_default"].spec
        return {**first, "attention": Signature(self.attend, spec, lambda texts: texts)}

    def readable(self, raw: Any, answer: dict[str, Any]) -> dict[str, Any]:
        """One answer, without what stands in it twice."""
        twice = ("translations", "scores") if len(answer["translations"]) == 1 else ("translation", "score")
        return {name: value for name, value in answer.items() if name not in twice}
