"""`.npy` files in the graph: their numbers, and what is wrong with each, in one batch."""

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.pose_files import packed
from keras_seq.preprocessing import npy

GOOD = packed(np.arange(6).reshape(2, 3))
BAD = {
    b"": "the file is empty",
    b"x": "not a .npy file",
    b"\x93NUMPY\x01\0": "not an array",
    GOOD[:60]: "not an array",
    GOOD.replace(b"<f4", b"<f8"): "not an array",
    GOOD.replace(b"(2, 3)", b"(2, )"): "not an array",
    GOOD[:-1]: "cut off",
    GOOD + b"\0": "cut off",
    packed(np.ones((2, 5))): "5 numbers a frame, expected 3",
    packed(np.ones((2, 3))).replace(b"(2, 3)", b"(0, 3)")[:-24]: "no frames",
}


@pytest.fixture(scope="module")
def numbers():
    return tf.function(lambda files: npy.numbers(files, 3), [tf.TensorSpec([None], tf.string)])


def test_bad_files_leave_good_ones_alone(numbers):
    found, problems = numbers(tf.constant([GOOD, *BAD, packed(np.ones((3, 3)))]))
    assert found.shape == (len(BAD) + 2, 3, 3)
    assert found[0].numpy().tolist() == [[0, 1, 2], [3, 4, 5], [0, 0, 0]]
    assert found[-1].numpy().tolist() == [[1, 1, 1]] * 3
    assert not found[1:-1].numpy().any()
    shown = [problem.decode() for problem in problems.numpy()]
    assert shown[0] == shown[-1] == ""
    for problem, expected in zip(shown[1:-1], BAD.values(), strict=True):
        assert expected in problem


@pytest.mark.parametrize("count", [0, 1])
def test_a_batch_of_bad_files_has_one_frame(numbers, count):
    assert numbers(tf.constant([b""] * count, tf.string))[0].shape == (count, 1, 3)
