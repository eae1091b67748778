"""The gates: a good model passes, what fails one is refused with the reason."""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from exported import ThisProcess, passed_gates

import export.__main__ as command
import keras_seq
from export import WARMUP_FILE, gates, servable
from keras_seq.answers import Answering

TEXTS = ["a fine film", "the plot is dull , but the music is superb", "not bad"]


def written(model, tmp_path, inputs=TEXTS):
    folder = tmp_path / "m" / "1"
    servable.write(model, {model.inputs[0].name: list(inputs)}, "m", folder)
    return folder


class Length(keras.layers.Layer):
    """A layer that answers with a number a text, made in the way that `how` says."""

    def __init__(self, how, **kwargs):
        super().__init__(**kwargs)
        self.how = how

    def call(self, texts):
        lengths = tf.strings.length(texts)
        if self.how == "python":
            lengths = tf.numpy_function(lambda x: x, [lengths], tf.int32)
        if self.how == "batch":
            lengths = lengths + tf.reduce_max(lengths)
        if self.how == "xla":
            lengths = tf.function(lambda x: x + 1, jit_compile=True)(lengths)
        if self.how == "cudnn":
            lengths = lengths + self.cudnn()
        if self.how == "cudnn by data":
            lengths = lengths + tf.switch_case(tf.size(lengths) % 2, [self.cudnn, lambda: 0])
        if self.how == "random":
            lengths = lengths + tf.random.uniform([], maxval=1000, dtype=tf.int32)
        if self.how == "fails":
            tf.debugging.assert_less(lengths, 11, "text")
        if self.how == "nan":
            return tf.cast(lengths, tf.float32) * np.nan
        return tf.cast(lengths, tf.float32)

    def cudnn(self):
        x, weights = tf.zeros([1, 1, 1]), tf.zeros([16])
        return tf.cast(
            tf.raw_ops.CudnnRNN(input=x, input_h=x, input_c=x, params=weights)[0][0, 0, 0], tf.int32
        )

    def compute_output_spec(self, texts):
        return keras.KerasTensor(texts.shape, dtype="float32")


def model(how):
    text = keras.Input((), dtype="string", name="text")
    return Answering(text, {"score": Length(how, name="length")(text)}, name="m")


def test_a_good_model_passes(tmp_path):
    """It answers with a text's length, so that a byte that REST, gRPC or a session lost would be seen."""
    assert {"\0", "a NUL at the end\0", "good\0bad", "\u0301"} <= set(model("good").edge_inputs(TEXTS).good)
    lines = passed_gates(written(model("good"), tmp_path), model("good"), TEXTS)
    assert [line.split()[1] for line in lines] == ["1", "2", "3", "4", "6"]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("python", "gate 1 (ops): PyFunc"),
        ("xla", "gate 1 (ops): .* must be compiled by XLA"),
        ("cudnn", "gate 2 (CPU): CudnnRNN"),
        ("cudnn by data", "gate 2 (CPU): CudnnRNN"),
        ("batch", "gate 4 (batch): input .*: score is .* alone, .* in a batch of 32 "),
        (
            "random",
            "gate 3 (same): input 'a fine film': score is .* from the Keras model, .* from the SavedModel",
        ),
        ("fails", "gate 3 (same): input 'a fine film': the Keras model fails: .*text"),
        ("nan", "gate 3 (same): .* nan"),
    ],
)
def test_each_gate_refuses_and_says_why(how, expected, tmp_path):
    expected = expected.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(gates.GateError, match=expected):
        passed_gates(written(model(how), tmp_path), model(how), TEXTS, process=ThisProcess)


def test_a_model_that_is_not_the_servables_is_refused(servables, tmp_path):
    with pytest.raises(gates.GateError, match=r"gate 3 \(same\): outputs"):
        passed_gates(servables / "tiny" / "1", model("good"), TEXTS, process=ThisProcess)


def test_a_servable_without_warm_up_requests_is_refused(servables, tiny_run, tmp_path):
    folder = tmp_path / "copy" / "1"
    shutil.copytree(servables / "tiny" / "1", folder)
    (folder / WARMUP_FILE).write_bytes(b"")
    with pytest.raises(gates.GateError, match=r"gate 6 \(warm-up\)"):
        passed_gates(folder, keras_seq.load(tiny_run), TEXTS, process=ThisProcess)


def test_ops_that_are_neither_tensorflows_nor_tf_texts_are_refused():
    with pytest.raises(gates.GateError, match=r"IO>AudioResample \(node n\) is neither"):
        gates._check_known({"MatMul": "m", "RegexSplitWithOffsets": "r", "IO>AudioResample": "n"})


def test_a_failed_gate_publishes_nothing(tiny_run, tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise gates.GateError("gate 4 (batch): no")

    monkeypatch.setattr(gates, "check", refuse)
    assert command.main([str(tiny_run), "--to", str(tmp_path)]) == 1
    assert "nothing was published" in capsys.readouterr().err
    assert list((tmp_path / "tiny").iterdir()) == []
