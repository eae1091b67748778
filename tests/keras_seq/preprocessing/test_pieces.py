"""Pieces: labels of any transcript spell it, words begin where they should, and a recipe's labels are learned."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.errors import DataError
from keras_seq.preprocessing import Letters
from keras_seq.preprocessing.pieces import learned

SENTENCES = ["turn on the light", "turn off the fan", "call anna", "cafe\u0301 turn", "on the fan"] * 3


@pytest.fixture(scope="module")
def pieces():
    return learned(SENTENCES, size=40)


def labels_of(layer, *transcripts):
    return layer(tf.constant(list(transcripts), tf.string)).numpy()


def test_labels_spell_transcripts_and_are_fewer_than_letters(pieces):
    texts = ["turn on the fan", "", "  call\tanna ", "nn tt", "n"]
    labels = labels_of(pieces, *texts)
    expected = [" ".join(text.split()) for text in texts]
    assert [text.decode() for text in pieces.texts(labels).numpy()] == expected
    assert (labels[0] > 0).sum() < len(texts[0])
    assert labels[1].max() == 0
    assert labels.max() <= len(pieces.names) <= 40


@given(st.lists(st.text(st.sampled_from("turnofhlcaé \u0301\t")), min_size=1, max_size=3))
@tried_on(30)
def test_labels_spell_whatever_has_known_letters(pieces, texts):
    found = [text.decode() for text in pieces.texts(labels_of(pieces, *texts)).numpy()]
    assert found == [text.decode() for text in pieces.known(tf.constant(texts)).numpy()]


def test_labels_are_the_same_one_by_one(pieces):
    for row, text in zip(labels_of(pieces, *SENTENCES), SENTENCES, strict=True):
        assert pieces.labels_of(pieces.as_written(text)) == row[row > 0].tolist()
    assert 0 in pieces.labels_of("x turn")


def test_a_word_begins_at_a_piece_that_says_so(pieces):
    openers = [text for place, text in enumerate(pieces.label_texts) if place in pieces.openers]
    assert openers
    assert all(text[0] == " " and len(text) > 1 for text in openers)
    assert pieces.label_texts[pieces.separator] == " "
    assert [name for name in pieces.names if "\u2581" in name[1:]] == []
    assert Letters(" ab").boundaries == (1, ())


def test_letters_outside_the_alphabet_are_left_out(pieces):
    assert pieces.texts(labels_of(pieces, "zturn x on", "xz")).numpy().tolist() == [b"turn on", b""]


def test_composed_letters_are_those_of_their_parts(pieces):
    assert "é" in pieces.alphabet
    assert "\u0301" not in pieces.alphabet
    np.testing.assert_array_equal(labels_of(pieces, "café"), labels_of(pieces, "cafe\u0301"))
    letters = learned(["e\u0301 E\u0301", "\u0390"], case="upper")
    assert set(letters.alphabet) == {" ", "\u0301", "É", "Ϊ"}
    assert letters.as_written("e\u0301é") == "ÉÉ"
    assert learned([], alphabet="e\u0301 ").alphabet == [" ", "é"]


def test_too_few_pieces_for_the_letters_are_an_error():
    with pytest.raises(DataError, match=r"prepare.subwords: 5: the transcripts have 11 letters.*; raise it"):
        learned(["turn on the light"] * 3, size=5)


def test_letters_of_a_model_come_first_and_its_pieces_are_kept(pieces):
    before = Letters("ba")
    assert learned(["abc"], before).alphabet == ["b", "a", " ", "c"]
    assert learned(["abc"], before, extend=False).alphabet == ["b", "a"]
    kept = learned(["wholly other words"], pieces, case="lower", size=99)
    assert (kept.names, kept.case) == (pieces.names, "lower")
    assert learned(["abc"], pieces).names == [" ", "a", "b", "c"]
    assert learned(SENTENCES, before, size=40).names == pieces.names


def test_an_alphabet_says_which_letters_have_pieces():
    assert "t" not in "".join(learned(SENTENCES, alphabet="urn onhecalf", size=30).names)


def test_pieces_are_saved_and_loaded(pieces, tmp_path):
    transcripts = keras.Input((), dtype="string")
    keras.Model(transcripts, pieces(transcripts)).save(tmp_path / "pieces.keras")
    loaded = keras.saving.load_model(tmp_path / "pieces.keras").layers[-1]
    assert (loaded.names, loaded.boundaries) == (pieces.names, pieces.boundaries)
    np.testing.assert_array_equal(labels_of(loaded, "turn on"), labels_of(pieces, "turn on"))
