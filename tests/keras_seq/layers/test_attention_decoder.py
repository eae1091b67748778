"""The decoder, beside plain renderings of its formulas, and the loss of the next word."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import AttentionDecoder

BATCH, TIME, SOURCE, WORD, MEMORY, UNITS, OUT = 3, 5, 4, 6, 8, 7, 6
KINDS = list(itertools.product(["luong", "bahdanau"], [1, 2, 3], [False, True]))
KINDS += [("none", 1, False), ("none", 2, True)]


IDS = np.array([[4, 5, 6, 3], [7, 3, 0, 0], [3, 0, 0, 0]], "int32")
MASK = IDS > 0


def tensors(seed=1):
    """Words, memory and two states."""
    draw = np.random.default_rng(seed)
    shapes = ((BATCH, TIME, WORD), (BATCH, SOURCE, MEMORY), (BATCH, 5), (BATCH, 5))
    return [tf.constant(draw.normal(size=shape), tf.float32) for shape in shapes]


def decoder(attention="luong", layers=1, input_feeding=False, **options):
    keras.utils.set_random_seed(1)
    layer = AttentionDecoder(UNITS, OUT, layers, attention, input_feeding, name="decoder", **options)
    layer(tensors())
    for variable in layer.trainable_variables:  # biases start at 0 and would hide a mistake
        variable.assign_add(np.random.default_rng(2).normal(size=variable.shape) * 0.3)
    return layer


def by_steps(layer, inputs, mask=MASK):
    words, *encoded = inputs
    memory, state = layer.start(encoded, mask)
    state = tf.nest.map_structure(lambda x: x[:, None], state)
    step, found = layer.stepper(), []
    for time in range(words.shape[1]):
        features, state, attention = step(words[:, time : time + 1], state, memory)
        found.append((features[:, 0], tf.zeros([BATCH, 0]) if attention is None else attention[:, 0]))
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
    words, values, *states = (tensor.numpy() for tensor in inputs)
    weight = {variable.path.partition("/")[2]: variable.numpy() for variable in layer.weights}
    outputs = np.zeros((BATCH, TIME, OUT))
    for row in range(BATCH):
        h = values[row][MASK[row]]
        start = np.concatenate([state[row] for state in states])
        made = np.tanh(start @ weight["first_states/kernel"] + weight["first_states/bias"])
        hidden, cell = np.split(made.reshape(2, -1, UNITS), 2)
        hidden, cell, fed = list(hidden[0]), list(cell[0]), np.zeros(OUT if layer.input_feeding else 0)
        for time in range(TIME):
            word = words[row, time]
            hidden[0], cell[0] = lstm_step(layer.lstms[0], np.concatenate([word, fed]), hidden[0], cell[0])
            if layer.attention == "luong":
                scores = hidden[0] @ (h @ weight["key/kernel"]).T
            elif layer.attention == "none":
                h, scores = np.zeros((1, 0)), np.zeros(1)
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
    np.testing.assert_allclose(layer(tensors(), mask=MASK), plain(layer, tensors()), atol=1e-5)


@pytest.mark.parametrize(("attention", "layers", "input_feeding"), KINDS)
def test_step_by_step_is_the_whole_sequence_at_once(attention, layers, input_feeding):
    layer, inputs = decoder(attention, layers, input_feeding), tensors()
    features, attended = by_steps(layer, inputs)
    np.testing.assert_allclose(
        features, tf.function(layer.call, autograph=False)(inputs, mask=MASK), atol=1e-5
    )
    if attention == "none":
        assert attended.size == 0
        return
    np.testing.assert_allclose(attended.sum(axis=-1), 1, atol=1e-5)
    assert not attended[1, :, 2:].any()
    assert np.all(attended[2, :, 0] == 1)


@pytest.mark.parametrize("attention", ["luong", "bahdanau"])
def test_hypotheses_of_a_row_do_not_touch_each_other(attention):
    layer = decoder(attention, layers=2)
    words, *encoded = tensors()
    memory, state = layer.start(encoded, MASK)
    wide = tf.nest.map_structure(lambda x: tf.repeat(x[:, None], 2, axis=1), state)
    both, _, _ = layer.stepper()(words[:, :2], wide, memory)
    one, _, _ = layer.stepper()(words[:, 1:2], tf.nest.map_structure(lambda x: x[:, None], state), memory)
    np.testing.assert_allclose(both[:, 1:], one, atol=1e-6)


def test_padding_of_the_memory_changes_nothing():
    layer = decoder()
    words, values, *states = tensors()
    longer = tf.pad(values, [[0, 0], [0, 3], [0, 0]], constant_values=9.0)
    mask = np.pad(MASK, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        layer([words, longer, *states], mask=mask), layer(tensors(), mask=MASK), atol=1e-6
    )
    assert not np.allclose(layer([words, longer, *states]), layer(tensors()), atol=1e-3)


def test_keras_hands_the_memory_s_mask_on():
    """By a mask of the memory alone, of the words too, and in a functional model."""
    layer, states = decoder(), tensors()[2:]
    ids_given, said_given = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    table = keras.layers.Embedding(9, MEMORY, mask_zero=True)
    others = [keras.Input(tensor.shape[1:]) for tensor in states]
    spoken = keras.layers.Embedding(9, WORD, mask_zero=True)
    network = keras.Model(
        [said_given, ids_given, *others], layer([spoken(said_given), table(ids_given), *others])
    )
    ids, said = tf.constant(IDS), tf.constant([[1, 2, 3], [2, 3, 4], [3, 4, 5]])
    found = network([said, ids, *states])
    inputs = [tf.gather(spoken.embeddings, said), tf.gather(table.embeddings, ids), *states]
    np.testing.assert_allclose(found, layer(inputs, mask=MASK), atol=1e-6)
    assert not np.allclose(found, layer(inputs), atol=1e-4)


def test_a_vector_is_a_memory_of_one_step_and_a_grid_has_no_padding():
    layer, (words, values, *states) = decoder(), tensors()
    np.testing.assert_array_equal(
        layer([words, values[:, 0], *states]), layer([words, values[:, :1], *states])
    )
    everywhere = np.ones((BATCH, SOURCE), bool)
    np.testing.assert_allclose(layer(tensors()), layer(tensors(), mask=everywhere), atol=1e-6)
    memory, _ = layer.start([values, *states], MASK)
    np.testing.assert_array_equal(memory.mask, MASK)
    assert layer.start([values, *states])[0].mask.numpy().all()


def test_without_attention_the_memory_counts_by_the_first_states_alone():
    layer, (words, values, *states) = decoder("none", layers=2), tensors()
    assert not [weight.path for weight in layer.weights if "key" in weight.path or "query" in weight.path]
    np.testing.assert_array_equal(layer([words, values, *states]), layer([words, 9 * values, *states]))
    assert not np.allclose(layer([words, values, *states]), layer([words, values, states[1], states[0]]))


@pytest.mark.parametrize(
    "shapes",
    [
        [(2, 5, 6), (2, 4, 8)],
        [(2, 5, 6)],
        [(2, 6), (2, 4, 8), (2, 5)],
        [(2, 5, 6), (2, 7, 7, 8), (2, 5)],
        [(2, 5, 6), (2, 4, 8), (2, 3, 5)],
    ],
    ids=["no state", "no memory", "words of one step", "a grid that is not flat", "states with a time"],
)
def test_other_shapes_are_refused_with_what_is_expected(shapes):
    with pytest.raises(ValueError, match=r"expected \[words, memory, \*states\]: .* given shapes .*2, "):
        AttentionDecoder(UNITS, OUT)([tf.zeros(shape) for shape in shapes])
    with pytest.raises(ValueError, match=r"expected \[words, memory, \*states\]"):
        AttentionDecoder(UNITS, OUT)(tf.zeros((2, 5, 6)))


def test_networks_saved_with_ids_in_place_of_a_mask_still_open(tmp_path):
    """Ids of 0 are padding; what such a network gives is what the mask gives."""
    layer, (words, values, *states) = decoder(), tensors()
    ids = tf.constant(IDS)
    expected = layer(tensors(), mask=MASK)
    np.testing.assert_array_equal(layer([words, values, ids, *states]), expected)
    given = [keras.Input(tensor.shape[1:], name=name) for name, tensor in zip("wvst", tensors(), strict=True)]
    ids_given = keras.Input((None,), dtype="int32", name="ids")
    config = keras.Model([*given, ids_given], layer(given)).get_config()
    saved = next(each for each in config["layers"] if each["name"] == "decoder")
    [node] = saved["inbound_nodes"]
    of_ids = {"class_name": "__keras_tensor__", "config": {"shape": [None, None], "dtype": "int32"}}
    of_ids["config"]["keras_history"] = ["ids", 0, 0]
    node["args"][0].insert(2, of_ids)
    saved["build_config"]["input_shape"].insert(2, [None, None])
    network = keras.Model.from_config(config, custom_objects={"AttentionDecoder": AttentionDecoder})
    network.set_weights(layer.get_weights())
    np.testing.assert_allclose(network([*tensors(), ids]), expected, atol=1e-6)
    network.save(tmp_path / "again.keras")
    again = keras.saving.load_model(tmp_path / "again.keras")
    np.testing.assert_allclose(again([*tensors(), ids]), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_padding_in_half_precision_stays_finite(dtype):
    layer = AttentionDecoder(UNITS, OUT, dtype=dtype)
    features = layer([tf.cast(tensor, dtype.removeprefix("mixed_")) for tensor in tensors()], mask=MASK)
    assert np.isfinite(tf.cast(features, tf.float32)).all()


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
    with pytest.raises(ValueError, match="expected 'luong', 'bahdanau' or 'none', given 'dot'"):
        AttentionDecoder(4, 4, attention="dot")
