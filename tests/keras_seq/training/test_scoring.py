"""Scores of a split."""

import pytest
from odd_names import NAMES, scores

import keras_seq
from keras_seq.training import scoring


def test_a_table_of_scores_has_a_line_a_class():
    lines = scoring.table(scores(NAMES)).splitlines()
    assert len(lines) == 1 + 2 + len(NAMES) + 3 + len(NAMES)
    assert all(line.isprintable() and len(line) < 1200 for line in lines)


def test_a_split_without_examples_is_refused(tiny_run):
    application = keras_seq.applications.functions("sentiment")
    with pytest.raises(keras_seq.DataError, match="no examples to score"):
        scoring.score(keras_seq.load(tiny_run), [], application.objective())
