"""Layers that are frozen, thawed, or trained slower than the others."""

import keras
import numpy as np
import pytest

from keras_seq.errors import RecipeError
from keras_seq.training.layer_rates import settle
from keras_seq.training.optimizers import AveragingAdam


def trained(steps=4, **keys):
    """How far the kernels of two layers went in so many steps."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(3, name="hidden")(keras.layers.Dropout(0.0, name="dropout")(inputs))
    network = keras.Model(inputs, keras.layers.Dense(1, name="scores")(hidden))
    optimizer = AveragingAdam(0.1)
    settle(network, optimizer, keys.get("freeze", ()), keys.get("thaw_step", 0), keys.get("rates", {}))
    network.compile(optimizer, loss="mse", jit_compile=False)
    before = {layer: network.get_layer(layer).kernel.numpy() for layer in ("hidden", "scores")}
    network.fit(np.ones((4 * steps, 3)), np.full((4 * steps, 1), 9.0), batch_size=4, verbose=0)
    return {
        layer: float(np.abs(network.get_layer(layer).kernel.numpy() - old).max())
        for layer, old in before.items()
    }


def test_a_frozen_layer_stays_as_it_is():
    moved = trained(freeze=["hid*"])
    assert moved["hidden"] == 0
    assert moved["scores"] > 0.3


def test_a_frozen_layer_moves_once_it_is_thawed():
    assert trained(steps=2, freeze=["hidden"], thaw_step=2)["hidden"] == 0
    moved = trained(steps=4, freeze=["hidden"], thaw_step=2)
    assert 0.15 < moved["hidden"] < 0.25  # two steps of about the learning rate
    assert moved["scores"] > 0.3


def test_a_layer_has_a_learning_rate_of_its_own():
    plain, slow = trained(), trained(rates={"hidden": 0.01})
    assert slow["hidden"] < 0.02 * plain["hidden"]
    assert slow["scores"] == pytest.approx(plain["scores"], rel=0.05)


def test_a_name_that_matches_nothing_says_what_there_is():
    with pytest.raises(
        RecipeError, match=r"freeze: no layer with weights is called 'dropout'.* hidden, scores"
    ):
        trained(freeze=["dropout"])
    with pytest.raises(RecipeError, match="learning_rates: no layer with weights is called 'x'"):
        trained(rates={"x": 2.0})


def test_something_must_be_left_to_train():
    with pytest.raises(RecipeError, match="all layers are frozen"):
        trained(freeze=["*"])


def test_what_is_thawed_must_have_been_frozen():
    with pytest.raises(RecipeError, match="thaw_after: nothing is frozen"):
        trained(thaw_step=3)
