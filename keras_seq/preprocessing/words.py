"""Raw text -> word ids, in the graph: the same layer runs in `tf.data`, in the saved model and in the
servable.

Ops used: core TensorFlow, and TF-Text's NormalizeUTF8, CaseFoldUTF8 and RegexSplitWithOffsets, which every
TensorFlow Serving binary since 2.12 holds.
"""

from __future__ import annotations

import collections
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping

import keras
import tensorflow as tf

from keras_seq.preprocessing import unicode
from keras_seq.preprocessing.regex_split import first_of_rows, of_rows, regex_split

PADDING_ID, UNKNOWN_ID = 0, 1
RESERVED_IDS = 2
CHUNK_TEXTS = 1024  # texts tokenised in one call while the vocabulary is counted
MOST_COUNTED_WORDS = 2_000_000  # distinct words kept while counting; past it, the rarest are dropped

# Texts `(batch,)` -> their words as they are looked up, `(batch, words)`.
Split = Callable[[tf.Tensor], tf.RaggedTensor]

# English contractions, quotes and dots as in the Penn Treebank ("don't" and "do n't" give the same words);
# hyphens and dashes divide words; other punctuation, symbols and characters of scripts written without spaces
# stand alone.
_CONTRACTIONS = r"n't\b|'(?:s|m|d|ll|re|ve)\b"
_PUNCTUATION = r"\.\.\.?|''|``"
_CHARACTERS = r"[\p{Pc}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\p{S}]|\p{Han}|\p{Hiragana}|\p{Katakana}|\p{Thai}"
_WORDS_OF_THEIR_OWN = f"{_CONTRACTIONS}|{_PUNCTUATION}|{_CHARACTERS}"
_BETWEEN_WORDS = r"[\s\p{Z}\p{Cc}\p{Cf}\p{Pd}]+"


@keras.saving.register_keras_serializable("keras_seq")
class WordIds(keras.layers.Layer):
    """Raw text to word ids: `(batch,)` string -> `(batch, time)` int32, right-padded with 0.

    Text is made valid UTF-8, NFKC-normalised and split into words by TF-Text. Id 0 pads, id 1 is any word
    that the vocabulary lacks. A text without words becomes one unknown word, so that no row is ever wholly
    masked.

    Args:
        vocabulary: the known words, as `split` gives them; the first gets id 2.
        lowercase: whether case is folded.
        max_words: words kept of a text, from its start; None keeps all.

    Example:
        >>> WordIds(["a", "fine", "film"])(tf.constant(["A fine film!", ""]))
        [[2, 3, 4, 1], [1, 0, 0, 0]]
    """

    def __init__(
        self, vocabulary: Iterable[str] = (), lowercase: bool = True, max_words: int | None = None, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary = list(vocabulary)
        self.lowercase = lowercase
        self.max_words = max_words
        # An empty table is legal here and not in StringLookup; no text holds the word " ".
        self._lookup = keras.layers.StringLookup(
            vocabulary=self.vocabulary or [" "], mask_token="", num_oov_indices=1, name="lookup"
        )
        self.built = True

    def split(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Raw texts `(batch,)` -> their words, ragged `(batch, words)` string."""
        words = _as_split(self.lowercase)(texts)
        if self.max_words is None:
            return words
        places, splits = first_of_rows(words, self.max_words)
        return of_rows(tf.gather(words.values, places), splits)

    def call(self, texts: tf.Tensor) -> tf.Tensor:
        words = self.split(texts)
        ids = words.with_flat_values(tf.cast(self._lookup(words.flat_values), tf.int32)).to_tensor(PADDING_ID)
        ids = tf.pad(ids, [[0, 0], [0, tf.cast(tf.equal(tf.shape(ids)[1], 0), tf.int32)]])
        return tf.concat([tf.maximum(ids[:, :1], UNKNOWN_ID), ids[:, 1:]], axis=1)

    def compute_output_spec(self, texts: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor((texts.shape[0], None), dtype="int32")

    def get_config(self) -> dict:
        own = {"vocabulary": self.vocabulary, "lowercase": self.lowercase, "max_words": self.max_words}
        return {**super().get_config(), **own}


@functools.cache
def _as_split(lowercase: bool) -> Callable[[tf.Tensor], tf.RaggedTensor]:
    """`WordIds.split`, of all words: a graph that is made once."""

    def split(texts):
        texts = unicode.normalized(unicode.valid(texts), "NFKC", fold_case=lowercase)
        texts = tf.strings.regex_replace(texts, "[\u2018\u2019]", "'")
        return regex_split(texts, f"{_BETWEEN_WORDS}|{_WORDS_OF_THEIR_OWN}", _WORDS_OF_THEIR_OWN)[0]

    return tf.function(split, [tf.TensorSpec([None], tf.string)], autograph=False)


def learn_vocabulary(texts: Iterable[str], split: Split, size: int) -> dict[str, int]:
    """The most frequent words of `texts` with their counts, at most `size` less the two reserved ids.

    In order of the counts, the largest first; ties in alphabetical order. The texts are streamed; memory
    grows with the number of distinct words only, and that is bounded.

    Args:
        texts: raw.
        split: what makes words of texts, as they will be looked up.
        size: most ids.
    """
    return learn_vocabularies(texts, {"words": (split, size)})["words"]


def learn_vocabularies(
    texts: Iterable[str], kinds: Mapping[str, tuple[Split, int]]
) -> dict[str, dict[str, int]]:
    """Several vocabularies, such as words and their characters, in one pass over the texts.

    Args:
        texts: raw.
        kinds: name -> the `split` and the `size` of `learn_vocabulary`.

    Returns:
        Name -> what `learn_vocabulary` returns.
    """
    counters = {name: _Counter() for name in kinds}
    splits = [split for split, _ in kinds.values()]
    words_of = tf.function(
        lambda chunk: [split(chunk).flat_values for split in splits],
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )
    for chunk in _chunks(texts, CHUNK_TEXTS):
        for counter, words in zip(counters.values(), words_of(tf.constant(chunk)), strict=True):
            counter.add(words.numpy().tolist())
    return {name: counters[name].most_frequent(size - RESERVED_IDS) for name, (_, size) in kinds.items()}


class _Counter:
    """How often each word was met; of more than `MOST_COUNTED_WORDS` words the rarest are dropped."""

    def __init__(self) -> None:
        self._counts: collections.Counter[bytes] = collections.Counter()
        self._dropped = 0  # words met no more than so many times were dropped

    def add(self, words: list[bytes]) -> None:
        self._counts.update(words)
        while len(self._counts) > MOST_COUNTED_WORDS:
            self._dropped += 1
            kept = {word: count for word, count in self._counts.items() if count > self._dropped}
            self._counts = collections.Counter(kept)

    def most_frequent(self, size: int) -> dict[str, int]:
        self._counts.pop(b"", None)  # what normalisation leaves nothing of, such as a soft hyphen
        ordered = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        return {word.decode(): count for word, count in ordered[: max(size, 0)]}


def _chunks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    texts = iter(texts)
    while chunk := list(itertools.islice(texts, size)):
        yield chunk
