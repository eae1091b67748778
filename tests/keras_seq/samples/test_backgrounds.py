"""Patterns behind the things of generated pictures."""

import random

import numpy as np
import pytest

from keras_seq.samples import backgrounds


@pytest.mark.parametrize("kind", backgrounds.KINDS)
def test_patterns_are_of_the_size_within_bounds_and_the_same_for_the_same_seed(kind):
    for seed in range(5):
        pattern = backgrounds.pattern(kind, 24, random.Random(seed))
        assert pattern.shape == (24, 24)
        assert np.abs(pattern).max() <= 1
        np.testing.assert_array_equal(pattern, backgrounds.pattern(kind, 24, random.Random(seed)))
        assert (np.ptp(pattern) > 0) == (kind != "plain")
