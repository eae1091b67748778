"""The gRPC interface, asked from outside: Predict."""

import time

import grpc
import numpy as np
import pytest
import serving_models
import tensorflow as tf
from served import PATIENCE, floats, served, spec
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2

VALUES = {
    "bool": [True, False],
    "string": [b"a\x00", b""],
    "int8": [-128, 127],
    "int16": [-32768, 32767],
    "int32": [-(2**31), 2**31 - 1],
    "int64": [-(2**63), 2**63 - 1],
    "uint8": [0, 255],
    "uint16": [0, 65535],
    "uint32": [0, 2**32 - 1],
    "uint64": [0, 2**64 - 1],
    "float": [0.5, -1.5],
    "double": [0.1, 1e300],
    "half": [0.5, -2.0],
    "bfloat16": [0.5, -2.0],
    "complex64": [1 + 2j, -1j],
}
FIELDS = {
    **dict.fromkeys(("int8", "int16", "int32", "uint8", "uint16"), "int_val"),
    **dict.fromkeys(("half", "bfloat16"), "half_val"),
    "complex64": "scomplex_val",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("grpc")) as running:
        yield running


def predict(server, name, inputs, signature_name="", output_filter=(), timeout=PATIENCE, **which):
    request = predict_pb2.PredictRequest(
        model_spec=spec(name, signature_name, **which), output_filter=output_filter
    )
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(value)
    return server.predictions.Predict(request, timeout=timeout)


