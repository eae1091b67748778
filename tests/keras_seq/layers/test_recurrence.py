"""The recurrence on a CPU, in one kernel and in a loop: outputs and gradients are Keras's."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from lstm_layers import assert_equal, both, pair
from properties import tried_on

from keras_seq.layers import recurrence


@contextlib.contextmanager
def small_steps(in_one_kernel):
    """Whether steps as small as those of the tests go through one kernel, as they do, or through the loop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recurrence, "SMALL_STEP", recurrence.SMALL_STEP if in_one_kernel else -1)
        patch.setattr(recurrence, "STEPS_AT_ONCE", 2)  # as small
        recurrence.compiled.cache_clear()
        yield
    recurrence.compiled.cache_clear()


@tried_on(40)
@given(
    data=st.data(),
    in_one_kernel=st.booleans(),
    dtype=st.sampled_from(["float32", "float64"]),
    masked=st.sampled_from(["no", "right-padded", "any"]),
    sizes=st.tuples(*[st.integers(1, 5)] * 4),
    flags=st.tuples(*[st.booleans()] * 7),
)
def test_outputs_and_gradients_are_those_of_keras(data, in_one_kernel, dtype, masked, sizes, flags):
    batch, time, features, units = sizes
    sequences, state, backwards, bidirectional, initial, zero, training = flags
    options = {
        "return_sequences": sequences,
        "return_state": state,
        "dtype": dtype,
        "zero_output_for_mask": zero,
    }
    options["go_backwards"] = backwards and not bidirectional
    layers = pair(units, features, data.draw(st.integers(0, 99)), bidirectional, **options)
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = tf.constant(random.normal(size=(batch, time, features)), dtype)
    lengths = data.draw(st.lists(st.integers(0, time), min_size=batch, max_size=batch))
    right_padded = np.arange(time) < np.array(lengths)[:, None]
    mask = {"no": None, "right-padded": right_padded, "any": random.random((batch, time)) < 0.5}[masked]
    count = 2 * (1 + bidirectional) if initial else 0
    start = [tf.constant(random.normal(size=(batch, units)), dtype) for _ in range(count)]
    with small_steps(in_one_kernel):
        expected, ours = both(layers, x, mask, start, training)
    assert_equal(ours, expected, dtype)


@pytest.mark.parametrize(
    "shape", [(1, 30, 8, 64), (1, 150, 80, 64), (40, 12, 64, 80)], ids=["one kernel", "in parts", "a loop"]
)
@pytest.mark.parametrize("training", [False, True])
def test_all_ways_through_a_cpu_are_those_of_keras(shape, training):
    """A small step runs in one kernel, and so does a sequence that is alone, in parts; a large step in a loop."""
    batch, time, features, units = shape
    is_small = batch == 1 or batch * (features + units) * 4 * units <= recurrence.SMALL_STEP
    assert is_small == (batch == 1)
    layers = pair(units, features, return_sequences=True, return_state=True)
    for layer in layers:
        layer.set_weights([w / units**0.5 for w in layer.get_weights()])
    x = tf.random.stateless_normal((batch, time, features), (1, 2))
    expected, ours = both(layers, x, None, [], training)
    for value, reference in zip(ours, expected, strict=True):
        np.testing.assert_allclose(value, reference, rtol=1e-5, atol=1e-5 * np.abs(reference).max())


@pytest.mark.parametrize("backwards", [False, True])
def test_the_gates_are_those_of_the_equations(backwards):
    options = {"return_sequences": True, "go_backwards": backwards, "dtype": "float64"}
    layer = pair(units=4, features=3, **options)[1]
    x = np.random.default_rng(3).normal(size=(2, 5, 3))
    inside = {name: value.numpy() for name, value in layer.gates(x).items()}
    np.testing.assert_allclose(inside["hidden"], layer(x), atol=1e-12)
    np.testing.assert_allclose(inside["hidden"], inside["output_gate"] * np.tanh(inside["cell"]), atol=1e-12)
    before = np.concatenate([np.zeros((2, 1, 4)), inside["cell"][:, :-1]], axis=1)
    cell = inside["forget_gate"] * before + inside["input_gate"] * inside["candidate"]
    np.testing.assert_allclose(inside["cell"], cell, atol=1e-12)
