"""Labels that begin a word, of any shape, and of any number."""

import numpy as np
import tensorflow as tf

from keras_seq.decoding.word_starts import starts_word


def test_those_labels_begin_a_word_and_no_others():
    labels = tf.constant([[0, 3, 9], [1, 4, 3]])
    np.testing.assert_array_equal(starts_word(labels, (3, 4)), [[False, True, False], [False, True, True]])
    assert not np.any(starts_word(labels, ()))
    assert starts_word(tf.zeros([0, 2], tf.int32), (3,)).shape == (0, 2)
