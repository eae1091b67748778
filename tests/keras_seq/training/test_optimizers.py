"""The optimizers of a training: averages, decay, accumulation, layers of their own; each learns."""

import keras
import numpy as np
import pytest

from keras_seq.training import optimizers

KINDS = [*optimizers.KINDS]


def network():
    """Of words, so that there are sparse gradients; its embedding, its kernel and its bias."""
    keras.utils.set_random_seed(1)
    words = keras.Input((3,), dtype="int32")
    vectors = keras.layers.Embedding(5, 4, name="embedding")(words)
    pooled = keras.layers.Flatten()(vectors)
    return keras.Model(words, keras.layers.Dense(1, bias_initializer="ones", name="scores")(pooled))


def network_of_numbers():
    keras.utils.set_random_seed(1)
    numbers = keras.Input((3,))
    return keras.Model(numbers, keras.layers.Dense(1)(keras.layers.Dense(4)(numbers)))


def trained(one, optimizer, batch_size=4, epochs=1):
    rows = np.random.default_rng(1).integers(0, 5, (16, 3))
    one.compile(optimizer, loss="mse", jit_compile=False)
    history = one.fit(rows, rows.sum(axis=1), batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0)
    return one, history.history["loss"]


def test_averages_come_into_the_model_only_when_they_are_asked_for():
    variable = keras.Variable(np.array([0.0], "float32"))
    optimizer = optimizers.make(0.5, weight_averaging=0.5)
    optimizer.build([variable])
    for _ in range(3):
        optimizer.apply([np.array([1.0], "float32")])
    last = float(variable[0])
    optimizer.finalize_variable_values([variable])
    assert float(variable[0]) == last
    optimizer.put_averages_into([variable])
    assert last < float(variable[0]) < 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_optimizer_learns(kind):
    _, losses = trained(network(), optimizers.make(0.02, optimizer=kind, gradient_clip=50.0), epochs=12)
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_several_batches_make_one_update(kind):
    """Two batches of four are one of eight; the moving average counts updates."""
    keys = {"optimizer": kind, "weight_averaging": 0.5, "weight_decay": 0.1, "gradient_clip": 1.0}
    half = optimizers.make(0.01, gradient_accumulation=2, **keys)
    halves, _ = trained(network_of_numbers(), half, batch_size=4)
    whole, _ = trained(network_of_numbers(), optimizers.make(0.01, **keys), batch_size=8)
    for one, other in zip(halves.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for one in (halves, whole):
        one.optimizer.put_averages_into(one.trainable_variables)
    for one, other in zip(halves.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("clip", [0.5, 1e4])
def test_gradients_are_clipped_as_keras_does_it_and_their_norm_is_that_before(clip):
    one, losses = trained(network(), optimizers.make(0.01, gradient_clip=clip), epochs=3)
    other, their_losses = trained(network(), keras.optimizers.Adam(0.01, global_clipnorm=clip), epochs=3)
    np.testing.assert_allclose(losses, their_losses, rtol=1e-6)
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)
    unclipped, _ = trained(network(), optimizers.make(0.0))
    clipped, _ = trained(network(), optimizers.make(0.0, gradient_clip=clip))
    norm = float(clipped.optimizer.gradient_norm)
    assert norm == pytest.approx(float(unclipped.optimizer.gradient_norm), rel=1e-6)
    assert 0.5 < norm < 1e4


def test_before_the_first_update_the_average_is_the_weights():
    optimizer = optimizers.make(0.01, gradient_accumulation=9, weight_averaging=0.5)
    one, _ = trained(network(), optimizer)
    before = one.get_weights()
    one.optimizer.put_averages_into(one.trainable_variables)
    for average, weights in zip(one.get_weights(), before, strict=True):
        np.testing.assert_allclose(average, weights)


def test_matrices_decay_by_their_layers_rate_and_biases_never():
    one = network()
    optimizer = optimizers.make(0.1, optimizer="sgd", momentum=0.0, weight_decay=0.5)
    optimizer.rates = {one.get_layer("embedding").embeddings.path: 0.1}
    optimizer.build(one.trainable_variables)
    before = one.get_weights()
    optimizer.apply([np.zeros(variable.shape, "float32") for variable in one.trainable_variables])
    factors = [np.divide(now, old).mean() for now, old in zip(one.get_weights(), before, strict=True)]
    np.testing.assert_allclose(factors, [0.995, 0.95, 1.0], atol=1e-6)


def test_a_frozen_layer_neither_moves_nor_decays_until_its_batch():
    one = network()
    optimizer = optimizers.make(0.1, optimizer="adamw", gradient_accumulation=2)
    optimizer.frozen, optimizer.thaw_step = {one.get_layer("embedding").embeddings.path}, 4
    optimizer.build(one.trainable_variables)
    moved = []
    for _ in range(6):
        before = one.get_layer("embedding").embeddings.numpy()
        optimizer.apply([np.ones(variable.shape, "float32") for variable in one.trainable_variables])
        moved.append(bool((one.get_layer("embedding").embeddings.numpy() != before).any()))
    assert moved == [False, False, False, False, False, True]


def test_adamw_decays_by_default_and_the_others_do_not():
    decays = {kind: optimizers.make(0.1, optimizer=kind).weight_decay for kind in KINDS}
    assert decays == {"adam": None, "adamw": optimizers.WEIGHT_DECAY, "sgd": None, "lion": None}


def test_the_optimizer_inside_one_that_scales_losses_is_found():
    inner = optimizers.make(0.1)
    assert optimizers.innermost(keras.optimizers.LossScaleOptimizer(inner)) is inner
    assert optimizers.innermost(inner) is inner
