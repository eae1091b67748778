"""Raw text -> tokens with their places, and what a network sees of each: word, shape, characters; in the
graph.

A token is a piece of the raw text as it stands: `text[start:end]` in Unicode code points, before any
normalisation. White space only divides; everything else belongs to a token. The same tokens come of a
sentence as people write it and of the tokens of a CoNLL file with spaces between, because what such files
divide is divided here too:

    words            letters, marks, digits and _, joined by inner - ' & (O'Brien, London-based, AT&T); @user, #tag
    contractions     Penn Treebank: do n't, John 's, we 'll
    numbers          with inner . , : / and what follows directly (1,000.50, 10:30, 3.5-mile)
    abbreviations    single letters with dots (U.S., J.R.R.); URLs; e-mail addresses; &amp;
    others           runs of one of . ! ? - * = ~; an emoji with its modifiers, a flag; a character of a script written
                     without spaces, with its marks; any other character alone

Ops used: core TensorFlow, and TF-Text's NormalizeUTF8, CaseFoldUTF8 and RegexSplitWithOffsets.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence

import keras
import tensorflow as tf

from keras_seq import tagging
from keras_seq.preprocessing import unicode
from keras_seq.preprocessing.regex_split import first_of_rows, of_rows, regex_split, row_ids
from keras_seq.preprocessing.words import UNKNOWN_ID

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\x{30FC}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = rf"(?:[^\P{{L}}{_UNSPACED}]|[\p{{M}}\p{{N}}\p{{Pc}}\x{{200C}}\x{{200D}}])+"
_TOKEN = "|".join(
    [
        r"(?:https?://|www\.)[^\s\p{Z}<>\"]*[\p{L}\p{N}/]",
        r"[A-Za-z0-9._%+-]{1,64}@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+",  # bounded: it is tried at every token
        r"(?:\p{L}\.){2,}",
        r"['’](?:[sSmMdDtT]|ll|LL|re|RE|ve|VE)\b",
        rf"[{_UNSPACED}]\p{{M}}*",
        rf"\p{{N}}+(?:[.,:/]\p{{N}}+)+(?:-?{_WORD})*",
        rf"[@#]?{_WORD}(?:(?:-|'|’|&amp;|&){_WORD})*",
        r"&[a-zA-Z]+;|&#[0-9]+;",
        r"\.+|!+|\?+|-+|\*+|=+|~+",
        r"[\x{1F1E6}-\x{1F1FF}]{2}",
        r"\p{So}(?:[\x{FE0F}\x{1F3FB}-\x{1F3FF}]|\x{200D}\p{So})*",
        f"[^{unicode.BLANKS}]",
    ]
)
_SPACE = f"[{unicode.BLANKS}]+"
_CONTRACTION = r"(?i)n['’]t$|['’](?:s|m|d|ll|re|ve)$"

MOST_CODE_POINTS = 64  # of a token that its word and its shape are made of

Tensors = dict[str, tf.Tensor]


@keras.saving.register_keras_serializable("keras_seq")
class TokenFeatures(keras.layers.Layer):
    """Raw text `(batch,)` string -> a dict of tensors, padded on the right; time is at least 1.

    `tokens` `(batch, time)` string, `starts` and `ends` `(batch, time)` int32 in code points of the text;
    `word_ids` and `shape_ids` `(batch, time)` int32, `character_ids` `(batch, time, characters)` int32.
    Padding is "" and 0; id 1 is what the vocabulary lacks.

    A word is looked up NFKC-normalised, case-folded, with 0 for every digit. Its shape keeps the case: X for
    a capital, x for a small letter, d for a digit, runs of more than two shortened to two (`London` Xxx,
    `U.S.` X.X., `1999` dd).

    Args:
        words: the known words, as `words_of` gives them; the first gets id 2.
        shapes: the known shapes.
        characters: the known characters.
        max_characters: characters of a token that are read, from its start.
        max_words: tokens kept of a text, from its start.

    Example:
        >>> TokenFeatures(["ada"])(tf.constant(["Ada's film"]))["tokens"]
        [["Ada", "'s", "film"]]
    """

    def __init__(
        self,
        words: Iterable[str] = (),
        shapes: Iterable[str] = (),
        characters: Iterable[str] = (),
        max_characters: int = 25,
        max_words: int = 10000,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.words, self.shapes, self.characters = list(words), list(shapes), list(characters)
        self.max_characters, self.max_words = max_characters, max_words
        # An empty table is legal here and not in the lookups; no token holds a space.
        self._word_ids, self._shape_ids, self._character_ids = (
            keras.layers.StringLookup(vocabulary=known or [" "], mask_token="", num_oov_indices=1, name=name)
            for known, name in (
                (self.words, "words"),
                (self.shapes, "shapes"),
                (self.characters, "characters"),
            )
        )
        self.built = True

    def words_of(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Raw texts `(batch,)` -> their words as they are looked up, ragged `(batch, words)` string."""
        tokens = _as_split()(texts)
        return tokens.with_values(_normalized(tokens.values))

    def shapes_of(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Raw texts `(batch,)` -> the shapes of their words, ragged `(batch, words)` string."""
        tokens = _as_split()(texts)
        return tokens.with_values(shapes(tokens.values))

    def characters_of(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Raw texts `(batch,)` -> the characters of their words, ragged `(batch, words, characters)` string."""
        tokens = _as_split()(texts)
        return tokens.with_values(tf.strings.unicode_split(tokens.values, "UTF-8"))

    def call(self, texts: tf.Tensor) -> Tensors:
        tokens, starts, ends = _as_placed(self.max_words)(texts)
        flat = {
            "tokens": tokens.values,
            "starts": starts,
            "ends": ends,
            "word_ids": _ids(self._word_ids, _normalized(tokens.values)),
            "shape_ids": _ids(self._shape_ids, shapes(tokens.values)),
        }
        dense = {name: _dense(tokens.with_values(values)) for name, values in flat.items()}
        return {**dense, "character_ids": self._character_ids_of(dense["tokens"])}

    def _character_ids_of(self, tokens: tf.Tensor) -> tf.Tensor:
        kept = tf.strings.substr(tf.reshape(tokens, [-1]), 0, self.max_characters, unit="UTF8_CHAR")
        flat = tf.strings.unicode_split(kept, "UTF-8")
        ids = _dense(flat.with_values(_ids(self._character_ids, flat.values)))
        return tf.reshape(ids, [tf.shape(tokens)[0], tf.shape(tokens)[1], tf.shape(ids)[1]])

    def compute_output_spec(self, texts: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        steps = (texts.shape[0], None)
        kinds = {
            "tokens": "string",
            "starts": "int32",
            "ends": "int32",
            "word_ids": "int32",
            "shape_ids": "int32",
        }
        spec = {name: keras.KerasTensor(steps, dtype=kind) for name, kind in kinds.items()}
        return {**spec, "character_ids": keras.KerasTensor((*steps, None), dtype="int32")}

    def get_config(self) -> dict:
        names = ("words", "shapes", "characters", "max_characters", "max_words")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def shapes(tokens: tf.Tensor) -> tf.Tensor:
    """The shapes of tokens, any shape of tensor: X, x and d for letters and digits, runs of three and more as
    two.
    """
    shape = tf.strings.regex_replace(_beginning(tokens), r"[\p{Lu}\p{Lt}]", "X")
    for kind, letter in ((r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", "x"), (r"\p{N}", "d")):
        shape = tf.strings.regex_replace(shape, kind, letter)
    for letter in "Xxd":
        shape = tf.strings.regex_replace(shape, letter + "{3,}", letter * 2)
    return shape


@keras.saving.register_keras_serializable("keras_seq")
class EntityTagIds(keras.layers.Layer):
    """Truths `(batch,)` string (`tagging.encode`), and the tokens' starts and ends -> IOBES tag ids `(batch,
    time)`.

    A token belongs to the first entity that covers any of its characters. Ids are those of
    `tagging.tag_names`, 0 outside; -1 on padding.

    Args:
        types: the entity types, in order.
    """

    def __init__(self, types: Sequence[str], **kwargs) -> None:
        super().__init__(**kwargs)
        self.types = list(types)
        self._type_ids = keras.layers.StringLookup(
            vocabulary=self.types or [" "], num_oov_indices=0, name="types"
        )
        self.built = True

    def call(self, truths: tf.Tensor, starts: tf.Tensor, ends: tf.Tensor) -> tf.Tensor:
        rows = tf.strings.split(truths, "\n")
        rows = tf.ragged.boolean_mask(rows, rows != "")
        cells = tf.strings.split(rows.values, "\t").to_tensor("", shape=[None, 3])
        first, last = (
            _dense(rows.with_values(tf.strings.to_number(cells[:, n], tf.int32)), tf.int32.max)
            for n in (0, 1)
        )
        tags = _dense(rows.with_values(cells[:, 2]), "O")
        begins = tf.strings.regex_full_match(tags, "B-.*")
        entity = tf.where(tags == "O", 0, tf.cumsum(tf.cast(begins, tf.int32), axis=1))
        kind = tf.where(tags == "O", 0, self._type_ids_of(tags))
        place = tf.minimum(tf.searchsorted(last, starts, side="right"), tf.shape(last)[1] - 1)
        found = (tf.gather(first, place, batch_dims=1) < ends) & (
            tf.gather(last, place, batch_dims=1) > starts
        )
        entity, kind = (
            tf.where(found, tf.gather(values, place, batch_dims=1), 0) for values in (entity, kind)
        )
        no_entity = tf.zeros_like(entity[:, :1])
        begins = entity != tf.concat([no_entity, entity[:, :-1]], axis=1)
        finishes = entity != tf.concat([entity[:, 1:], no_entity], axis=1)
        ids = tf.where(entity > 0, tagging.tag_id(kind, begins, finishes, tf.where), tagging.OUTSIDE_ID)
        return tf.where(ends > 0, ids, tagging.PADDING_ID)

    def _type_ids_of(self, tags: tf.Tensor) -> tf.Tensor:
        names = tf.strings.regex_replace(tags, "^[BI]-", "")
        known = tf.where(tags == "O", (self.types or [" "])[0], names)
        return tf.cast(self._type_ids(known), tf.int32)

    def get_config(self) -> dict:
        return {**super().get_config(), "types": self.types}


@functools.cache
def _as_split() -> Callable[[tf.Tensor], tf.RaggedTensor]:
    """Raw texts `(batch,)` -> tokens, ragged `(batch, tokens)`: a graph of a thousand nodes, which is made once."""
    return tf.function(
        lambda texts: _tokens(unicode.valid(texts))[0], [tf.TensorSpec([None], tf.string)], autograph=False
    )


@functools.cache
def _as_placed(max_words: int) -> Callable[[tf.Tensor], tuple[tf.RaggedTensor, tf.Tensor, tf.Tensor]]:
    """Raw texts `(batch,)` -> tokens, ragged `(batch, tokens)`, and the places in code points where all of them start
    and end, `(tokens,)` int32 each; likewise made once.
    """

    def placed(texts):
        texts = unicode.valid(texts)
        tokens, *offsets = _tokens(texts)
        places, splits = first_of_rows(tokens, max_words)
        tokens, *offsets = (
            of_rows(tf.gather(values, places), splits) for values in (tokens.values, *offsets)
        )
        return (tokens, *(_code_points(texts, offset) for offset in offsets))

    return tf.function(placed, [tf.TensorSpec([None], tf.string)], autograph=False)


def _tokens(texts: tf.Tensor) -> tuple[tf.RaggedTensor, tf.Tensor, tf.Tensor]:
    """Valid UTF-8 texts -> tokens, ragged `(batch, tokens)`, and the byte offsets of all of them, `(tokens,)`
    each.
    """
    words, begins, _ = regex_split(texts, f"{_SPACE}|{_TOKEN}", _TOKEN)
    pieces, firsts, lasts = regex_split(words.values, _CONTRACTION, _CONTRACTION)
    begins = tf.gather(begins, row_ids(pieces))
    splits = tf.gather(pieces.row_splits, words.row_splits)
    return of_rows(pieces.values, splits), begins + firsts, begins + lasts


def _code_points(texts: tf.Tensor, offsets: tf.RaggedTensor) -> tf.Tensor:
    """Byte offsets into texts, ragged `(batch, offsets)` -> code points before each, `(offsets,)` int32."""
    _, places = tf.strings.unicode_decode_with_offsets(texts, "UTF-8")
    # The texts one after the other, so that one search over sorted numbers does for all.
    sizes = tf.cast(tf.strings.length(texts), tf.int64) + 1
    before = tf.cumsum(sizes, exclusive=True)
    every = places.values + tf.gather(before, row_ids(places))
    rows = row_ids(offsets)
    found = tf.searchsorted(every, offsets.values + tf.gather(before, rows))
    return found - tf.cast(tf.gather(places.row_starts(), rows), tf.int32)


def _dense(ragged: tf.RaggedTensor, padding: str | int | None = None) -> tf.Tensor:
    """Rows padded to the longest, and to one column where all are empty."""
    dense = ragged.to_tensor(padding)
    empty = tf.cast(tf.equal(tf.shape(dense)[1], 0), tf.int32)
    padding = padding if padding is not None else "" if dense.dtype == tf.string else 0
    return tf.pad(dense, [[0, 0], [0, empty]], constant_values=padding)


def _beginning(tokens: tf.Tensor) -> tf.Tensor:
    """The start of a token: ordering a run of combining marks takes time in the square of its length."""
    return tf.strings.substr(tokens, 0, MOST_CODE_POINTS, unit="UTF8_CHAR")


def _normalized(tokens: tf.Tensor) -> tf.Tensor:
    tokens = unicode.normalized(_beginning(tokens), "NFKC", fold_case=True, most_marks=None)
    return tf.strings.regex_replace(tf.strings.regex_replace(tokens, r"\p{N}", "0"), "’", "'")


def _ids(lookup: keras.layers.StringLookup, values: tf.Tensor) -> tf.Tensor:
    """Ids of values that stand for something; what normalisation left nothing of is unknown, not padding."""
    return tf.maximum(tf.cast(lookup(values), tf.int32), UNKNOWN_ID)
