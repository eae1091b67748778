"""Which frames of a batch of clips are real."""

import numpy as np

from keras_seq.layers import FrameMask


def test_a_row_has_as_many_frames_as_its_length_says():
    found = FrameMask()(np.zeros((3, 2, 4, 5, 1), "uint8"), np.array([2, 0, 1], "int32"))
    assert found.numpy().tolist() == [[True, True], [False, False], [True, False]]
