"""Labels of scores: ranked, with names."""

import numpy as np
import tensorflow as tf

from keras_seq.answers import RankedLabels


def test_labels_are_ranked_and_ties_keep_the_order_of_the_classes():
    answers = RankedLabels(["a", "b", "c"])(tf.constant([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]]))
    assert answers["labels"].numpy().tolist() == [[b"b", b"c", b"a"], [b"a", b"c", b"b"]]
    assert answers["label"].numpy().tolist() == [b"b", b"a"]
    np.testing.assert_allclose(answers["scores"], [[0.5, 0.3, 0.2], [0.4, 0.4, 0.2]])
    assert answers["score"].dtype == tf.float32
