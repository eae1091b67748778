"""The parts of a score: Wu et al. 2016, equation 14."""

import numpy as np
import tensorflow as tf

from keras_seq.decoding.hypotheses import LEAST_COVERAGE, coverage, length_divisor


def test_a_longer_text_is_divided_by_more_and_one_piece_by_one():
    assert length_divisor(1, 0.7) == 1
    np.testing.assert_allclose(length_divisor(tf.constant([7.0, 13.0]), 1.0), [2, 3])
    assert length_divisor(100, 0.0) == 1


def test_coverage_is_0_where_all_of_the_memory_is_covered_and_padding_is_not_to_be():
    attention = np.array([[[[0.5, 0.25, 0.25, 0.0], [0.75, 0.25, 0.0, 0.0]]]], "float32")
    mask = tf.constant([[True, True, True, False]])
    np.testing.assert_allclose(coverage(attention, mask), [[np.log(0.5) + np.log(0.25)]], rtol=1e-6)
    np.testing.assert_allclose(
        coverage(attention, None), [[np.log(0.125) + np.log(LEAST_COVERAGE)]], rtol=1e-6
    )
    assert coverage(tf.zeros([2, 3, 4, 0]), None).numpy().tolist() == [[0.0] * 3] * 2
