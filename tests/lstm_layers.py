"""What the tests of the LSTM layer share: it and Keras's with the same weights, and a network of either."""

import keras
import numpy as np
import tensorflow as tf

from keras_seq.layers import LSTM

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
WORDS = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [0, 0, 0, 0]])


def pair(units=4, features=3, weights=0, bidirectional=False, **options):
    """Keras's layer and ours, with the same weights."""
    layers = [keras.layers.LSTM(units, **options), LSTM(units, **options)]
    if bidirectional:
        layers = [keras.layers.Bidirectional(layer, dtype=options.get("dtype")) for layer in layers]
    random = np.random.default_rng(weights)
    for layer in layers:
        layer.build((None, None, features))
    values = [random.normal(scale=0.5, size=w.shape) for w in layers[0].get_weights()]
    for layer in layers:
        layer.set_weights(values)
    return layers


def both(layers, sequences, mask, state, training):
    """The results of Keras's layer, op by op, and of ours, as one graph; Keras's graph would take longer to make
    than its few steps to run.
    """
    expected, ours = layers
    sequences = tf.constant(sequences)

    @tf.function(autograph=False)
    def run(sequences, *state):
        return results(ours, sequences, mask, state, training)

    return results(expected, sequences, mask, state, training), run(sequences, *state)


def results(layer, sequences, mask, state, training):
    """All outputs, and the gradients of everything that a gradient goes to."""
    with tf.GradientTape() as tape:
        tape.watch([sequences, *state])
        outputs = tf.nest.flatten(
            layer(sequences, mask=mask, initial_state=list(state) or None, training=training)
        )
        loss = sum(tf.reduce_sum(tf.sin(output * (1 + number))) for number, output in enumerate(outputs))
    variables = [variable.value for variable in layer.trainable_variables]
    return outputs + tape.gradient(loss, [sequences, *state, *variables])


def assert_equal(ours, keras_layers, dtype="float32"):
    assert len(ours) == len(keras_layers)
    for value, expected in zip(ours, keras_layers, strict=True):
        assert value.shape == expected.shape
        assert value.dtype == expected.dtype
        np.testing.assert_allclose(value, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def network(layer_class):
    words = keras.Input((None,), dtype="int32", name="words")
    x = keras.layers.Embedding(9, 3, mask_zero=True, name="embedding")(words)
    x = keras.layers.Bidirectional(layer_class(4, return_sequences=True, name="inner"), name="outer")(x)
    x = layer_class(5, name="last")(x)
    return keras.Model(words, keras.layers.Dense(2, name="scores")(x), name="network")
