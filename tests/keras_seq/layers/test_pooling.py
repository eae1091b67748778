"""Layers: what they compute, that padding does not matter, and that they save."""

import numpy as np
import pytest

from keras_seq.layers import AttentionPooling, MaskedMaxPooling

POOLINGS = [MaskedMaxPooling, AttentionPooling]
RANDOM = np.random.default_rng(1)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_pooling_ignores_what_is_masked(pooling):
    layer = pooling()
    states = RANDOM.normal(size=(3, 5, 4)).astype("float32")
    mask = np.arange(5) < np.array([[5], [3], [1]])
    whole = layer(states, mask=mask)
    other = np.where(mask[..., None], states, 1e3)
    np.testing.assert_allclose(whole, layer(other, mask=mask), rtol=1e-6)
    np.testing.assert_allclose(whole[1], layer(states[1:2, :3], mask=mask[1:2, :3])[0], rtol=1e-5)
    np.testing.assert_allclose(whole[0], layer(states[:1])[0], rtol=1e-5)


def test_max_pooling_is_the_maximum():
    states = RANDOM.normal(size=(2, 6, 3)).astype("float32")
    np.testing.assert_array_equal(MaskedMaxPooling()(states), states.max(axis=1))


def test_attention_pooling_is_a_convex_mean_of_the_states():
    layer = AttentionPooling()
    states = RANDOM.normal(size=(4, 6, 3)).astype("float32")
    pooled = layer(states).numpy()
    scores = np.tanh(states @ layer.projection.numpy() + layer.bias.numpy()) @ layer.context.numpy()
    weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(pooled, (weights * states).sum(axis=1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_pooling_in_half_precision_stays_finite(pooling):
    layer = pooling(dtype="mixed_float16")
    mask = np.array([[True, False], [False, False]])
    assert np.isfinite(layer(np.ones((2, 2, 3), "float16"), mask=mask).numpy()).all()
