"""Resamples and intervals."""

import numpy as np
import pytest

from keras_seq.metrics.bootstrap import interval, resamples


def test_a_resample_has_as_many_examples_and_the_same_for_all_systems():
    found = resamples(30, count=50)
    assert found.shape == (50, 30)
    assert (found.sum(axis=1) == 30).all()
    assert len({row.tobytes() for row in found}) == 50
    np.testing.assert_array_equal(found, resamples(30, count=50))
    assert not np.array_equal(found, resamples(30, count=50, seed=2))


def test_the_interval_has_95_per_cent_of_the_values():
    assert interval(np.arange(1001.0)) == pytest.approx((25, 975))


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution():
    values = np.random.default_rng(1).normal(5, 2, 400)
    low, high = interval(resamples(400) @ values / 400)
    error = values.std() / 20
    assert (low, high) == pytest.approx(
        (values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.05
    )
