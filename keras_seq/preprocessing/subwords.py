"""Raw text -> subword pieces and back, in the graph; the pieces are learned by SentencePiece.

Ops used: core TensorFlow, and TF-Text's NormalizeUTF8 and Sentencepiece ops, which every TensorFlow Serving
binary holds since 2.4.
"""

from __future__ import annotations

import base64
import io
import itertools
import pathlib
import random
import re
import tempfile
from collections.abc import Iterable, Iterator
from typing import Literal

import keras
import sentencepiece
import tensorflow as tf
import tensorflow_text as tf_text

from keras_seq import progress
from keras_seq.errors import DataError
from keras_seq.formats import Example
from keras_seq.preprocessing import unicode
from keras_seq.preprocessing.sentencepiece_model import with_rules_name

PADDING_ID, UNKNOWN_ID, START_ID, END_ID = 0, 1, 2, 3
RESERVED_IDS = 4
MOST_PIECES, PIECES_A_PAIR = 8000, 2  # where a recipe gives no number
MOST_LEARNED_FROM = 500_000  # texts; SentencePiece holds them in memory while it learns
SPACE = "\u2581"  # which SentencePiece has in place of a space
# The name of its rules' file in every model, in place of a temporary one: the bytes of a model depend on it.
RULES_NAME = "rules.tsv".rjust(250, "/")
_SPACES = (
    "09 0a 0d a0 1680 2000 2001 2002 2003 2004 2005 2006 2007 2008 2009 200a 2028 2029 202f 205f 3000".split()
)


