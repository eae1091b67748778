"""cuDNN and a CPU in one graph: what is traced beside a GPU answers without one."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from lstm_layers import WORDS, assert_equal, network, pair

from export import gates
from export.ops import used_ops
from keras_seq.layers import LSTM, cudnn


def exported(model, folder):
    archive = keras.export.ExportArchive()
    archive.track(model)
    spec = [tf.TensorSpec([None, None], tf.int32, name="words")]
    archive.add_endpoint("serving_default", lambda words: {"scores": model(words, training=False)}, spec)
    archive.write_out(str(folder), verbose=False)
    return pathlib.Path(folder)


def test_a_graph_traced_beside_a_gpu_answers_without_one(tmp_path, with_a_gpu_in_sight, monkeypatch):
    model = network(LSTM)
    assert cudnn.is_available()
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
    assert cudnn.is_available()
    by_cudnn = layer(x, mask=mask, initial_state=state, training=True)
    monkeypatch.undo()
    assert not cudnn.is_available()
    by_cpu = layer(x, mask=mask, initial_state=state, training=True)
    assert_equal(by_cudnn, by_cpu, "float64")
