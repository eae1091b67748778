"""Lists of tensors, an element a step."""

import numpy as np
import tensorflow as tf

from keras_seq.layers import tensor_lists


def test_what_is_put_at_a_step_is_found_there_and_in_the_stack():
    rows = [tf.fill([2, 3], float(step)) for step in range(4)]
    lists = [tensor_lists.reserve(4, 3, tf.float32)]
    for step, row in enumerate(rows):
        lists = tensor_lists.with_items(lists, step, [row])
    np.testing.assert_array_equal(tensor_lists.item(lists[0], 2, rows[0]), rows[2])
    np.testing.assert_array_equal(tensor_lists.stack(lists[0], rows[0]), tf.stack(rows))
