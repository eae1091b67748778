"""Words: what they are, that padding never looks like one, and that no text breaks the graph."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.errors import DataError
from keras_seq.text import WordIds, learn_vocabulary, read_vectors, words_with_vectors


def split(*texts, **options):
    words = WordIds(**options).split(tf.constant(texts)).to_list()
    return [[word.decode() for word in row] for row in words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A Fine film!", ["a", "fine", "film", "!"]),
        ("I don't, can't; wo n't", ["i", "do", "n't", ",", "ca", "n't", ";", "wo", "n't"]),
        ("it’s the film's", ["it", "'s", "the", "film", "'s"]),
        ("re-imagining -- re imagining", ["re", "imagining", "re", "imagining"]),
        ("日本語 ok", ["日", "本", "語", "ok"]),
        ("ﬁne\u00a0①", ["fine", "1"]),
        ("👩‍👧\t\n🙂", ["👩", "👧", "🙂"]),
        ("so..... ``odd'' !!", ["so", "...", "..", "``", "odd", "''", "!", "!"]),
        (" \n\t ", []),
        ("", []),
    ],
)
def test_words(text, words):
    assert split(text) == [words]


def test_case_can_be_kept_and_long_texts_cut():
    assert split("A Fine film", lowercase=False, max_words=2) == [["A", "Fine"]]


def test_ids_are_padded_and_an_empty_text_is_one_unknown_word():
    words = WordIds(["a", "fine", "film"])
    ids = words(tf.constant(["A fine film!", "", "zebra a"]))
    np.testing.assert_array_equal(ids, [[2, 3, 4, 1], [1, 0, 0, 0], [1, 2, 0, 0]])
    np.testing.assert_array_equal(words(tf.constant([""])), [[1]])
    assert words(tf.constant([], tf.string)).shape[0] == 0


def test_bytes_that_are_not_utf8_are_read_as_replacement_characters():
    assert WordIds(["a"])(tf.constant([b"\xff a \xc3"])).numpy().tolist() == [[1, 2, 1]]


def test_the_saved_layer_gives_the_same_ids(tmp_path):
    text = keras.Input((), dtype="string", name="text")
    model = keras.Model(text, WordIds(["ü", "a"], lowercase=False, max_words=3)(text))
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    texts = tf.constant(["a ü A a a", ""])
    np.testing.assert_array_equal(model(texts), loaded(texts))


def test_the_vocabulary_has_the_most_frequent_words_and_a_fixed_order():
    texts = ["b b c", "a c b", "d"] * 500
    assert list(learn_vocabulary(texts, WordIds().split, 5).items()) == [("b", 1500), ("c", 1000), ("a", 500)]
    assert list(learn_vocabulary(texts, WordIds().split, 100)) == ["b", "c", "a", "d"]
    assert learn_vocabulary(texts, WordIds().split, 1) == {}


def test_counting_is_bounded(monkeypatch):
    monkeypatch.setattr("keras_seq.text.MOST_COUNTED_WORDS", 10)
    texts = ["often often often"] * 3000 + [f"rare{n} rare{n}" for n in range(3000)]
    assert next(iter(learn_vocabulary(texts, WordIds().split, 20))) == "often"
    assert len(learn_vocabulary(texts, WordIds().split, 1000)) <= 10


def test_vectors_of_glove_and_word2vec(tmp_path):
    glove = tmp_path / "glove.txt"
    glove.write_text("film 1 2 3\n. . 4 5 6\nother 7 8 9\n", encoding="utf-8")
    rows, found = read_vectors(str(glove), ["the", "film"])
    assert rows.shape == (4, 3)
    assert found == 1
    np.testing.assert_array_equal(rows[3], [1, 2, 3])
    assert np.abs(rows[2]).max() <= 0.05
    word2vec = tmp_path / "word2vec.txt"
    word2vec.write_text("2 3\nthe 1 1 1 \nfilm 2 2 2 \n", encoding="utf-8")
    assert read_vectors(str(word2vec), ["the", "film"])[1] == 2
    assert list(words_with_vectors(str(glove))) == ["film", ". .", "other"]
    assert list(words_with_vectors(str(word2vec))) == ["the", "film"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("film 1 2 3\nthe 1 2\n", ":2: 2 numbers; the lines before it have 3"),
        ("film 1 2 3\nthe 1 2 3 4\n", ":2: 4 numbers; the lines before it have 3"),
        ("film 1 2 x\n", ":1: not a number in the vector of 'film'"),
        ("unknown 1 2 3\n", "has none of the 2 words"),
    ],
)
def test_bad_vectors(tmp_path, text, expected):
    path = tmp_path / "v.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=expected):
        read_vectors(str(path), ["the", "film"])
    with pytest.raises(DataError, match="cannot be read"):
        read_vectors(str(tmp_path), ["the"])
