"""Bodies of requests and answers, without a server: rows and columns are the same tensors."""

import json

import numpy as np
import pytest
from tensorflow.core.example import example_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError
from serving.rest import bodies

WANTED = {"x": meta_graph_pb2.TensorInfo(dtype=1), "text": meta_graph_pb2.TensorInfo(dtype=7)}


def test_rows_and_columns_are_the_same_inputs():
    rows = {"instances": [{"x": 1, "text": "a"}, {"x": 2.5, "text": {"b64": "/w=="}}]}
    columns = {"inputs": {"x": [1, 2.5], "text": ["a", {"b64": "/w=="}]}}
    found = [bodies.predict_inputs(document, WANTED) for document in (rows, columns)]
    assert [row_format for _, row_format in found] == [True, False]
    for inputs, _ in found:
        assert inputs["x"].tolist() == [1, 2.5]
        assert inputs["text"].tolist() == [b"a", b"\xff"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "Missing 'inputs' or 'instances' key"),
        ({"instances": [], "inputs": []}, "only one of 'inputs' or 'instances'"),
        ({"instances": []}, "No values in 'instances' array"),
        ({"instances": {}}, "Expecting 'instances' to be an list/array"),
    ],
)
def test_a_body_without_inputs_is_refused(document, message):
    with pytest.raises(ServingError, match=message):
        bodies.predict_inputs(document, WANTED)


def test_answers_are_rows_where_rows_were_asked_and_bytes_where_the_name_says_so():
    outputs = {"score": np.float32([0.5, 1]), "raw_bytes": np.array([b"\xff", b""], object)}
    assert json.loads(bodies.predictions(outputs, row_format=True)) == {
        "predictions": [
            {"score": 0.5, "raw_bytes": {"b64": "/w=="}},
            {"score": 1.0, "raw_bytes": {"b64": ""}},
        ]
    }
    assert json.loads(bodies.predictions({"score": outputs["score"]}, row_format=False)) == {
        "outputs": [0.5, 1.0]
    }
    with pytest.raises(ServingError, match="inconsistent batch size: 1 expecting: 2"):
        bodies.predictions({"a": np.zeros(2), "b": np.zeros(1)}, row_format=True)


def test_examples_hold_features_of_every_kind_and_the_context():
    document = {"context": {"c": 1}, "examples": [{"f": 0.5, "t": ["a", {"b64": "/w=="}]}]}
    (example,) = map(example_pb2.Example.FromString, bodies.examples(document))
    features = example.features.feature
    assert features["c"].int64_list.value == [1]
    assert features["f"].float_list.value == [0.5]
    assert features["t"].bytes_list.value == [b"a", b"\xff"]
