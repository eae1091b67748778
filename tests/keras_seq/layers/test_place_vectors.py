"""Features of places, with a learned vector of each place."""

import keras
import numpy as np
import pytest

from keras_seq.layers import PlaceVectors

FEATURES = np.random.default_rng(1).normal(size=(3, 4, 5)).astype("float32")


def test_every_place_has_a_vector_of_its_own_whatever_the_picture():
    keras.utils.set_random_seed(1)
    layer = PlaceVectors()
    added = layer(FEATURES).numpy() - FEATURES
    np.testing.assert_allclose(added, np.broadcast_to(added[:1], added.shape), atol=1e-6)
    np.testing.assert_allclose(added[0], layer.vectors, atol=1e-6)
    assert 0 < abs(added[0]).max() < 0.1
    assert not np.allclose(added[0, 0], added[0, 1], atol=1e-3)


def test_first_vectors_are_as_large_as_asked():
    keras.utils.set_random_seed(1)
    layer = PlaceVectors(2.0)
    layer(np.zeros((1, 100, 20), "float32"))
    assert layer.vectors.numpy().std() == pytest.approx(2.0, rel=0.05)
    assert PlaceVectors.from_config(layer.get_config()).deviation == 2.0


def test_how_many_places_there_are_is_known_before():
    with pytest.raises(ValueError, match="expected a number of places"):
        PlaceVectors()(keras.Input((None, 5)))
