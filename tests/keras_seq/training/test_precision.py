"""Mixed precision: half-precision products, everything else float32; it learns, and what is saved is float32."""

import fits
import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import LSTM, AttentionDecoder
from keras_seq.run import Run
from keras_seq.training import fit
from keras_seq.training.precision import computing

MIXED = ["mixed_bfloat16", "mixed_float16"]


def made(precision):
    def network():
        with computing(precision=precision):
            return fits.network()

    return network


@pytest.mark.parametrize("precision", MIXED)
def test_a_mixed_training_learns_and_goes_on_where_it_was_stopped(precision, tmp_path):
    keys = {"learning_rate": 0.03, "made": made(precision)}
    whole = fits.fitted(tmp_path / "whole", **keys)
    fits.stopped(tmp_path / "run", 1, 3, **keys)
    again = fits.fitted(tmp_path / "run", **keys)
    for one, other in zip(again.variables, whole.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)
    assert {variable.dtype for variable in whole.trainable_variables} == {"float32"}
    assert isinstance(whole.optimizer, keras.optimizers.LossScaleOptimizer) == (precision == "mixed_float16")
    fits.fitted(tmp_path / "plain", learning_rate=0.03)
    mixed, plain = (
        [row["loss"] for row in Run(tmp_path / name).read_history()] for name in ("whole", "plain")
    )
    assert mixed[-1] < 0.9 * mixed[0]
    np.testing.assert_allclose(mixed, plain, atol=0.08)


def test_a_policy_ends_with_its_block():
    with computing(precision="mixed_bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
    assert keras.layers.Dense(1).compute_dtype == "float32"


def test_the_key_is_divided_to_its_function():
    assert fit.divided({"precision": "float32", "seed": 1}).computing == {"precision": "float32"}


@pytest.mark.parametrize("precision", MIXED)
@pytest.mark.parametrize("masked", [False, True])
def test_an_lstms_gradients_are_those_of_float32_but_for_rounding(precision, masked):
    keras.utils.set_random_seed(1)
    rows = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")
    mask = np.array([[True] * 5, [True] * 3 + [False] * 2]) if masked else None
    plain = LSTM(4, return_sequences=True, return_state=True)
    plain.build(rows.shape)
    half = LSTM(4, return_sequences=True, return_state=True, dtype=precision)
    half.build(rows.shape)
    half.set_weights(plain.get_weights())
    found = []
    for layer in (plain, half):
        with tf.GradientTape() as tape:
            outputs, _, cell = layer(rows, mask=mask, training=True)
            loss = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 2) + tf.reduce_sum(tf.cast(cell, tf.float32))
        found.append([outputs, *tape.gradient(loss, layer.trainable_variables)])
    assert found[1][0].dtype == half.compute_dtype
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(tf.cast(one, tf.float32), tf.cast(other, tf.float32), atol=0.06)


def test_an_lstms_state_is_float32_over_many_small_steps():
    """In bfloat16 a cell of 1 would take no step of 0.002; here it takes all of them."""
    layer = LSTM(1, return_sequences=True, return_state=True, dtype="mixed_bfloat16")
    layer.build((None, None, 1))
    # Input gate open a little, forget gate wide open, candidate and output gate at one.
    layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), np.array([-6.0, 20.0, 20.0, 20.0])])
    hiddens, cell = layer.stream_step(None, np.zeros((1, 1, 1), "float32"))[0]
    for _ in range(2):
        (hiddens, cell), _ = layer.stream_step((hiddens, cell), np.zeros((1, 200, 1), "float32"))
    assert cell.dtype == tf.float32
    np.testing.assert_allclose(cell, 401 / (1 + np.exp(6.0)), rtol=0.02)


@pytest.mark.parametrize("fed", [False, True])
@pytest.mark.parametrize("attention", ["luong", "bahdanau"])
def test_a_decoder_in_mixed_precision_says_what_it_says_in_float32(attention, fed, tmp_path):
    keras.utils.set_random_seed(1)
    words, memory, state = (
        np.random.default_rng(1).normal(size=size).astype("float32")
        for size in ((2, 3, 4), (2, 5, 6), (2, 6))
    )
    plain = AttentionDecoder(4, 4, 1, attention, fed)
    expected = plain([words, memory, state])
    half = AttentionDecoder(4, 4, 1, attention, fed, dtype="mixed_bfloat16")
    half([words, memory, state])
    half.set_weights(plain.get_weights())
    given = [tf.cast(one, tf.bfloat16) for one in (words, memory, state)]
    found = half(given)
    assert found.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(found, tf.float32), expected, atol=0.05)
    kept, first = half.start(given[1:])
    made, after, _ = half.stepper()(given[0][:, :1], tf.nest.map_structure(lambda x: x[:, None], first), kept)
    assert {each.dtype for each in (*after.hiddens, *after.cells)} == {tf.float32}
    np.testing.assert_allclose(tf.cast(made[:, 0], tf.float32), expected[:, 0], atol=0.05)


def test_a_network_that_was_saved_mixed_loads_and_answers_the_same(tmp_path):
    with computing(precision="mixed_bfloat16"):
        inputs = keras.Input((None,), dtype="int32")
        x = keras.layers.Embedding(5, 4, mask_zero=True)(inputs)
        x = keras.layers.Bidirectional(LSTM(3))(x)
        network = keras.Model(inputs, keras.layers.Dense(2, "softmax", dtype="float32")(x))
    network.save(tmp_path / "mixed.keras")
    loaded = keras.saving.load_model(tmp_path / "mixed.keras")
    rows = np.array([[1, 2, 3], [4, 0, 0]])
    assert loaded(rows).dtype == tf.float32
    assert loaded.layers[2].compute_dtype == "bfloat16"
    np.testing.assert_array_equal(loaded(rows), network(rows))
