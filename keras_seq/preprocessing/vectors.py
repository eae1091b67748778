"""Files of word vectors (the text formats of GloVe, word2vec and fastText) -> rows of an embedding, and their
words.

What a word of a file is looked up as, only the preprocessing knows: each is given to it as a text of its own.
"""

from __future__ import annotations

import itertools
import pathlib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_seq import progress
from keras_seq.errors import DataError
from keras_seq.formats.lines import lines, short
from keras_seq.preprocessing.words import RESERVED_IDS, Split

WORDS_AT_ONCE = 1024


class _Vector(NamedTuple):
    line: int
    word: str
    numbers: list[str]


def embedding_weights(
    path: str, vocabulary: Collection[str], split: Split, layer: str = "embedding"
) -> dict[str, list[np.ndarray]]:
    """The first weights of an embedding layer, by the layer's name; prints how many words have a vector.

    Args:
        path: a file of vectors, as for `read_vectors`; so are `vocabulary`, `split` and what is raised.
        vocabulary: the words that the layer's ids stand for, from id 2.
        split: what makes words of texts.
        layer: the layer's name.
    """
    table, found = read_vectors(path, list(vocabulary), split)
    progress.say(f"{pathlib.Path(path).name} has {found} of the {len(vocabulary)} words of the vocabulary")
    return {layer: [table]}


def read_vectors(path: str, vocabulary: list[str], split: Split) -> tuple[np.ndarray, int]:
    """Word vectors in GloVe's or word2vec's text format, for the words of a vocabulary.

    A word that stands in the file has its vector. One that does not has the first vector whose word is looked
    up as it is: that of `Film` for `film`, of a typographic apostrophe for a plain one, of `1999` for `0000`.

    Args:
        path: the file, `.gz` or not: `word number number ...`, a line a word, with spaces or tabs between;
            word2vec's first line (count, dimension) may stand. Words that are no UTF-8 are passed over.
        vocabulary: the words wanted; row `i + 2` of the result is for word `i`.
        split: what makes words of texts, as for the vocabulary.

    Returns:
        `(len(vocabulary) + 2, dimension)` float32, small random numbers where the file lacks a word; and how
        many of the words it has.

    Raises:
        DataError: file:line of a line with too few or too many numbers, or with something that is no finite
            number.
    """
    wanted = {word: index + RESERVED_IDS for index, word in enumerate(vocabulary)}
    rows, exact, alike = np.empty((0, 0), "float32"), set(), set()
    for vector, word in _looked_up(path, split, set(wanted)):
        if not rows.size:
            shape = (len(vocabulary) + RESERVED_IDS, len(vector.numbers))
            rows = np.random.default_rng(1).uniform(-0.05, 0.05, shape).astype("float32")
        if vector.word in wanted:
            exact.add(vector.word)
            rows[wanted[vector.word]] = _numbers(vector, path)
        elif word in wanted and word not in exact and word not in alike:
            alike.add(word)
            rows[wanted[word]] = _numbers(vector, path)
    if not exact | alike:
        raise DataError(
            f"{path}: has none of the {len(vocabulary)} words of the vocabulary, {vocabulary[:3]} among them"
        )
    return rows, len(exact | alike)


def words_with_vectors(path: str, split: Split, known: Collection[str] = ()) -> Iterator[str]:
    """What the words of a file of vectors are looked up as, each once, in the file's order: the most frequent
    first.

    Where these words join a vocabulary, `embedding_weights` reads the file once more, because a line can have
    the vector of a word that only a later line shows to be one.

    Args:
        path: the file.
        split: what makes words of texts. A word that it divides is never looked up, and is left out.
        known: words that are left out too.

    Raises:
        DataError: when it cannot be read.
    """
    seen = {"", *known}
    for _, word in _looked_up(path, split, set()):
        if word not in seen:
            seen.add(word)
            yield word


def more_words(path: str, known: Mapping[str, int], size: int, split: Split) -> dict[str, int]:
    """Words of a file of vectors for a vocabulary that lacks them, with a count of 0, up to a size of `size` ids."""
    room = max(size - RESERVED_IDS - len(known), 0)
    return dict.fromkeys(itertools.islice(words_with_vectors(path, split, known), room), 0)


def _looked_up(path: str, split: Split, known: set[str]) -> Iterator[tuple[_Vector, str]]:
    """Every vector with what its word is looked up as, a known word as it is; "" when it is not one word."""
    spec = tf.TensorSpec([None], tf.string)
    words_of = tf.function(lambda words: split(words), input_signature=[spec], autograph=False)
    vectors = _vectors(path)
    while chunk := list(itertools.islice(vectors, WORDS_AT_ONCE)):
        asked = [vector.word for vector in chunk if vector.word not in known]
        rows = words_of(tf.constant(asked, tf.string, [len(asked)])).to_list()
        found = dict(zip(asked, (row[0].decode() if len(row) == 1 else "" for row in rows), strict=True))
        for vector in chunk:
            yield vector, found.get(vector.word, vector.word)


def _vectors(path: str) -> Iterator[_Vector]:
    dimension, source = 0, "the lines before it have"
    for number, line in lines(pathlib.Path(path), errors="replace"):
        fields = _fields(line)
        if fields == [""]:
            continue
        if number == 1 and len(fields) == 2 and all(field.isdecimal() for field in fields):
            dimension, source = int(fields[1]), "the first line says"
            continue
        if not dimension:
            dimension = sum(1 for _ in itertools.takewhile(_is_number, reversed(fields[1:])))
        if not dimension:
            raise DataError(
                f"{path}:{number}: {short(fields[-1])} is not a number in the vector of {fields[0]!r}"
            )
        word = " ".join(fields[:-dimension])  # GloVe's Common Crawl file has words with spaces
        if not word or (len(fields) > dimension + 1 and _is_number(fields[-dimension - 1])):
            raise DataError(f"{path}:{number}: {len(fields) - 1} numbers; {source} {dimension}")
        yield _Vector(number, word, fields[-dimension:])


def _fields(line: str) -> list[str]:
    line = line.rstrip().replace("\t", " ")
    return (re.sub(" {2,}", " ", line) if "  " in line else line).split(" ")


def _numbers(vector: _Vector, path: str) -> np.ndarray:
    for text in vector.numbers:
        if not _is_number(text):
            raise DataError(
                f"{path}:{vector.line}: {short(text)} is not a number in the vector of {vector.word!r}"
            )
    with np.errstate(over="ignore"):
        numbers = np.array([float(text) for text in vector.numbers]).astype("float32")
    if not np.isfinite(numbers).all():
        text = vector.numbers[int(np.argmin(np.isfinite(numbers)))]
        raise DataError(
            f"{path}:{vector.line}: {text} in the vector of {vector.word!r}; expected finite numbers"
        )
    return numbers


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
