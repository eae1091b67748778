"""Scores of a split."""

import pytest

import keras_seq
from keras_seq.training import scoring


def test_a_split_without_examples_is_refused(tiny_run):
    application = keras_seq.applications.functions("sentiment")
    with pytest.raises(keras_seq.DataError, match="no examples to score"):
        scoring.score(keras_seq.load(tiny_run), [], application.objective())
