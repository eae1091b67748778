"""Scores of rows that were seen in a mirror are those of the mirror images of the classes."""

import numpy as np
import pytest

from keras_seq.layers import SwappedClasses
from keras_seq.layers.swapped_classes import partners

SCORES = np.array([[0.1, 0.2, 0.3, 0.4]] * 2, "float32")


def test_only_flagged_rows_are_exchanged():
    layer = SwappedClasses()
    np.testing.assert_array_equal(layer(SCORES, np.array([1.0, 0.0])), SCORES)
    layer.partners.assign([0, 3, 2, 1])
    found = layer(SCORES, np.array([1.0, 0.0])).numpy()
    np.testing.assert_allclose(found, [[0.1, 0.4, 0.3, 0.2], SCORES[1]])
    np.testing.assert_allclose(layer(SCORES, np.array([False, True])).numpy(), found[::-1])


@pytest.mark.parametrize(
    "mirrored", [{"left": "right"}, {"right": "left"}, {"left": "right", "right": "left"}]
)
def test_partners_go_both_ways(mirrored):
    assert partners(["jump", "left", "right"], mirrored).tolist() == [0, 2, 1]
