"""Steps of a decoder's layers, beside the layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import LSTM
from keras_seq.layers.decoder_step import advancing, combining

BATCH, TIME, UNITS = 3, 5, 7


def numbers(*shape, seed=1):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


@pytest.mark.parametrize("widths", [[6], [4, 2], [6, 0]])
def test_one_step_after_the_other_is_the_lstm(widths):
    keras.utils.set_random_seed(1)
    layer, inputs = LSTM(UNITS, return_sequences=True, return_state=True), numbers(BATCH, TIME, 6)
    hidden, cell = numbers(BATCH, UNITS, seed=2), numbers(BATCH, UNITS, seed=3)
    layer.build(inputs.shape)
    layer.cell.bias.assign(numbers(4 * UNITS, seed=4))
    states, *last = layer(inputs, initial_state=[hidden, cell])
    go = advancing(layer)
    for step in range(TIME):
        hidden, cell = go(tf.split(inputs[:, step], widths, axis=1), hidden, cell)
        np.testing.assert_allclose(hidden, states[:, step], atol=1e-6)
    np.testing.assert_allclose([hidden, cell], last, atol=1e-6)


@pytest.mark.parametrize("widths", [[4, 1, 3], [4, 0, 4], [8]])
def test_parts_are_what_the_dense_layer_makes_of_them_side_by_side(widths):
    keras.utils.set_random_seed(1)
    dense, inputs = keras.layers.Dense(5, "tanh"), numbers(BATCH, 8)
    dense.build(inputs.shape)
    dense.bias.assign(numbers(5, seed=2))
    made = combining(dense, widths[:-1])(tf.split(inputs, widths, axis=1))
    np.testing.assert_allclose(made, dense(inputs), atol=1e-6)


def test_in_mixed_precision_the_numbers_are_the_layers():
    dense = keras.layers.Dense(5, dtype="mixed_bfloat16")
    dense.build((BATCH, 8))
    inputs = tf.cast(numbers(BATCH, 8), tf.bfloat16)
    made = combining(dense, [3])(tf.split(inputs, [3, 5], axis=1))
    assert made.dtype == dense(inputs).dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(made, "float32"), tf.cast(dense(inputs), "float32"), atol=0.03)
