"""Scores of a split."""

import pytest

import keras_seq
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
