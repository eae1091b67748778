"""Words: what they are, that padding never looks like one, and that no text breaks the graph."""

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.preprocessing.tokens import TokenFeatures
from keras_seq.preprocessing.words import WordIds, learn_vocabularies, learn_vocabulary


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


def test_the_vocabulary_has_the_most_frequent_words_and_a_fixed_order():
    texts = ["b b c", "a c b", "d"] * 500
    assert list(learn_vocabulary(texts, WordIds().split, 5).items()) == [("b", 1500), ("c", 1000), ("a", 500)]
    assert list(learn_vocabulary(texts, WordIds().split, 100)) == ["b", "c", "a", "d"]
    assert learn_vocabulary(texts, WordIds().split, 1) == {}


def test_several_vocabularies_are_learned_in_one_pass_over_the_texts():
    features, texts, read = TokenFeatures(), ["Ada's film", "a film of 1999", "\xad"] * 700, []

    def once():
        for text in texts:
            read.append(text)
            yield text

    kinds = {
        "words": (features.words_of, 6),
        "shapes": (features.shapes_of, 9),
        "characters": (features.characters_of, 9),
    }
    found = learn_vocabularies(once(), kinds)
    assert read == texts
    assert list(found) == list(kinds)
    for name, (split, size) in kinds.items():
        assert list(found[name].items()) == list(learn_vocabulary(texts, split, size).items())
    assert list(found["words"].items()) == [("film", 1400), ("'s", 700), ("0000", 700), ("a", 700)]
    assert found["characters"]["a"] == 1400


def test_counting_is_bounded(monkeypatch):
    monkeypatch.setattr("keras_seq.preprocessing.words.MOST_COUNTED_WORDS", 10)
    texts = ["often often often"] * 3000 + [f"rare{n} rare{n}" for n in range(3000)]
    assert next(iter(learn_vocabulary(texts, WordIds().split, 20))) == "often"
    assert len(learn_vocabulary(texts, WordIds().split, 1000)) <= 10


@pytest.mark.parametrize(
    "text", ["good\0bad film", "\0good bad film\0", "good\0\0 bad \0film", "good bad film\0"]
)
def test_a_nul_divides_words_and_ends_no_text(text):
    assert split(text) == [["good", "bad", "film"]]
    assert WordIds(["good", "film"])(tf.constant([text])).numpy().tolist() == [[2, 1, 3]]


@pytest.mark.parametrize("character", [*range(32), 0x7F, 0x85, 0x9F, 0x2028, 0x2029])
def test_no_control_character_ends_a_text(character):
    assert split(f"good{chr(character)}film") == [["good", "film"]]
