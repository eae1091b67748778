"""The language model that a recipe asks for: learned, read, in the case of the letters, or none."""

import pytest
import tensorflow as tf

from keras_seq.decoding import kneser_ney
from keras_seq.decoding.language_models import language_model
from keras_seq.errors import DataError
from keras_seq.formats import arpa
from keras_seq.preprocessing import Letters

SENTENCES = ["GO ON", "GO", "ON ON GO", "NO"]
LETTERS = Letters(" gno", "lower")


def said(model, text):
    return float(model(LETTERS(tf.constant([text])))["log_probability"][0])


def test_it_is_learned_on_transcripts_or_read_from_a_file(tmp_path):
    learned = language_model(SENTENCES, LETTERS, None, 2)
    arpa.write(kneser_ney.learn([one.split() for one in SENTENCES], 2), tmp_path / "words.arpa")
    read = language_model([], LETTERS, str(tmp_path / "words.arpa"), 0)
    for text in ("go on", "no", "on go on", "gon", ""):
        assert said(read, text) == pytest.approx(said(learned, text), abs=1e-4)
    assert said(learned, "go on") > said(learned, "on no")


def test_there_is_none_where_none_is_asked_for():
    assert language_model(SENTENCES, LETTERS, None, 0) is None


def test_words_that_the_letters_cannot_write_are_an_error_when_there_are_no_others(tmp_path):
    arpa.write(kneser_ney.learn([["xyz"]], 1), tmp_path / "words.arpa")
    with pytest.raises(DataError, match="can write none of"):
        language_model([], LETTERS, str(tmp_path / "words.arpa"), 0)
