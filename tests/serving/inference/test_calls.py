"""Predict on a loaded model: what is fed and fetched, and which requests are refused before it runs."""

import numpy as np
import pytest
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import Code, ServingError
from serving.inference import calls


class Doubling:
    """A model of one signature, `x` float -> `twice` and `same`."""

    def __init__(self):
        signature = meta_graph_pb2.SignatureDef(method_name=calls.PREDICT)
        signature.inputs["x"].name, signature.inputs["x"].dtype = "x:0", 1
        signature.outputs["twice"].name, signature.outputs["same"].name = "twice:0", "same:0"
        self.signatures = {calls.DEFAULT_SIGNATURE: signature}
        self.asked = []

    def run(self, feeds, fetches, timeout_ms):
        self.asked.append((fetches, timeout_ms))
        return [feeds["x:0"] * (2 if name == "twice:0" else 1) for name in fetches]


X = np.float32([1, 2])


def test_all_outputs_or_those_that_are_wanted():
    model = Doubling()
    answer = calls.predict(model, "", {"x": X})
    assert {name: values.tolist() for name, values in answer.items()} == {"same": [1, 2], "twice": [2, 4]}
    assert list(calls.predict(model, "", {"x": X}, ["twice"], timeout_ms=5)) == ["twice"]
    assert model.asked[-1] == (("twice:0",), 5)


@pytest.mark.parametrize(
    ("name", "inputs", "output_filter", "code", "message"),
    [
        ("other", {"x": X}, (), Code.FAILED_PRECONDITION, 'key "other" not found'),
        ("", {}, (), Code.INVALID_ARGUMENT, r"Missing but required: \{x\}"),
        ("", {"y": X}, (), Code.INVALID_ARGUMENT, "x"),
        ("", {"x": X, "y": X}, (), Code.INVALID_ARGUMENT, r"Sent extra: \{y\}"),
        ("", {"x": np.int32([1])}, (), Code.INVALID_ARGUMENT, "to be float but int32 is provided"),
        ("", {"x": X}, ("none",), Code.INVALID_ARGUMENT, "not found in signature: none"),
        ("", {"x": X}, ("same", "same"), Code.INVALID_ARGUMENT, "duplicate output tensor alias: same"),
    ],
)
def test_what_does_not_fit_the_signature_never_runs(name, inputs, output_filter, code, message):
    model = Doubling()
    with pytest.raises(ServingError, match=message) as error:
        calls.predict(model, name, inputs, output_filter)
    assert error.value.code is code
    assert not model.asked
