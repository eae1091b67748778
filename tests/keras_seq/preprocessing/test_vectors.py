"""Files of word vectors: what is read of them, what is refused, and that words meet where the graph looks
them up.
"""

import itertools
import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from data_files import write

from keras_seq.errors import DataError
from keras_seq.preprocessing.tokens import TokenFeatures
from keras_seq.preprocessing.vectors import embedding_weights, read_vectors, words_with_vectors
from keras_seq.preprocessing.words import WordIds

SPLITS = {
    "words": WordIds().split,
    "cased words": WordIds(lowercase=False).split,
    "tokens": TokenFeatures().words_of,
}


def read(path, vocabulary=("the", "film"), split=SPLITS["words"]):
    return read_vectors(str(path), list(vocabulary), split)


def refused(path):
    with pytest.raises(DataError) as error:
        read(path)
    return str(error.value)


def test_vectors_of_glove_and_word2vec(tmp_path):
    glove = write(tmp_path, "glove.txt", "film 1 2 3\n. . 4 5 6\nother 7 8 9\n")
    rows, found = read(glove)
    assert rows.shape == (4, 3)
    assert found == 1
    np.testing.assert_array_equal(rows[3], [1, 2, 3])
    assert np.abs(rows[2]).max() <= 0.05
    word2vec = write(tmp_path, "word2vec.txt", "2 3\nthe 1 1 1 \nfilm 2 2 2 \n")
    assert read(word2vec)[1] == 2
    assert list(words_with_vectors(str(glove), SPLITS["words"])) == ["film", "other"]
    assert list(words_with_vectors(str(word2vec), SPLITS["words"])) == ["the", "film"]


PLAIN = "the 1 2\nfilm 3 4\n"


def test_the_weights_of_an_embedding_and_how_many_words_they_have(tmp_path, capsys):
    path, vocabulary = str(write(tmp_path, "glove.txt", PLAIN)), {"film": 7, "dull": 2}
    weights = embedding_weights(path, vocabulary, SPLITS["words"], layer="words")
    assert list(weights) == ["words"]
    [table] = weights["words"]
    np.testing.assert_array_equal(table, read_vectors(path, list(vocabulary), SPLITS["words"])[0])
    np.testing.assert_array_equal(table[2], [3, 4])
    said = capsys.readouterr()
    assert "glove.txt has 1 of the 2 words of the vocabulary" in said.out + said.err
    assert list(words_with_vectors(path, SPLITS["words"], vocabulary)) == ["the"]


def test_a_word_that_a_later_line_makes_one_has_the_vector_of_its_own_line(tmp_path):
    """So the words are read before the vectors, not with them."""
    path = str(write(tmp_path, "v.txt", "(一) 1 1\n㈠ 2 2\n"))
    known = list(words_with_vectors(path, SPLITS["tokens"]))
    assert known == ["(一)"]
    np.testing.assert_array_equal(read_vectors(path, known, SPLITS["tokens"])[0][2], [1, 1])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a byte-order mark.txt", "\ufeff" + PLAIN),
        ("a byte-order mark and a header.vec", "\ufeff2 2\n" + PLAIN),
        ("tabs.txt", PLAIN.replace(" ", "\t")),
        ("a tab and spaces.txt", "the\t1 2\nfilm\t3 4\n"),
        ("several spaces.txt", "the  1   2\nfilm 3  4\n"),
        ("crlf.txt", PLAIN.replace("\n", "\r\n")),
        ("cr.txt", PLAIN.replace("\n", "\r")),
        ("spaces behind.txt", PLAIN.replace("\n", " \t \n")),
        ("blank lines.txt", PLAIN + "\n\n"),
        ("no last line end.txt", PLAIN.rstrip()),
        ("compressed.txt.gz", PLAIN),
        ("compressed.TXT.GZ", PLAIN),
        ("bytes that are no UTF-8.txt", b"caf\xe9 9 9\n" + PLAIN.encode()),
    ],
)
def test_files_that_say_the_same(tmp_path, name, data):
    rows, found = read(write(tmp_path, name, data))
    assert found == 2
    np.testing.assert_array_equal(rows[2:], [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("film 1 2 3\nthe 1 2\n", ":2: 2 numbers; the lines before it have 3"),
        ("film 1 2 3\nthe 1 2 3 4\n", ":2: 4 numbers; the lines before it have 3"),
        ("2 3\nthe 1 2 3 4\n", ":2: 4 numbers; the first line says 3"),
        ("film 1 2 x\n", ":1: 'x' is not a number in the vector of 'film'"),
        ("other 1 2 3\nfilm 1 x 3\n", ":2: 'x' is not a number in the vector of 'film'"),
        ("unknown 1 2 3\n", "has none of the 2 words"),
        ("", "has none of the 2 words"),
        ("the 1 2\nfilm 1 nan\n", ":2: nan in the vector of 'film'; expected finite numbers"),
        ("the 1 2\nfilm -inf 1\n", ":2: -inf in the vector of 'film'"),
        ("the 1 2\nfilm 1e40 1\n", ":2: 1e40 in the vector of 'film'"),
        ("the 1 2\nFilm 1 nan\n", ":2: nan in the vector of 'Film'"),
        (PLAIN.encode("utf-16"), "is UTF-16 text"),
        (b"\x1f\x8b\x08\x00\n", "is gzip data; a name that ends in .gz"),
    ],
)
def test_bad_vectors(tmp_path, text, expected):
    assert expected in refused(write(tmp_path, "v.txt", text))


