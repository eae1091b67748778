"""Padding: steps that count are moved to the front and back again, whatever the mask."""

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers.padding import Padding, at_end

STEPS = np.arange(24, dtype="float32").reshape(3, 4, 2) + 1
MASKS = {
    "on the right": [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]],
    "anywhere": [[0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]],
}


@pytest.mark.parametrize("zero_elsewhere", [True, False])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("where", MASKS)
def test_steps_come_back_to_their_places(where, backwards, zero_elsewhere):
    mask = np.array(MASKS[where], bool)
    padding = Padding(tf.constant(mask), backwards)
    removed = padding.remove(tf.constant(STEPS)).numpy()
    last = padding.at_end(tf.transpose(removed, [1, 0, 2]), 0.0)
    restored = padding.restore(removed, last, zero_elsewhere).numpy()
    for row, counts in enumerate(mask):
        read, counted = (STEPS[row, ::-1], counts[::-1]) if backwards else (STEPS[row], counts)
        np.testing.assert_array_equal(removed[row, : counts.sum()], read[counted])
        before = np.zeros(2)
        for step, value in enumerate(read):
            before = value if counted[step] else np.zeros(2) if zero_elsewhere else before
            np.testing.assert_array_equal(restored[row, step], before)


def test_the_last_step_of_each_row():
    steps = tf.constant(STEPS.transpose(1, 0, 2))
    np.testing.assert_array_equal(at_end(steps, None), STEPS[:, -1])
    ends = at_end(steps, tf.constant([4, 2, 0]))
    np.testing.assert_array_equal(ends, [STEPS[0, 3], STEPS[1, 1], STEPS[2, 0]])
    padding = Padding(tf.constant(np.array(MASKS["on the right"], bool)), backwards=False)
    np.testing.assert_array_equal(padding.at_end(steps, -1.0), [STEPS[0, 3], STEPS[1, 1], [-1, -1]])
    nothing = at_end(tf.zeros([0, 3, 2]), tf.constant([0, 0, 0]))
    np.testing.assert_array_equal(nothing, np.zeros([3, 2]))
