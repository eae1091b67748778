"""Translations: what a decoder reads to say a sequence, and the score of a candidate."""

import pytest
import tensorflow as tf

from keras_seq.answers.generating import Candidate
from keras_seq.preprocessing.subwords import END_ID, START_ID, shifted


def test_what_is_read_is_what_is_to_be_said_one_step_later():
    ids = tf.constant([[5, 6, END_ID], [7, END_ID, 0], [END_ID, 0, 0]])
    assert shifted(ids).numpy().tolist() == [[START_ID, 5, 6], [START_ID, 7, 0], [START_ID, 0, 0]]


def test_a_length_penalty_divides_the_log_probability_and_leaves_the_coverage():
    candidate = Candidate("le chat", -3.0, 7, -0.5)
    assert candidate.score(0.0) == -3.5
    assert candidate.score(1.0) == pytest.approx(-3.0 / 2 - 0.5)