@keras.saving.register_keras_serializable("keras_seq")
class Subwords(keras.layers.Layer):
    """Raw text `(batch,)` string -> its pieces and the end, `(batch, time)` each, padded on the right.

    `ids` int32, 0 for padding, and `pieces` string, as they stand in the text, "" for the end and padding;
    time is at least 1. Text is made valid UTF-8, NFC-normalised, and runs of white space are one space (see
    `normalized`); `text_of` gives it back from the pieces, character for character. Id 1 is a piece that the
    model lacks, 2 starts and 3 ends a sequence. Source: Sennrich et al. 2016 (byte-pair encoding); Kudo and
    Richardson 2018 (SentencePiece).

    Args:
        model: a SentencePiece model as `learn_subwords` gives it, as bytes or in base64.
        max_pieces: pieces kept of a text, from its start.
        case: "as_is"; "lower" takes all texts in lower case, of which the model has then learned.

    Example:
        >>> layer = Subwords(learn_subwords(["ab ab", "ab"], 8))
        >>> layer.ids_of(tf.constant(["ab", ""]))
        [[5, 3], [3, 0]]
    """

    def __init__(
        self,
        model: bytes | str = b"",
        max_pieces: int = 1000,
        case: Literal["as_is", "lower"] = "as_is",
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.model = base64.b64decode(model) if isinstance(model, str) else model
        self.max_pieces = max_pieces
        self.pieces: list[str] = []
        if self.model:
            processor = sentencepiece.SentencePieceProcessor(model_proto=self.model)
            self.pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
        self.built = True

    def call(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        ids = self.ids_of(texts)
        return {"ids": ids, "pieces": self._split(texts, tf.string).to_tensor("", shape=tf.shape(ids))}

    def ids_of(self, texts: tf.Tensor) -> tf.Tensor:
        """The ids alone."""
        ids = self._split(texts, tf.int32)
        ids = tf.concat([ids, tf.fill([ids.nrows(), 1], END_ID)], axis=1).to_tensor(PADDING_ID)
        # One column where there are no texts: who reads the first ids of all rows finds them.
        return tf.pad(ids, [[0, 0], [0, tf.cast(tf.equal(tf.shape(ids)[1], 0), tf.int32)]])

    def pieces_of(self, ids: tf.Tensor) -> tf.Tensor:
        """Ids, of any shape -> their pieces, string; "" for padding, start and end."""
        return tf.gather(tf.constant(["", *self.pieces[1:2], "", "", *self.pieces[RESERVED_IDS:]]), ids)

    def text_of(self, pieces: tf.Tensor) -> tf.Tensor:
        """Pieces `(..., time)` string -> texts `(...)`."""
        texts = tf.strings.regex_replace(tf.strings.reduce_join(pieces, axis=-1), SPACE, " ")
        return tf.strings.strip(texts)

    def _split(self, texts: tf.Tensor, out_type: tf.DType) -> tf.RaggedTensor:
        # Made where it is used: what holds the model belongs to the graph, or eagerly to a cache that setting
        # a random seed empties.
        tokenizer = tf_text.SentencepieceTokenizer(self.model, out_type=out_type)
        if self.case == "lower":
            texts = tf.strings.lower(unicode.valid(texts), "utf-8")
        return tokenizer.tokenize(normalized(texts))[:, : self.max_pieces]

    def compute_output_spec(self, texts: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        kinds = {"ids": "int32", "pieces": "string"}
        return {name: keras.KerasTensor((texts.shape[0], None), dtype=kind) for name, kind in kinds.items()}

    def get_config(self) -> dict:
        own = {"model": base64.b64encode(self.model).decode(), "max_pieces": self.max_pieces}
        own |= {"case": self.case} if self.case != "as_is" else {}  # as models of earlier releases have it
        return {**super().get_config(), **own}


def normalized(texts: tf.Tensor) -> tf.Tensor:
    """Texts as valid UTF-8, NFC; runs of white space, control and zero-width characters and U+2581 are one
    space.

    Of a run of combining marks the first 30 are kept.
    """
    texts = tf.strings.regex_replace(unicode.valid(texts), rf"[{unicode.BLANKS}{SPACE}]+", " ")
    return unicode.normalized(texts, "NFC")


def shifted(ids: tf.Tensor) -> tf.Tensor:
    """Ids of whole sequences `(batch, time)` -> what a decoder reads to generate them: the start, and all but the
    end, which is padding.
    """
    read = tf.pad(ids[:, :-1], [[0, 0], [1, 0]], constant_values=START_ID)
    return tf.where(read == END_ID, PADDING_ID, read)


def learn_subwords(texts: Iterable[str], size: int, character_coverage: float = 0.99998) -> bytes:
    """A SentencePiece model (byte-pair encoding) of texts: the same texts give the same model, byte for byte.

    Args:
        texts: raw; of more than 500,000 a seeded sample of so many is learned from.
        size: most pieces, the four reserved ones among them; a small corpus has fewer.
        character_coverage: part of the characters of the texts that is made up by those that are known; the
            rest, the rarest, teach what an unknown piece is.

    Raises:
        DataError: when there is nothing to learn from, or more characters than `size`.
    """
    if size <= RESERVED_IDS:
        raise DataError(
            f"{size} pieces cannot do: {RESERVED_IDS} are reserved; raise prepare.vocabulary_size"
        )
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        # The texts are normalised already, but a model without any rule logs that at every load.
        rules = pathlib.Path(folder) / "rules.tsv"
        rules.write_text("".join(f"{space}\t20\n" for space in _SPACES), encoding="ascii")
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=_normalized_in_chunks(_sample(texts, MOST_LEARNED_FROM)),
                model_writer=model,
                model_type="bpe",
                vocab_size=size,
                hard_vocab_limit=False,
                character_coverage=character_coverage,
                normalization_rule_tsv=str(rules),
                pad_id=PADDING_ID,
                unk_id=UNKNOWN_ID,
                bos_id=START_ID,
                eos_id=END_ID,
                num_threads=1,
                minloglevel=3,
            )
        except RuntimeError as error:
            needed = re.search(r"smaller than required_chars\. \d+ vs (\d+)", str(error))
            if needed is None:
                raise DataError(f"no subword pieces can be learned: {str(error).strip()[-200:]}") from None
            raise DataError(
                f"the characters of the training texts alone are {needed[1]} pieces, more than prepare.vocabulary_size "
                f"or target_vocabulary_size: {size}; raise it, or lower prepare.character_coverage"
            ) from None
    return with_rules_name(model.getvalue(), RULES_NAME)


def learn_both(
    examples: Iterable[Example],
    count: int,
    size: int | None,
    target_size: int | None,
    character_coverage: float,
) -> tuple[bytes, bytes]:
    """The models of texts and of their translations: one for both, or two where `target_size` is given.

    Args:
        examples: texts, and their translations as truths; gone over several times.
        count: how many.
        size: as for `learn_subwords`; None for `size_for`, which is said where it is few.
        target_size: of the translations' own model.
        character_coverage: as for `learn_subwords`.
    """
    if size is None:
        size = size_for(count, _texts(examples))
        if size < MOST_PIECES:
            progress.say(f"{count} pairs: at most {size} pieces; prepare.vocabulary_size says otherwise")
    if target_size is None:
        model = learn_subwords(_texts(examples), size, character_coverage)
        return model, model
    translations = (text for example in examples for text in example.truths)
    return (
        learn_subwords((example.input for example in examples), size, character_coverage),
        learn_subwords(translations, target_size, character_coverage),
    )


def _texts(examples: Iterable[Example]) -> Iterator[str]:
    return (text for example in examples for text in (example.input, *example.truths))


def size_for(pairs: int, texts: Iterable[str]) -> int:
    """How many pieces so many pairs can teach: a piece that is seen once or twice is not learned.

    Args:
        pairs: of texts and their translations.
        texts: all of them; their characters are the least there can be.
    """
    characters = {character for text in _normalized_in_chunks(texts) for character in text}
    return min(max(PIECES_A_PAIR * pairs, 2 * len(characters) + RESERVED_IDS), MOST_PIECES)


def _sample(texts: Iterable[str], size: int) -> list[str]:
    """At most so many of the texts, each as likely (Vitter 1985, algorithm R); the same every time."""
    texts, generator = iter(texts), random.Random(1)
    kept = list(itertools.islice(texts, size))
    for number, text in enumerate(texts, size):
        place = generator.randrange(number + 1)
        if place < size:
            kept[place] = text
    return kept


def _normalized_in_chunks(texts: Iterable[str], size: int = 1024) -> Iterable[str]:
    texts = iter(texts)
    while chunk := list(itertools.islice(texts, size)):
        yield from (text.decode() for text in normalized(tf.constant(chunk)).numpy())
