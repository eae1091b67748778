"""The LSTM layer: equal to Keras's, safe with any mask, and one graph for machines with a GPU and without."""

import contextlib
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on
from tensorflow.core.framework import attr_value_pb2, graph_pb2

from export import gates
from export.ops import functions_on_cpu, used_ops
from keras_seq.layers import LSTM, cudnn, recurrence

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


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


def results(layer, sequences, mask, state, training):
    """All outputs, and the gradients of everything that a gradient goes to."""

    @tf.function(autograph=False)
    def run(sequences, *state):
        with tf.GradientTape() as tape:
            tape.watch([sequences, *state])
            outputs = tf.nest.flatten(
                layer(sequences, mask=mask, initial_state=list(state) or None, training=training)
            )
            loss = sum(tf.reduce_sum(tf.sin(output * (1 + number))) for number, output in enumerate(outputs))
        variables = [variable.value for variable in layer.trainable_variables]
        return outputs + tape.gradient(loss, [sequences, *state, *variables])

    return run(sequences, *state)


def assert_equal(ours, keras_layers, dtype="float32"):
    assert len(ours) == len(keras_layers)
    for value, expected in zip(ours, keras_layers, strict=True):
        assert value.shape == expected.shape
        assert value.dtype == expected.dtype
        np.testing.assert_allclose(value, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@contextlib.contextmanager
def small_steps(in_one_kernel):
    """Whether steps as small as those of the tests go through one kernel, as they do, or through the loop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recurrence, "SMALL_STEP", recurrence.SMALL_STEP if in_one_kernel else -1)
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
        expected, ours = (results(layer, x, mask, start, training) for layer in layers)
    assert_equal(ours, expected, dtype)


@pytest.mark.parametrize("shape", [(1, 30, 8, 64), (40, 12, 64, 80)], ids=["one kernel", "a loop"])
@pytest.mark.parametrize("training", [False, True])
def test_both_ways_through_a_cpu_are_those_of_keras(shape, training):
    """A small step runs in one kernel, a large one in a loop."""
    batch, time, features, units = shape
    is_small = batch == 1 or batch * (features + units) * 4 * units <= recurrence.SMALL_STEP
    assert is_small == (batch == 1)
    layers = pair(units, features, return_sequences=True, return_state=True)
    for layer in layers:
        layer.set_weights([w / units**0.5 for w in layer.get_weights()])
    x = tf.random.stateless_normal((batch, time, features), (1, 2))
    expected, ours = (results(layer, x, None, [], training) for layer in layers)
    for value, reference in zip(ours, expected, strict=True):
        np.testing.assert_allclose(value, reference, rtol=1e-5, atol=1e-5 * np.abs(reference).max())


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
    expected_layer, layer = pair(return_sequences=True, return_state=True, dtype=policy)
    x = np.random.default_rng(1).normal(size=(3, 6, 3)).astype("float32")
    mask = np.arange(6) < np.array([[6], [3], [0]])
    for training in (False, True):
        expected, ours = (results(one, x, mask, [], training) for one in (expected_layer, layer))
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


def network(layer_class):
    words = keras.Input((None,), dtype="int32", name="words")
    x = keras.layers.Embedding(9, 3, mask_zero=True, name="embedding")(words)
    x = keras.layers.Bidirectional(layer_class(4, return_sequences=True, name="inner"), name="outer")(x)
    x = layer_class(5, name="last")(x)
    return keras.Model(words, keras.layers.Dense(2, name="scores")(x), name="network")


WORDS = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [0, 0, 0, 0]])


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


@pytest.fixture
def with_a_gpu_in_sight(monkeypatch):
    """What TensorFlow says on a machine with a GPU; there is none to run on."""
    listed = tf.config.list_logical_devices
    device = tf.config.LogicalDevice("/device:GPU:0", "GPU")
    monkeypatch.setattr(
        tf.config, "list_logical_devices", lambda kind=None: [device] if kind == "GPU" else listed(kind)
    )
    monkeypatch.setattr(
        tf.sysconfig, "get_build_info", lambda: {"is_cuda_build": True, "is_rocm_build": False}
    )


def exported(model, folder):
    archive = keras.export.ExportArchive()
    archive.track(model)
    spec = [tf.TensorSpec([None, None], tf.int32, name="words")]
    archive.add_endpoint("serving_default", lambda words: {"scores": model(words, training=False)}, spec)
    archive.write_out(str(folder), verbose=False)
    return pathlib.Path(folder)


def test_a_graph_traced_beside_a_gpu_answers_without_one(tmp_path, with_a_gpu_in_sight, monkeypatch):
    model = network(LSTM)
    assert cudnn.is_at_hand()
    folder = exported(model, tmp_path / "ours")
    monkeypatch.undo()
    ops = used_ops(folder)
    assert "CudnnRNNV3" in ops.everywhere
    assert "CudnnRNNV3" not in ops.on_cpu
    gates._check_cpu(ops.on_cpu)
    expected = model(WORDS)
    answer = tf.saved_model.load(str(folder)).signatures["serving_default"]
    np.testing.assert_allclose(answer(tf.constant(WORDS, tf.int32))["scores"], expected, atol=1e-6)
    for without_grappler in (False, True):
        config = tf.compat.v1.ConfigProto()
        config.graph_options.rewrite_options.disable_meta_optimizer = without_grappler
        with tf.compat.v1.Session(graph=tf.Graph(), config=config) as session:
            signature = tf.compat.v1.saved_model.load(session, ["serve"], str(folder)).signature_def[
                "serving_default"
            ]
            feeds = {signature.inputs["words"].name: WORDS}
            np.testing.assert_allclose(
                session.run(signature.outputs["scores"].name, feeds), expected, atol=1e-6
            )


def graph_with_a_choice(devices, branches, lowered=False):
    """A graph whose Case op takes one of several functions by the device."""
    graph = graph_pb2.GraphDef()
    for name in branches:
        graph.library.function.add().signature.name = name
    index = graph.node.add(name="index", op="DeviceIndex")
    index.attr["device_names"].list.s.extend(devices)
    case = graph.node.add(name="case", op="Case", input=["index"])
    case.attr["branches"].list.func.extend(attr_value_pb2.NameAttrList(name=name) for name in branches)
    case.attr["_lower_using_switch_merge"].b = lowered
    return graph


@pytest.mark.parametrize(
    ("devices", "branches", "lowered", "reached"),
    [
        ([b"GPU"], ["gpu", "rest"], False, {"rest"}),
        ([b"CPU", b"GPU"], ["cpu", "gpu", "rest"], False, {"cpu"}),
        ([b"GPU"], ["gpu", "second", "third"], False, {"second"}),
        ([b"GPU", b"TPU"], ["gpu", "tpu"], False, {"tpu"}),
        ([b"GPU"], ["gpu", "rest"], True, {"gpu", "rest"}),
    ],
)
def test_the_function_that_a_cpu_takes(devices, branches, lowered, reached):
    assert functions_on_cpu(graph_with_a_choice(devices, branches, lowered)) == reached


def test_keras_layer_traced_beside_a_gpu_does_not_and_the_gate_says_so(
    tmp_path, with_a_gpu_in_sight, monkeypatch
):
    """The defect that our layer mends; if this test fails one day, Keras has mended it."""
    folder = exported(network(keras.layers.LSTM), tmp_path / "keras")
    monkeypatch.undo()
    with pytest.raises(gates.GateError, match=r"gate 2 \(CPU\): CudnnRNNV3"):
        gates._check_cpu(used_ops(folder).on_cpu)
    answer = tf.saved_model.load(str(folder)).signatures["serving_default"]
    with pytest.raises(tf.errors.OpError, match="CudnnRNNV3"):
        answer(tf.constant(WORDS, tf.int32))


def cudnn_in_numpy(inputs, hidden, cell, parameters, lengths):
    """cuDNN's LSTM after its API reference, from its one vector of weights; time first."""
    assert lengths.min() > 0, "cuDNN refuses rows without steps"
    features, units = inputs.shape[-1], hidden.shape[-1]
    assert parameters.size == 4 * units * (features + units + 2)
    matrices, biases = np.split(parameters, [4 * units * (features + units)])
    of_inputs, of_states = np.split(matrices, [4 * units * features])
    of_inputs, of_states = of_inputs.reshape(4, units, features), of_states.reshape(4, units, units)
    input_biases, state_biases = biases.reshape(2, 4, units)
    hidden, cell, outputs = (
        hidden[0].copy(),
        cell[0].copy(),
        np.zeros((*inputs.shape[:2], units), inputs.dtype),
    )

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    for row, length in enumerate(lengths):
        for step in range(length):
            pre = of_inputs @ inputs[step, row] + of_states @ hidden[row] + input_biases + state_biases
            cell[row] = sigmoid(pre[1]) * cell[row] + sigmoid(pre[0]) * np.tanh(pre[2])
            hidden[row] = outputs[step, row] = sigmoid(pre[3]) * np.tanh(cell[row])
    return outputs, hidden[None], cell[None]


@pytest.fixture
def rendered_cudnn(monkeypatch):
    """CudnnRNNV3 as NumPy, so that all around it can be run without a GPU."""

    def op(input, input_h, input_c, params, sequence_lengths, rnn_mode, is_training, time_major):
        assert (rnn_mode, time_major) == ("lstm", True)
        arguments = [input, input_h, input_c, params, sequence_lengths]
        return *tf.numpy_function(cudnn_in_numpy, arguments, [input.dtype] * 3), None, None

    monkeypatch.setattr(tf.raw_ops, "CudnnRNNV3", op)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("kind", ["no", "right-padded", "any"])
def test_the_way_through_cudnn_gives_what_the_way_through_a_cpu_does(
    kind, backwards, rendered_cudnn, with_a_gpu_in_sight, monkeypatch
):
    """With cuDNN rendered in NumPy: the layout of the weights, lengths, states, and rows without steps."""
    options = {"return_sequences": True, "return_state": True, "go_backwards": backwards, "dtype": "float64"}
    layer = pair(units=5, features=3, **options)[1]
    random = np.random.default_rng(2)
    x, state = random.normal(size=(4, 6, 3)), list(random.normal(size=(2, 4, 5)))
    right_padded = np.arange(6) < np.array([[6], [3], [1], [0]])
    mask = {"no": None, "right-padded": right_padded, "any": random.random((4, 6)) < 0.5}[kind]
    assert cudnn.is_at_hand()
    by_cudnn = layer(x, mask=mask, initial_state=state, training=True)
    monkeypatch.undo()
    assert not cudnn.is_at_hand()
    by_cpu = layer(x, mask=mask, initial_state=state, training=True)
    assert_equal(by_cudnn, by_cpu, "float64")


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


def test_a_stream_runs_in_a_graph_and_a_layer_that_must_see_the_end_has_none():
    layer = LSTM(4)
    x = tf.random.stateless_normal((2, 6, 3), (1, 2))
    step = tf.function(layer.stream_step)
    (hidden, _), first = step((tf.zeros((2, 4)), tf.zeros((2, 4))), x)
    np.testing.assert_allclose(hidden, layer(x), atol=1e-6)
    np.testing.assert_allclose(first[:, -1], layer(x), atol=1e-6)
    with pytest.raises(ValueError, match="go_backwards"):
        LSTM(4, go_backwards=True).stream_step(None, x)


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


def test_fit_learns_with_it():
    keras.utils.set_random_seed(1)
    model = network(LSTM)
    words = np.random.default_rng(1).integers(1, 9, (64, 6))
    model.compile(keras.optimizers.Adam(0.03), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(words, words[:, 0] % 2, epochs=12, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]
