"""Orders of what a search found by other weights."""

import numpy as np
import tensorflow as tf

from keras_seq.decoding import NO_HYPOTHESIS
from keras_seq.decoding.n_best import NBest, best_by, reordered, scored

FOUND = NBest(
    labels=tf.constant([[[1, 2], [2, 2], [0, 0]], [[1, 0], [2, 0], [3, 0]]]),
    scores=tf.constant([[-1.0, -2.0, NO_HYPOTHESIS], [-1.0, -1.5, -4.0]]),
    log_probability=tf.constant([[-1.0, -2.0, 0.0], [-1.0, -1.5, -4.0]]),
    language=tf.constant([[-9.0, -3.0, 0.0], [-5.0, -5.0, -1.0]]),
    words=tf.constant([[2, 1, 0], [1, 2, 1]]),
    unknown=tf.constant([[1, 0, 0], [0, 0, 0]]),
)


def test_scores_are_the_weighted_parts_and_empty_places_stay_empty():
    expected = [[-1 - 4.5 + 4 - 3, -2 - 1.5 + 2, NO_HYPOTHESIS], [-1 - 2.5 + 2, -1.5 - 2.5 + 4, -4 - 0.5 + 2]]
    np.testing.assert_allclose(scored(FOUND, 0.5, 2.0, -3.0), expected)


def test_another_order_takes_all_parts_with_it():
    again = reordered(FOUND, 0.5, 2.0, -3.0)
    assert again.labels.numpy().tolist() == [[[2, 2], [1, 2], [0, 0]], [[2, 0], [1, 0], [3, 0]]]
    np.testing.assert_allclose(again.scores[:, 0], [-1.5, 0])
    np.testing.assert_allclose(again.language, [[-3, -9, 0], [-5, -5, -1]])
    assert again.unknown.numpy().tolist() == [[0, 1, 0], [0, 0, 0]]
    for ours, theirs in zip(reordered(FOUND, 0.0, 0.0), FOUND, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_grid_of_weights_needs_one_search():
    weights, bonuses = [0.0, 0.5, 2.0], [0.0, 2.0]
    best = best_by(FOUND, weights, bonuses).numpy()
    assert best.shape == (3, 2, 2)
    for i, weight in enumerate(weights):
        for j, bonus in enumerate(bonuses):
            assert best[i, j].tolist() == scored(FOUND, weight, bonus).numpy().argmax(1).tolist()
    assert len({tuple(one) for one in best.reshape(-1, 2).tolist()}) > 2
