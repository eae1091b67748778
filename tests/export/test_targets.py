"""Which TensorFlow Serving reads a servable: what is on record of TensorFlow's releases, and what gate 1
says.
"""

import keras
import pytest
import tensorflow as tf
from exported import passed_gates
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from export import gates, servable, serving_versions, targets
from keras_seq.answers import Answering


def saved(op, min_consumer=12, in_function=False, **attributes):
    """A SavedModel of one node."""
    model = saved_model_pb2.SavedModel()
    meta_graph = model.meta_graphs.add()
    graph, listed = meta_graph.graph_def, meta_graph.meta_info_def.stripped_op_list.op.add(name=op)
    if op == "GatherNd":
        listed.attr.add(name="bad_indices_policy").default_value.s = b""
    graph.versions.min_consumer = min_consumer
    node = graph.library.function.add().node_def.add() if in_function else graph.node.add()
    node.op, node.name = op, "n"
    for name, value in attributes.items():
        if isinstance(value, str):
            node.attr[name].s = value.encode()
        else:
            node.attr[name].type = value
    return model


@pytest.mark.parametrize("in_function", [False, True], ids=["graph", "function"])
@pytest.mark.parametrize(
    ("op", "attributes", "oldest", "named"),
    [
        ("MatMul", {"T": types_pb2.DT_FLOAT}, "2.12", ""),
        ("DecodeWebP", {}, "2.20", "the op DecodeWebP (node n)"),
        ("DecodeJxl", {}, None, "the op DecodeJxl (node n)"),
        (
            "GatherNd",
            {"bad_indices_policy": "IGNORE"},
            "2.17",
            "the attribute bad_indices_policy of the op GatherNd",
        ),
        ("AsString", {"T": types_pb2.DT_STRING}, "2.13", "DT_STRING as T of the op AsString"),
        ("VarHandleOp", {"debug_name": "layer/kernel"}, "2.12", ""),
        ("TFText>RoundRobinTrim", {}, "2.20", "TFText>RoundRobinTrim (node n) is not in TF-Text 2.12.1"),
        (
            "PhraseTokenize",
            {},
            "2.20",
            "PhraseTokenize (node n) has a model that TF-Text 2.12.1 reads otherwise",
        ),
        ("TfLiteSubgraphExecute", {}, None, "the op TfLiteSubgraphExecute (node n)"),
    ],
    ids=["plain", "op", "too new", "attribute", "value", "harmless", "TF-Text", "TF-Text's model", "removed"],
)
def test_the_oldest_serving_that_reads_a_graph(op, attributes, oldest, named, in_function):
    model = saved(op, in_function=in_function, **attributes)
    assert targets.oldest(model) == oldest
    for version in targets.served_versions():
        reads = targets.problem(model, version) is None
        if oldest:
            assert reads == (serving_versions.number(version) >= serving_versions.number(oldest))
        if not reads:
            assert named in targets.problem(model, version)


def test_an_attribute_that_has_its_default_needs_no_newer_serving():
    assert targets.oldest(saved("GatherNd", bad_indices_policy="")) == "2.12"


def test_an_op_that_was_removed_is_known_to_the_older_only():
    assert targets.problem(saved("TfLiteSubgraphExecute"), "2.18") is None
    assert "the op TfLiteSubgraphExecute" in targets.problem(saved("TfLiteSubgraphExecute"), "2.19")


def test_a_graph_for_newer_consumers_is_refused():
    model = saved("MatMul", min_consumer=1900)
    assert "version 1900 of GraphDef" in targets.problem(model, "2.17")
    assert targets.oldest(model) == "2.18"


class Chosen(keras.layers.Layer):
    """The length of a text, taken with an attribute that TensorFlow 2.17 brought."""

    def call(self, texts):
        places = tf.range(tf.size(texts))[:, None]
        lengths = tf.cast(tf.strings.length(texts), tf.float32)
        return tf.raw_ops.GatherNd(params=lengths, indices=places, bad_indices_policy="IGNORE")

    def compute_output_spec(self, texts):
        return keras.KerasTensor(texts.shape, dtype="float32")


def test_gate_1_refuses_what_the_wanted_serving_would_pass_over(tmp_path, monkeypatch):
    text = keras.Input((), dtype="string", name="text")
    model = Answering(text, {"score": Chosen(name="chosen")(text)}, name="m")
    folder = tmp_path / "m" / "1"
    servable.write(model, {"text": ["a fine film"]}, "m", folder)
    expected = (
        r"gate 1 \(ops\): TensorFlow Serving 2.16 does not know the attribute bad_indices_policy of the op GatherNd, "
        r"and would pass over its value \(node .*\); .* TensorFlow Serving 2.17 and later read it \(--serving 2.17\)"
    )
    with pytest.raises(gates.GateError, match=expected):
        passed_gates(folder, model, ["a fine film"], serving="2.16")
    monkeypatch.setattr(targets, "written_by", lambda _: "2.99.0")
    with pytest.raises(
        gates.GateError, match=r"TensorFlow 2\.99\.0 wrote this, and what it brought is not on record"
    ):
        passed_gates(folder, model, ["a fine film"])
