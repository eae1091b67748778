"""Answers to files that cannot be used."""

import numpy as np
import tensorflow as tf

from keras_seq.answers import Problems


def test_a_row_with_a_problem_is_empty_and_the_others_are_as_they_were():
    answers = {
        "label": tf.constant(["a", "b"]),
        "score": tf.constant([0.5, 0.25]),
        "scores": tf.constant([[0.5, 0.5], [0.25, 0.75]]),
        "starts": tf.constant([[1, 2], [3, 4]]),
    }
    found = Problems()(answers, tf.constant(["", "cut off"]))
    assert found["label"].numpy().tolist() == [b"a", b""]
    np.testing.assert_array_equal(found["scores"], [[0.5, 0.5], [0, 0]])
    np.testing.assert_array_equal(found["starts"], [[1, 2], [0, 0]])
    assert found["problem"].numpy().tolist() == [b"", b"cut off"]
