"""The decoder, beside plain renderings of its formulas, and the loss of the next word."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import AttentionDecoder

BATCH, TIME, SOURCE, WORD, MEMORY, UNITS, OUT = 3, 5, 4, 6, 8, 7, 6
KINDS = list(itertools.product(["luong", "bahdanau"], [1, 2, 3], [False, True]))


def tensors(seed=1):
    draw = np.random.default_rng(seed)
    words, values = (draw.normal(size=(BATCH, size, dim)) for size, dim in ((TIME, WORD), (SOURCE, MEMORY)))
    ids = np.array([[4, 5, 6, 3], [7, 3, 0, 0], [3, 0, 0, 0]])
    states = draw.normal(size=(2, BATCH, 5))
    return [tf.constant(x, tf.float32) for x in (words, values)] + [
        tf.constant(ids),
        *(tf.constant(x, tf.float32) for x in states),
    ]


def decoder(attention="luong", layers=1, input_feeding=False, **options):
    keras.utils.set_random_seed(1)
    layer = AttentionDecoder(UNITS, OUT, layers, attention, input_feeding, name="decoder", **options)
    layer(tensors())
    for variable in layer.trainable_variables:  # biases start at 0 and would hide a mistake
        variable.assign_add(np.random.default_rng(2).normal(size=variable.shape) * 0.3)
    return layer


def by_steps(layer, inputs):
    words, values, ids, *states = inputs
    memory, state = (
        layer.remember(values, ids),
        tf.nest.map_structure(lambda x: x[:, None], layer.begin(states)),
    )
    step, found = layer.stepper(), []
    for time in range(words.shape[1]):
        features, state, attention = step(words[:, time : time + 1], state, memory)
        found.append((features[:, 0], attention[:, 0]))
    return [np.stack(each, axis=1) for each in zip(*found, strict=True)]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step(lstm, x, hidden, cell):
    kernel, recurrent, bias = (weight.numpy() for weight in lstm.weights)
    i, f, c, o = np.split(x @ kernel + hidden @ recurrent + bias, 4, axis=-1)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
    return sigmoid(o) * np.tanh(cell), cell


def plain(layer, inputs):
    """Row by row, step by step, as the papers write it."""
    words, values, ids, *states = (tensor.numpy() for tensor in inputs)
    weight = {variable.path.partition("/")[2]: variable.numpy() for variable in layer.weights}
    outputs = np.zeros((BATCH, TIME, OUT))
    for row in range(BATCH):
        h = values[row][ids[row] > 0]
        start = np.concatenate([state[row] for state in states])
        made = np.tanh(start @ weight["first_states/kernel"] + weight["first_states/bias"])
        hidden, cell = np.split(made.reshape(2, -1, UNITS), 2)
        hidden, cell, fed = list(hidden[0]), list(cell[0]), np.zeros(OUT if layer.input_feeding else 0)
        for time in range(TIME):
            word = words[row, time]
            hidden[0], cell[0] = lstm_step(layer.lstms[0], np.concatenate([word, fed]), hidden[0], cell[0])
            if layer.attention == "luong":
                scores = hidden[0] @ (h @ weight["key/kernel"]).T
            else:
                summed = np.tanh(hidden[0] @ weight["query/kernel"] + h @ weight["key/kernel"])
                scores = summed @ weight["scale"]
            part = np.exp(scores - scores.max())
            context = part / part.sum() @ h
            top = hidden[0]
            for number in range(1, len(layer.lstms)):
                read = np.concatenate([top, context])
                hidden[number], cell[number] = lstm_step(
                    layer.lstms[number], read, hidden[number], cell[number]
                )
                top = top + hidden[number]
            joined = np.concatenate([top, context, word])
            outputs[row, time] = np.tanh(joined @ weight["combine/kernel"] + weight["combine/bias"])
            fed = outputs[row, time] if layer.input_feeding else fed
    return outputs


@pytest.mark.parametrize(("attention", "layers", "input_feeding"), KINDS)
def test_the_features_are_those_of_the_formulas(attention, layers, input_feeding):
    layer = decoder(attention, layers, input_feeding)
    np.testing.assert_allclose(layer(tensors()), plain(layer, tensors()), atol=1e-5)


@pytest.mark.parametrize(("attention", "layers", "input_feeding"), KINDS)
def test_step_by_step_is_the_whole_sequence_at_once(attention, layers, input_feeding):
    layer, inputs = decoder(attention, layers, input_feeding), tensors()
    features, attended = by_steps(layer, inputs)
    np.testing.assert_allclose(features, tf.function(layer.call, autograph=False)(inputs), atol=1e-5)
    np.testing.assert_allclose(attended.sum(axis=-1), 1, atol=1e-5)
    assert not attended[1, :, 2:].any()
    assert np.all(attended[2, :, 0] == 1)


@pytest.mark.parametrize("attention", ["luong", "bahdanau"])
def test_hypotheses_of_a_row_do_not_touch_each_other(attention):
    layer = decoder(attention, layers=2)
    words, values, ids, *states = tensors()
    memory, state = layer.remember(values, ids), layer.begin(states)
    wide = tf.nest.map_structure(lambda x: tf.repeat(x[:, None], 2, axis=1), state)
    both, _, _ = layer.stepper()(words[:, :2], wide, memory)
    one, _, _ = layer.stepper()(words[:, 1:2], tf.nest.map_structure(lambda x: x[:, None], state), memory)
    np.testing.assert_allclose(both[:, 1:], one, atol=1e-6)


def test_padding_of_the_source_changes_nothing():
    layer = decoder()
    words, values, ids, *states = tensors()
    longer = [
        words,
        tf.pad(values, [[0, 0], [0, 3], [0, 0]], constant_values=9.0),
        tf.pad(ids, [[0, 0], [0, 3]]),
    ]
    np.testing.assert_allclose(layer([*longer, *states]), layer(tensors()), atol=1e-6)


@pytest.mark.parametrize("input_feeding", [False, True])
def test_dropout_is_for_training_alone_and_gradients_reach_every_weight(input_feeding):
    layer, inputs = decoder("bahdanau", 2, input_feeding, dropout=0.5), tensors()
    np.testing.assert_allclose(layer(inputs), layer(inputs), rtol=1e-5, atol=1e-6)
    assert not np.allclose(layer(inputs, training=True), layer(inputs))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(inputs, training=True) ** 2)
    for gradient in tape.gradient(loss, [variable.value for variable in layer.trainable_variables]):
        assert np.abs(gradient).max() > 0


def test_the_whole_sequence_goes_through_the_lstm_at_once_unless_features_are_fed_back():
    """What input feeding costs is a loop over steps around everything; without it the attention is outside of
    loops.
    """

    def softmaxes_at_the_top(layer):
        graph = tf.function(layer.call, autograph=False).get_concrete_function(tensors(), training=True).graph
        return [op for op in graph.get_operations() if op.type == "Softmax"]

    assert softmaxes_at_the_top(decoder(layers=2))
    assert not softmaxes_at_the_top(decoder(layers=2, input_feeding=True))


def test_a_decoder_comes_back_from_its_config():
    layer = decoder("bahdanau", 2, True, dropout=0.25)
    again = AttentionDecoder.from_config(layer.get_config())
    again(tensors())
    again.set_weights(layer.get_weights())
    np.testing.assert_allclose(again(tensors()), layer(tensors()), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="expected 'luong' or 'bahdanau', given 'dot'"):
        AttentionDecoder(4, 4, attention="dot")