def test_a_folder_and_a_file_that_is_not_there(tmp_path):
    assert "cannot be read" in refused(tmp_path)
    assert "cannot be read" in refused(tmp_path / "none")


def test_a_word_that_is_not_in_the_file_has_the_first_vector_that_is_looked_up_as_it_is(tmp_path):
    path = write(tmp_path, "v.txt", "FILM 1 1\nFilm 2 2\nthe 3 3\nThe 4 4\ndon’t 5 5\n’s 6 6\n①② 7 7\n")
    rows, found = read(path, ["film", "the", "'s", "don't", "12"])
    np.testing.assert_array_equal(rows[[2, 3, 4, 6]], [[1, 1], [3, 3], [6, 6], [7, 7]])
    assert found == 4
    assert read(path, ["film", "Film", "the"], SPLITS["cased words"])[1] == 2
    np.testing.assert_array_equal(read(path, ["the", "00"], SPLITS["tokens"])[0][2:], [[3, 3], [7, 7]])


def test_what_is_looked_up_as_something_else_takes_no_place_of_its_own(tmp_path):
    words = [
        "don’t",
        "’s",
        "'s",
        "〇",
        "Ada",
        "ada",
        "1999",
        "2001",
        "ǰ",
        "re-read",
        "two words",
        "\xad",
        "…",
    ]
    path = write(tmp_path, "v.txt", "".join(f"{word} 1 2\n" for word in words))
    tokens = list(words_with_vectors(str(path), SPLITS["tokens"]))
    assert tokens == ["'s", "0", "ada", "0000", "ǰ", "re-read", "..."]
    assert list(words_with_vectors(str(path), SPLITS["words"])) == [
        "'s",
        "〇",
        "ada",
        "1999",
        "2001",
        "ǰ",
        "...",
    ]


@pytest.mark.parametrize("kind", ["words", "tokens"])
def test_every_word_of_a_file_is_met_where_it_is_looked_up_and_every_place_is_met(kind, tmp_path):
    """Of characters of many scripts, alone, inside a word and in capitals."""
    ranges = (
        range(33, 0x250),
        range(0x250, 0x3100, 7),
        range(0xFB00, 0xFFF0, 19),
        range(0x1D400, 0x1F700, 61),
    )
    characters = [*map(chr, itertools.chain(*ranges)), "\u0131", "\u01f0", "\u2019", "\u3007"]
    characters = [c for c in characters if not (unicodedata.category(c).startswith("Z") or c.isspace())]
    words = [form for c in characters for form in (c, f"a{c}b", f"X{c.upper()}")]
    path = write(tmp_path, "v.txt", "".join(f"{word} 1\n" for word in words))
    known = list(words_with_vectors(str(path), SPLITS[kind]))
    texts = tf.constant(words)
    if kind == "words":
        rows, ids = SPLITS[kind](texts), WordIds(known)(texts).numpy()
    else:
        rows, ids = SPLITS[kind](texts), TokenFeatures(known)(texts)["word_ids"].numpy()
    alone = (rows.row_lengths().numpy() == 1) & (tf.strings.length(rows.to_tensor("")[:, 0]).numpy() > 0)
    assert alone.sum() > 4_000
    assert (ids[alone, 0] > 1).all(), "a word whose vector there is, and which is not found"
    assert set(ids[alone, 0]) == set(range(2, len(known) + 2)), "a place that no word ever has"
    assert read(path, known, SPLITS[kind])[1] == len(known)
