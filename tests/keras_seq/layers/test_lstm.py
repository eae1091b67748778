"""The LSTM layer: equal to Keras's, safe with any mask, and one graph for machines with a GPU and without."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from lstm_layers import WORDS, assert_equal, both, network, pair
from properties import tried_on

from keras_seq.layers import LSTM


def test_a_call_outside_of_a_graph_gives_the_same():
    expected_layer, layer = pair(return_sequences=True)
    x = tf.random.stateless_normal((2, 6, 3), (1, 2))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x, training=True) ** 2)
    gradients = tape.gradient(loss, layer.trainable_variables)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(expected_layer(x, training=True) ** 2)
    expected = tape.gradient(loss, expected_layer.trainable_variables)
    assert_equal([layer(x), *gradients], [expected_layer(x), *expected])


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_near_and_keeps_its_types(policy):
    layers = pair(return_sequences=True, return_state=True, dtype=policy)
    x = np.random.default_rng(1).normal(size=(3, 6, 3)).astype("float32")
    mask = np.arange(6) < np.array([[6], [3], [0]])
    for training in (False, True):
        expected, ours = both(layers, x, mask, [], training)
        for value, reference in zip(ours, expected, strict=True):
            assert value.dtype == reference.dtype
            np.testing.assert_allclose(
                tf.cast(value, "float32"), tf.cast(reference, "float32"), rtol=0.1, atol=0.1
            )


def test_dropout_is_that_of_keras():
    layers = pair(return_sequences=True, dropout=0.5, seed=3)
    x = np.ones((4, 5, 3), "float32")
    mask = np.arange(5) < np.array([[5], [3], [1], [0]])
    expected, ours = (layer(x, mask=mask, training=True) for layer in layers)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)
    expected, ours = (layer(x, training=True) for layer in layers)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)
    assert not np.allclose(layers[1](x, training=True), ours)
    np.testing.assert_allclose(layers[1](x), layers[0](x), rtol=1e-5, atol=1e-6)


def test_a_stateful_layer_goes_on_where_it_was():
    expected_layer, layer = (
        kind(4, stateful=True, return_sequences=True) for kind in (keras.layers.LSTM, LSTM)
    )
    x = tf.random.stateless_normal((2, 3, 3), (1, 2))
    for one in (expected_layer, layer):
        one.build(x.shape)
    layer.set_weights(expected_layer.get_weights())
    for mask in (None, None, np.array([[True, False, False], [False] * 3]), None):
        np.testing.assert_allclose(layer(x, mask=mask), expected_layer(x, mask=mask), rtol=1e-5, atol=1e-6)


def test_a_row_without_steps_keeps_its_state_and_puts_out_zeros():
    layer = LSTM(4, return_sequences=True, return_state=True)
    hidden, cell = tf.ones((2, 4)), 2 * tf.ones((2, 4))
    mask = np.array([[True, True, False], [False, False, False]])
    outputs, last_hidden, last_cell = layer(tf.ones((2, 3, 3)), mask=mask, initial_state=[hidden, cell])
    np.testing.assert_array_equal(outputs[1], np.zeros((3, 4)))
    np.testing.assert_array_equal(last_hidden[1], hidden[1])
    np.testing.assert_array_equal(last_cell[1], cell[1])
    assert not np.allclose(last_hidden[0], hidden[0])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"activation": "relu"}, "activation must be tanh"),
        ({"recurrent_activation": "hard_sigmoid"}, "recurrent_activation must be sigmoid"),
        ({"use_bias": False}, "use_bias must be True"),
        ({"recurrent_dropout": 0.1}, "recurrent_dropout must be 0"),
        ({"unroll": True}, "unroll must be False"),
        ({"unroll": True, "use_bias": False}, "use_bias must be True; unroll must be False"),
    ],
)
def test_what_cudnn_cannot_do_is_refused_unless_told(options, expected):
    for use_cudnn in ("auto", True):
        with pytest.raises(ValueError, match=f"{expected}.* use_cudnn=False"):
            LSTM(4, use_cudnn=use_cudnn, **options)
    expected_layer, layer = keras.layers.LSTM(4, **options), LSTM(4, use_cudnn=False, **options)
    x = tf.ones((2, 3, 3))
    for one in (expected_layer, layer):
        one.build(x.shape)
    layer.set_weights(expected_layer.get_weights())
    np.testing.assert_allclose(layer(x), expected_layer(x), rtol=1e-5, atol=1e-6)
    assert LSTM.from_config(layer.get_config()).use_cudnn is False
    assert keras.layers.Bidirectional(layer).backward_layer.use_cudnn is False
    for call in (layer.gates, lambda x: layer.stream_step(None, x)):
        with pytest.raises(ValueError, match="use_cudnn=False"):
            call(x)


@pytest.mark.parametrize("options", [{"activation": "relu"}, {"use_bias": False}])
def test_a_backward_layer_of_another_kind_is_run_as_what_it_is(options):
    """Keras's Bidirectional gives the backward layer the forward one's `use_cudnn`."""
    both = []
    for kind, other in ((keras.layers.LSTM, {}), (LSTM, {"use_cudnn": False})):
        backward = kind(4, go_backwards=True, **other, **options)
        both.append(keras.layers.Bidirectional(kind(4), backward_layer=backward))
        both[-1].build((None, None, 3))
    both[1].set_weights(both[0].get_weights())
    x = tf.random.stateless_normal((2, 5, 3), (1, 2))
    np.testing.assert_allclose(both[1](x), both[0](x), rtol=1e-5, atol=1e-6)


def test_inputs_of_any_type_no_rows_and_shapes_that_are_not_known():
    expected_layer, layer = pair(return_sequences=True)
    whole_numbers = tf.ones((2, 3, 3), tf.int32)
    np.testing.assert_allclose(layer(whole_numbers), expected_layer(whole_numbers), rtol=1e-5, atol=1e-6)
    assert layer(tf.zeros((0, 3, 3))).shape == (0, 3, 4)
    unknown = tf.function(lambda x: layer(x, training=False), [tf.TensorSpec([None, None, None])])
    np.testing.assert_allclose(unknown(tf.ones((2, 3, 3))), layer(whole_numbers), rtol=1e-6)
    assert LSTM(4, activation=tf.tanh, recurrent_activation=keras.ops.sigmoid)(whole_numbers).shape == (2, 4)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(tf.zeros((0, 3, 3)), training=True))
    for gradient in tape.gradient(loss, layer.trainable_variables):
        np.testing.assert_array_equal(gradient, tf.zeros_like(gradient))


def test_it_trains_under_a_distribution_strategy():
    keras.utils.set_random_seed(1)
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = network(LSTM)
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.get_layer("last").get_weights()
    model.fit(np.tile(WORDS, (2, 1)), np.zeros(6), batch_size=3, verbose=0)
    assert not np.allclose(before[0], model.get_layer("last").get_weights()[0])


def test_files_and_weights_move_between_keras_and_ours(tmp_path, monkeypatch):
    ours, theirs = network(LSTM), network(keras.layers.LSTM)
    path = str(tmp_path / "ours.keras")
    ours.save(path)
    theirs.load_weights(path)
    np.testing.assert_allclose(theirs(WORDS), ours(WORDS), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(keras.saving.load_model(path)(WORDS), ours(WORDS), rtol=1e-5, atol=1e-6)
    with monkeypatch.context() as patch:  # where keras_seq is not installed
        patch.delitem(keras.saving.get_custom_objects(), "keras_seq>LSTM")
        plain = keras.saving.load_model(path, custom_objects={"keras_seq>LSTM": keras.layers.LSTM})
    assert type(plain.get_layer("last")) is keras.layers.LSTM
    np.testing.assert_allclose(plain(WORDS), ours(WORDS), rtol=1e-5, atol=1e-6)
    other = network(LSTM)
    theirs.save(str(tmp_path / "theirs.keras"))
    other.load_weights(str(tmp_path / "theirs.keras"))
    np.testing.assert_allclose(other(WORDS), ours(WORDS), rtol=1e-5, atol=1e-6)
    assert LSTM.from_config(theirs.get_layer("last").get_config()).units == 5


def op_names(function):
    graph = function.graph.as_graph_def()
    return {
        node.op for nodes in (graph.node, *(f.node_def for f in graph.library.function)) for node in nodes
    }


def test_training_pays_for_no_choice_and_inference_makes_it_where_it_runs():
    layer = LSTM(4)
    layer.build((None, None, 3))
    spec = [tf.TensorSpec([None, None, 3])]
    training = op_names(tf.function(lambda x: layer(x, training=True), spec).get_concrete_function())
    inference = op_names(tf.function(lambda x: layer(x, training=False), spec).get_concrete_function())
    assert not training & {"Case", "StatelessCase", "DeviceIndex", "CudnnRNNV3"}
    assert {"DeviceIndex", "CudnnRNNV3"} < inference
    assert inference & {"Case", "StatelessCase"}


@tried_on(20)
@given(cuts=st.sets(st.integers(1, 11)), batch=st.integers(1, 3))
def test_a_stream_of_chunks_gives_what_the_whole_does(cuts, batch):
    layer = LSTM(4, return_sequences=True, return_state=True)
    x = tf.random.stateless_normal((batch, 12, 3), (1, 2))
    whole, hidden, cell = layer(x)
    state, pieces = None, []
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), 12], strict=True):
        state, outputs = layer.stream_step(state, x[:, start:stop])
        pieces.append(outputs)
    np.testing.assert_allclose(tf.concat(pieces, axis=1), whole, atol=1e-6)
    np.testing.assert_allclose(state, [hidden, cell], atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 0), (0, 3), (0, 0)])
def test_sequences_without_any_step_have_no_outputs(shape):
    """Of a batch in which no row has a step, as of sounds that are empty."""
    layer = LSTM(4, return_sequences=True)
    run = tf.function(layer, input_signature=[tf.TensorSpec([None, None, 3])], autograph=False)
    run_masked = tf.function(
        lambda x, mask: layer(x, mask=mask, training=False),
        [tf.TensorSpec([None, None, 3]), tf.TensorSpec([None, None], tf.bool)],
        autograph=False,
    )
    assert run(tf.zeros([*shape, 3])).shape == (*shape, 4)
    assert run_masked(tf.zeros([*shape, 3]), tf.ones(shape, tf.bool)).shape == (*shape, 4)


def test_a_stream_runs_in_a_graph_and_a_layer_that_must_see_the_end_has_none():
    layer = LSTM(4)
    x = tf.random.stateless_normal((2, 6, 3), (1, 2))
    step = tf.function(layer.stream_step)
    (hidden, _), first = step(layer.stream_start(2), x)
    np.testing.assert_allclose(hidden, layer(x), atol=1e-6)
    np.testing.assert_allclose(first[:, -1], layer(x), atol=1e-6)
    with pytest.raises(ValueError, match="go_backwards"):
        LSTM(4, go_backwards=True).stream_step(None, x)


def test_fit_learns_with_it():
    keras.utils.set_random_seed(1)
    model = network(LSTM)
    words = np.random.default_rng(1).integers(1, 9, (64, 6))
    model.compile(keras.optimizers.Adam(0.03), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(words, words[:, 0] % 2, epochs=12, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]


def test_what_a_layer_is_given_is_recorded_within_a_block_only():
    layer = LSTM(4, return_sequences=True)
    words = keras.Input((None,), dtype="int32")
    embedding = keras.layers.Embedding(9, 3, mask_zero=True)
    model = keras.Model(words, keras.layers.Bidirectional(layer, name="both")(embedding(words)))
    forward, backward = model.get_layer("both").forward_layer, model.get_layer("both").backward_layer
    ids, state = tf.constant([[1, 2, 0], [3, 4, 5]]), [tf.ones((2, 4)), tf.zeros((2, 4))]
    config = forward.get_config()
    with forward.recording() as read, backward.recording() as read_back:
        model(ids)
        with forward.recording() as inner:
            forward(embedding(ids), initial_state=state)
        model(ids[:1])
    model(ids)
    assert [len(each) for each in (read, read_back, inner)] == [2, 2, 1]
    for reading in (read[0], read_back[0]):
        np.testing.assert_array_equal(reading.sequences, embedding(ids))
        np.testing.assert_array_equal(reading.mask, ids > 0)
        assert not any(tf.reduce_any(tensor != 0) for tensor in reading.initial_state)
    np.testing.assert_array_equal(inner[0].initial_state, state)
    assert read[1].sequences.shape[0] == 1
    assert forward.get_config() == config
    with pytest.raises(RuntimeError, match="stop"), forward.recording() as read:
        raise RuntimeError("stop")
    forward(embedding(ids))
    assert read == []