def refused(server, *args, **kwargs):
    """The code and the text of a call that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        predict(server, *args, **kwargs)
    return caught.value.code(), caught.value.details()


def test_predict_answers_in_typed_fields_and_says_who_answered(server):
    response = predict(server, "half_plus_two", {"x": floats(1, 2, 5)})
    assert list(response.outputs) == ["y"]
    output = response.outputs["y"]
    assert list(output.float_val) == [2.5, 3.0, 4.5]
    assert (output.dtype, output.tensor_content) == (tf.float32.as_datatype_enum, b"")
    assert [dimension.size for dimension in output.tensor_shape.dim] == [3]
    assert response.model_spec == spec("half_plus_two", "serving_default", 123)


@pytest.mark.parametrize(
    ("which", "answer"), [({"version": 1}, 1.5), ({"label": "stable"}, 1.5), ({"label": "canary"}, 2.5)]
)
def test_versions_and_labels(server, which, answer):
    response = predict(server, "half_plus_two", {"x": floats(1)}, **which)
    assert list(response.outputs["y"].float_val) == [answer]
    assert response.model_spec.version.value == {1.5: 1, 2.5: 2}[answer]
    assert not response.model_spec.version_label


@pytest.mark.parametrize("name", serving_models.DTYPES)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_type_goes_in_and_out_in_its_own_field(server, name, count):
    dtype = serving_models.DTYPES[name]
    values = np.array(VALUES[name][:count], dtype.as_numpy_dtype)
    output = predict(server, "dtypes", {"x": tf.make_tensor_proto(values, dtype)}, name).outputs["y"]
    assert output.dtype == dtype.as_datatype_enum
    assert not output.tensor_content
    assert tf.make_ndarray(output).tolist() == values.tolist()
    typed = getattr(output, FIELDS.get(name, f"{name}_val"))
    assert len(typed) == (2 * count if name == "complex64" else count)
    again = predict(server, "dtypes", {"x": output}, name).outputs["y"]
    assert again == output


@pytest.mark.parametrize("name", serving_models.DTYPES)
def test_the_last_value_given_stands_for_those_left_out(server, name):
    dtype = serving_models.DTYPES[name]
    values = np.array(VALUES[name][:1] * 6, dtype.as_numpy_dtype).reshape(2, 3)
    request = tf.make_tensor_proto(VALUES[name][:1], dtype, [1])
    del request.tensor_shape.dim[:]
    for size in (2, 3):
        request.tensor_shape.dim.add(size=size)
    found = predict(server, "dtypes", {"x": request}, name).outputs["y"]
    assert tf.make_ndarray(found).tolist() == values.tolist()
    for field, _ in request.ListFields():
        if field.name.endswith("_val"):
            request.ClearField(field.name)
    blank = tf.make_ndarray(predict(server, "dtypes", {"x": request}, name).outputs["y"])
    assert set(blank.ravel().tolist()) == ({b""} if name == "string" else {0})


def test_scalars_and_higher_ranks(server):
    for values in (np.float32(1.5), np.zeros([2, 0, 3], np.float32), np.ones([1] * 8, np.float32)):
        found = predict(server, "dtypes", {"x": tf.make_tensor_proto(values)}, "float").outputs["y"]
        assert tf.make_ndarray(found).shape == np.shape(values)
    text = predict(server, "strings", {"text": tf.make_tensor_proto(b"end\x00\x00")}, "one").outputs[
        "same_bytes"
    ]
    assert list(text.string_val) == [b"end\x00\x00"]


def test_output_filter_leaves_out_what_is_not_wanted(server):
    inputs = {"a": floats(3), "b": floats(2)}
    assert set(predict(server, "two_inputs", inputs).outputs) == {"sum", "difference"}
    filtered = predict(server, "two_inputs", inputs, output_filter=["difference"])
    assert {name: list(value.float_val) for name, value in filtered.outputs.items()} == {"difference": [1.0]}


@pytest.mark.parametrize(
    ("output_filter", "error"),
    [
        (
            ["product"],
            "output tensor alias not found in signature: product Outputs expected to be in the set {difference,sum}.",
        ),
        (["sum", "sum"], "duplicate output tensor alias: sum"),
    ],
)
def test_an_output_filter_that_cannot_be(server, output_filter, error):
    inputs = {"a": floats(3), "b": floats(2)}
    found = refused(server, "two_inputs", inputs, output_filter=output_filter)
    assert found == (grpc.StatusCode.INVALID_ARGUMENT, error)


def test_defaults_stand_for_inputs_that_are_left_out(server):
    found = predict(server, "defaults", {"a": floats(1)}).outputs["sum"]
    assert list(found.float_val) == [11.0]
    found = predict(server, "defaults", {"a": floats(1), "b": floats(2)}).outputs["sum"]
    assert list(found.float_val) == [3.0]
    code, text = refused(server, "defaults", {"b": floats(1)})
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "Signature input alias: a(feed name: " in text
    _, text = refused(server, "defaults", {"a": floats(1), "z": floats(1)})
    assert text == "Inputs contains invalid name. Used request inputs: a, request input: a,z"


def test_a_signature_may_have_no_inputs(server):
    assert list(predict(server, "constant", {}).outputs["y"].float_val) == [1.0]


@pytest.mark.parametrize(
    ("name", "inputs", "which", "code", "error"),
    [
        ("nothing", {}, {}, "NOT_FOUND", "Servable not found for request: Latest(nothing)"),
        (
            "half_plus_two",
            {},
            {"version": 9},
            "NOT_FOUND",
            "Servable not found for request: Specific(half_plus_two, 9)",
        ),
        ("half_plus_two", {}, {"label": "no"}, "INVALID_ARGUMENT", "Unrecognized servable version label: no"),
        ("", {}, {}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (
            "half_plus_two",
            {"x": tensor_pb2.TensorProto(dtype=99)},
            {"signature_name": "no"},
            "FAILED_PRECONDITION",
            'Serving signature key "no" not found.',
        ),
        (
            "half_plus_two",
            {},
            {},
            "INVALID_ARGUMENT",
            "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: {x}.",
        ),
        (
            "two_inputs",
            {"a": floats(1), "c": floats(1), "d": floats(1)},
            {},
            "INVALID_ARGUMENT",
            "input size does not match signature: 3!=2 len({a,c,d}) != len({a,b}). Sent extra: {c,d}. "
            "Missing but required: {b}.",
        ),
        (
            "half_plus_two",
            {"z": floats(1)},
            {},
            "INVALID_ARGUMENT",
            "input alias: x(feed name: x:0) not found",
        ),
        (
            "half_plus_two",
            {"x": tf.make_tensor_proto([1])},
            {},
            "INVALID_ARGUMENT",
            "to be float but int32 is",
        ),
        (
            "half_plus_two",
            {"x": tf.make_tensor_proto(["a"])},
            {},
            "INVALID_ARGUMENT",
            "to be float but string is",
        ),
        ("half_plus_two", {"x": tensor_pb2.TensorProto()}, {}, "INVALID_ARGUMENT", "tensor parsing error: x"),
        (
            "two_inputs",
            {"a": floats(1, 2), "b": floats(1, 2, 3)},
            {},
            "INVALID_ARGUMENT",
            "Incompatible shapes",
        ),
        ("keras_model", {"features": floats(1, 2)}, {}, "INVALID_ARGUMENT", ""),
    ],
)
def test_a_wrong_request_is_refused_with_code_and_text(server, name, inputs, which, code, error):
    found, text = refused(server, name, inputs, **which)
    assert found == grpc.StatusCode[code]
    assert error in text


def test_a_request_must_say_which_model(server):
    with pytest.raises(grpc.RpcError) as caught:
        server.predictions.Predict(predict_pb2.PredictRequest(), timeout=PATIENCE)
    assert (caught.value.code(), caught.value.details()) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "Missing ModelSpec",
    )


def tensor(name, sizes, **fields):
    proto = tensor_pb2.TensorProto(dtype=serving_models.DTYPES[name].as_datatype_enum, **fields)
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)
    return proto


@pytest.mark.parametrize(
    "value",
    [
        tensor("float", [2**40], float_val=[1]),
        tensor("float", [2**20, 2**20], float_val=[1]),
        tensor("float", [2**62, 2**62]),
        tensor("float", [2**29], float_val=[1]),
        tensor("string", [2**30], string_val=[b"x"]),
        tensor("string", [2**31]),
        tensor("float", [-1], float_val=[1]),
        tensor("float", [-2, -2], float_val=[1] * 4),
        tensor("float", [1] * 40, float_val=[1]),
        tensor("float", [2], tensor_content=b"1234567"),
        tensor("float", [2], tensor_content=b"1234"),
        tensor("string", [1], tensor_content=b"\x01a"),
        tensor_pb2.TensorProto(dtype=1, tensor_shape={"unknown_rank": True}, float_val=[1]),
        tensor_pb2.TensorProto(dtype=20, resource_handle_val=[{}]),
        tensor_pb2.TensorProto(dtype=99),
    ],
)
def test_a_tensor_that_cannot_be_is_refused_at_once(server, value):
    start = time.monotonic()
    for name in ("float", "string"):
        assert refused(server, "dtypes", {"x": value}, name) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "tensor parsing error: x",
        )
    assert time.monotonic() - start < PATIENCE / 10


def test_numbers_too_large_for_their_type_wrap_around(server):
    value = tensor_pb2.TensorProto(dtype=tf.uint8.as_datatype_enum, int_val=[258])
    assert list(predict(server, "dtypes", {"x": value}, "uint8").outputs["y"].int_val) == [2]


def test_messages_may_be_larger_than_4_megabytes(server):
    values = np.arange(2**21, dtype=np.float32)
    found = predict(server, "dtypes", {"x": tf.make_tensor_proto(values)}, "float").outputs["y"]
    assert np.array_equal(tf.make_ndarray(found), values)


def test_a_deadline_ends_the_call_and_the_server_serves_on(server):
    start = time.monotonic()
    code, _ = refused(server, "slow", {"steps": tf.make_tensor_proto(10_000_000)}, timeout=0.5)
    assert code == grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - start < PATIENCE / 4
    assert predict(server, "slow", {"steps": tf.make_tensor_proto(3)}).outputs["first"].float_val


def test_a_long_error_is_cut_off(server):
    """To 1024 bytes, and it says so; a character that the cut falls into goes whole."""
    beginning = "Servable not found for request: Latest("
    for name in ("n" * 5_000, "é" * 5_000):
        _, text = refused(server, name, {})
        assert text == (beginning + name).encode()[:1024].decode("utf-8", "ignore") + "...TRUNCATED"
    whole = "n" * (1024 - len(beginning) - 1)
    assert refused(server, whole, {})[1] == f"{beginning}{whole})"
    assert refused(server, f"{whole}n", {})[1] == f"{beginning}{whole}n...TRUNCATED"
