"""The best k of a vocabulary, as TensorFlow orders them."""

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.decoding.loop import top_k


@pytest.mark.parametrize("vocabulary", [3, 960, 2001])
@pytest.mark.parametrize("k", [1, 3])
def test_top_k_is_that_of_tensorflow_with_its_order_of_equal_scores(vocabulary, k):
    random = np.random.default_rng(vocabulary)
    for highest in (2, 40, 10**6):
        scores = tf.constant(random.integers(0, highest, size=(3, 2, vocabulary)), tf.float32)
        for one, other in zip(top_k(scores, k), tf.math.top_k(scores, k), strict=True):
            np.testing.assert_array_equal(one, other)


def test_top_k_takes_the_first_of_equal_scores_though_a_later_block_is_better():
    scores = np.zeros([1, 1, 2001], "float32")
    scores[0, 0, [5, 1900, 1901]] = 1, 2, 1
    np.testing.assert_array_equal(top_k(tf.constant(scores), 2)[1], [[[1900, 5]]])
