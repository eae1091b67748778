"""Scores of a split."""

import pytest
import tensorflow as tf

import keras_seq
from keras_seq.formats import Example, File
from keras_seq.training import scoring


def test_a_split_without_examples_is_refused(tiny_run):
    application = keras_seq.applications.functions("sentiment")
    with pytest.raises(keras_seq.DataError, match="no examples to score"):
        scoring.score(keras_seq.load(tiny_run), [], application.objective())


def test_answers_come_in_the_order_of_the_inputs_as_plain_values(tiny_run):
    """Whatever stands beside them, and however long they are."""
    model, texts = keras_seq.load(tiny_run), ["a much longer text about a dull film", "", "fine"]
    found = scoring.asked(model, texts)
    for text, answer in zip(texts, found, strict=True):
        (alone,) = scoring.asked(model, [text])
        assert answer.keys() == {"label", "score", "labels", "scores"}
        assert isinstance(answer["label"], str)
        assert answer["labels"] == alone["labels"]
        assert answer["scores"] == pytest.approx(alone["scores"], abs=1e-5)


class Echo:
    """Takes files in capital letters, and answers what it was given."""

    takes_files = True

    def file_contents(self, raw):
        return raw.upper()

    def __call__(self, inputs):
        return {"text": tf.constant(inputs)}


def test_a_model_is_asked_what_it_takes_of_files(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    examples = [Example(File.of(tmp_path / "a"), "x", "")]
    assert list(scoring.answers(Echo(), examples)) == [(examples[0], {"text": "ABC"})]
