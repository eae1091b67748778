"""From the pieces of a text to its translations, and the model that goes from raw text to them."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_seq import decoding, pictures
from keras_seq.answers.generated import GeneratedText
from keras_seq.answers.generating import END_PIECE, STRINGS, GeneratedAnswering
from keras_seq.answers.raw_inputs import as_strings
from keras_seq.errors import RecipeError
from keras_seq.pictures import Attention, Picture
from keras_seq.preprocessing.subwords import END_ID, PADDING_ID, UNKNOWN_ID, Subwords

PIECES_A_PIECE, MORE_PIECES = 2, 10  # a translation has at most twice the pieces of its source and ten
SHOWN_ATTENTIONS = 3  # inputs whose attention a card draws

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
        beam_width, n_best, length_penalty, coverage_penalty, temperature, no_repeat_ngram: as those of
            `GeneratedText`.
    """

    names = ("translation", "translations")
    options = (
        "beam_width",
        "n_best",
        "length_penalty",
        "coverage_penalty",
        "replace_unknown",
        "temperature",
        "no_repeat_ngram",
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
        no_repeat_ngram: int = 0,
        **kwargs,
    ) -> None:
        options = (beam_width, n_best, length_penalty, coverage_penalty, temperature, no_repeat_ngram)
        super().__init__(network, target, *options, **kwargs)
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


@keras.saving.register_keras_serializable("keras_seq")
class TranslationAnswering(GeneratedAnswering):
    """`Answering` with translations, and with a second signature `attention`.

    Example:
        >>> model = keras_seq.load("runs/translation")
        >>> model(["The cat sleeps."])["translation"]
        <tf.Tensor: shape=(1,), dtype=string, numpy=array([b'Le chat dort.'], dtype=object)>
    """

    def encoded(self, raw: tf.Tensor) -> Tensors:
        """Texts `(batch,)` -> `source_ids`."""
        return {"source_ids": self.preprocessing.ids_of(raw)}

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

    def attend(self, texts: tf.Tensor) -> Tensors:
        """Texts `(batch,)` -> their best translations piece by piece, and where the model looked for each
        piece.

        `source_pieces` `(batch, source)` and `target_pieces` `(batch, time)` string, `</s>` at the end of
        each; `token_scores` `(batch, time)` float32, the log-probability of each piece; `attention` `(batch,
        time, source)` float32. Padding is "" and 0.
        """
        if tf.executing_eagerly():
            return self._as_graph("attention", self.attend, [STRINGS])(texts)
        answers, source = self.get_layer("answers"), self.preprocessing(texts)
        found, places = answers.search(source)
        pieces = answers.pieces_of(found.tokens, places, source["pieces"])[:, 0]
        has_pieces = tf.not_equal(source["ids"][:, :1], END_ID)
        return {
            "source_pieces": tf.where(source["ids"] == END_ID, END_PIECE, source["pieces"]),
            "target_pieces": tf.where(has_pieces, self._with_end(pieces, found), ""),
            "token_scores": tf.where(has_pieces, found.token_scores[:, 0], 0.0),
            "attention": tf.where(has_pieces[..., None], found.attention[:, 0], 0.0),
        }

    def steps(self, text: str | bytes) -> list[str]:
        """The pieces of a text, and its end."""
        pieces = self.preprocessing(tf.constant([text]))["pieces"][0].numpy()
        return [*(piece.decode() for piece in pieces if piece), END_PIECE]

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
