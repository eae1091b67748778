"""The REST interface, asked from outside: predict, in row and column format."""

import json
import math

import pytest
from served import served


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("rest")) as running:
        yield running


@pytest.mark.parametrize(
    ("model", "request_body", "answer"),
    [
        ("half_plus_two", {"instances": [1.0, 2.0, 5.0]}, {"predictions": [2.5, 3.0, 4.5]}),
        ("half_plus_two", {"instances": [[1.0, 2.0], [3.0, 4.0]]}, {"predictions": [[2.5, 3.0], [3.5, 4.0]]}),
        ("half_plus_two", {"instances": [{"x": 1}, {"x": 2.0}]}, {"predictions": [2.5, 3.0]}),
        ("half_plus_two", {"instances": [1, 2.0], "signature_name": ""}, {"predictions": [2.5, 3.0]}),
        ("half_plus_two", {"inputs": [1.0, 2.0]}, {"outputs": [2.5, 3.0]}),
        ("half_plus_two", {"inputs": {"x": [[1.0], [2.0]]}}, {"outputs": [[2.5], [3.0]]}),
        ("half_plus_two", {"inputs": 1.0}, {"outputs": 2.5}),
        ("half_plus_two", {"inputs": []}, {"outputs": []}),
        ("half_plus_two", {"inputs": {"x": [1.0], "other": "ignored"}}, {"outputs": [2.5]}),
        ("half_plus_two", {"instances": [[], []]}, {"predictions": [[], []]}),
        ("half_plus_two", {"instances": [1.0], "unknown key": {}}, {"predictions": [2.5]}),
        (
            "two_inputs",
            {"instances": [{"a": 1, "b": 2}, {"b": 4, "a": 3}]},
            {"predictions": [{"sum": 3.0, "difference": -1.0}, {"sum": 7.0, "difference": -1.0}]},
        ),
        (
            "two_inputs",
            {"inputs": {"a": [1, 3], "b": [2, 4]}},
            {"outputs": {"sum": [3.0, 7.0], "difference": [-1.0, -1.0]}},
        ),
        ("two_signatures", {"instances": [[1, 2]]}, {"predictions": [[2.0, 4.0]]}),
        (
            "two_signatures",
            {"signature_name": "negate", "instances": [[1, 2]]},
            {"predictions": [[-1.0, -2.0]]},
        ),
        ("keras_model", {"instances": [[1, 2, 3]]}, {"predictions": [[6.0]]}),
        (
            "keras_model",
            {"signature_name": "serve", "inputs": {"features": [[1, 2, 3]]}},
            {"outputs": [[6.0]]},
        ),
        ("scalar", {"inputs": [1, 2]}, {"outputs": 3.0}),
        (
            "scalar",
            {"signature_name": "unequal", "inputs": [1, 2]},
            {"outputs": {"all": [1.0, 2.0], "first": [1.0]}},
        ),
    ],
)
def test_predict_answers_in_the_format_it_was_asked_in(server, model, request_body, answer):
    reply = server.post(f"{model}:predict", request_body)
    assert (reply.status, reply.json) == (200, answer)
    assert reply.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("name", "given", "answer"),
    [
        ("bool", "[true, false]", "[true, false]"),
        pytest.param(
            "string", '["a", "\\u00e9", "\\ud83d\\ude00", ""]', '["a", "é", "😀", ""]', id="string-escapes"
        ),
        ("int8", "[-128, 127]", "[-128, 127]"),
        ("int16", "[-32768, 32767]", "[-32768, 32767]"),
        ("int32", "[-2147483648, 2147483647]", "[-2147483648, 2147483647]"),
        (
            "int64",
            "[-9223372036854775808, 9223372036854775807]",
            "[-9223372036854775808, 9223372036854775807]",
        ),
        ("uint8", "[0, 255]", "[0, 255]"),
        ("uint32", "[0, 4294967295]", "[0, 4294967295]"),
        ("uint64", "[0, 18446744073709551615]", "[0, 18446744073709551615]"),
        ("float", "[1, 0.1, 9000000, -3e-05]", "[1.0, 0.1, 9e+06, -3e-05]"),
        ("float", "[16777215, 3.4e38, 99999999999999999999]", "[16777215.0, 3.4e+38, 1e+20]"),
        ("float", "[16777217, 1435774380, -16777219]", "[16777216.0, 1.43577434e+09, -16777220.0]"),
        ("float", "[1e40, -1e40, 3.4028236e38]", "[Infinity, -Infinity, Infinity]"),
        ("float", "[18446744073709551615, 1]", "[1.84467441e+19, 1.0]"),
        ("double", "[9007199254740993, 1435774380, 1e40]", "[9007199254740992.0, 1435774380.0, 1e+40]"),
        ("double", "[0.1, 1e300, 9007199254740991]", "[0.1, 1e+300, 9007199254740991.0]"),
        ("double", "0.30000000000000004", "0.30000000000000004"),
        ("int32", "[[[1], [2]]]", "[[[1], [2]]]"),
        ("int32", "7", "7"),
        ("float", "[[]]", "[[]]"),
        ("string", '"one"', '"one"'),
    ],
)
def test_every_type_that_json_can_write_goes_in_and_out(server, name, given, answer):
    reply = server.post("dtypes:predict", f'{{"signature_name": "{name}", "inputs": {given}}}')
    assert (reply.status, reply.json) == (200, {"outputs": json.loads(answer)})
    assert answer.replace(" ", "") in reply.text.replace(" ", "")


@pytest.mark.parametrize("name", ["float", "double"])
def test_nan_and_infinity_are_written_as_tensorflow_serving_does(server, name):
    body = f'{{"signature_name": "{name}", "instances": [NaN, Infinity, -Infinity, 3]}}'
    reply = server.post("dtypes:predict", body)
    found = reply.json["predictions"]
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf, 3.0]
    assert all(token in reply.text for token in ("NaN", "Infinity", "-Infinity", "3.0"))


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("int32", "1.5", "JSON Value: 1.5 Type: Number is not of expected type: int32"),
        ("int32", "1.0", "not of expected type: int32"),
        ("int32", "2147483648", "not of expected type: int32"),
        ("int32", "true", "JSON Value: true Type: True is not of expected type: int32"),
        ("int64", "9223372036854775808", "not of expected type: int64"),
        ("uint8", "-1", "not of expected type: uint8"),
        ("uint32", "-1", "not of expected type: uint32"),
        ("uint64", "18446744073709551616", "not of expected type: uint64"),
        ("bool", "1", "JSON Value: 1 Type: Number is not of expected type: bool"),
        ("string", "1", "not of expected type: string"),
        ("string", "null", "JSON Value: null Type: Null is not of expected type: string"),
        ("float", '"a"', 'JSON Value: "a" Type: String is not of expected type: float'),
        ("float", "false", "Type: False is not of expected type: float"),
        ("float", '{"b64": "AA=="}', "Type: Object is not of expected type: float"),
    ],
)
def test_values_of_another_type_or_out_of_range_are_refused(server, name, value, error):
    column = server.post("dtypes:predict", f'{{"signature_name": "{name}", "inputs": [{value}]}}')
    row = server.post("dtypes:predict", f'{{"signature_name": "{name}", "instances": [{value}]}}')
    assert (column.status, row.status) == (400, 400)
    assert error in column.error
    assert (
        row.error
        == f"Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: {column.error}"
    )


@pytest.mark.parametrize("name", ["half", "bfloat16", "uint16", "complex64"])
def test_types_that_json_cannot_write(server, name):
    """501 in column format, 400 in row format, which wraps every error."""
    column = server.post("dtypes:predict", {"signature_name": name, "inputs": [1]})
    row = server.post("dtypes:predict", {"signature_name": name, "instances": [1]})
    assert (column.status, row.status) == (501, 400)
    assert column.error == f"Conversion of JSON Value: 1 to type: {name}"
    assert "UNIMPLEMENTED: Conversion of JSON Value" in row.error
    empty = server.post("dtypes:predict", {"signature_name": name, "inputs": []})
    assert (empty.status, empty.json) == (200, {"outputs": []})


BYTES = b"\x00\xff\x00 bytes \x00"
ENCODED = "AP8AIGJ5dGVzIAA="


@pytest.mark.parametrize(
    "given", [ENCODED, ENCODED.rstrip("="), " AP8A\nIGJ5 dGVzIAA= ", ENCODED.replace("=", ".")]
)
def test_bytes_come_back_encoded_where_the_output_says_so(server, given):
    value = {"b64": given}
    for body, answer in (
        ({"instances": [value]}, {"predictions": [{"b64": ENCODED}]}),
        ({"instances": [{"text": value}]}, {"predictions": [{"b64": ENCODED}]}),
        ({"inputs": [value]}, {"outputs": [{"b64": ENCODED}]}),
        ({"inputs": {"text": [value]}}, {"outputs": [{"b64": ENCODED}]}),
    ):
        reply = server.post("strings:predict", {**body, "signature_name": "only_bytes"})
        assert (reply.status, reply.json) == (200, answer)
    reply = server.post("strings:predict", {"signature_name": "one", "inputs": value})
    assert reply.json == {"outputs": {"b64": ENCODED}}


def test_text_that_is_not_utf_8_reaches_the_model_as_it_is(server):
    """rapidjson, as TensorFlow Serving uses it, does not look at the encoding."""
    for key, answer in (("instances", "predictions"), ("inputs", "outputs")):
        body = b'{"%s": ["caf\xe9", "\\ud83d\\ude00\xff"], "signature_name": "only_bytes"}' % key.encode()
        reply = server.post("strings:predict", body)
        assert reply.json == {answer: [{"b64": "Y2Fm6Q=="}, {"b64": "8J+YgP8="}]}
    reply = server.post("strings:predict", b'{"inputs": {"\xff": ["a"]}, "\xff": 1}')
    assert (reply.status, reply.error) == (400, "Missing named input: text in 'inputs' object.")
    reply = server.post("strings:predict", b'{"instances": [{"t\xff": "a"}]}')
    assert reply.status == 400
    assert "does not have named input: t?" in reply.error


def test_text_is_text_unless_the_name_of_the_output_ends_in_bytes(server):
    reply = server.post("strings:predict", {"instances": ['héllo\n"', {"b64": "aGk="}]})
    assert reply.json == {
        "predictions": [
            {"same": 'héllo\n"', "same_bytes": {"b64": "aMOpbGxvCiI="}},
            {"same": "hi", "same_bytes": {"b64": "aGk="}},
        ]
    }


@pytest.mark.parametrize(
    "given",
    ["a", "aGk==", "aGk===", "a*k=", "aGk-", "é", "aG=k", "aGk=\u00a0"],
    ids=["short", "two pads", "three pads", "star", "minus", "accent", "pad within", "no-break space"],
)
def test_wrong_base64_is_refused(server, given):
    reply = server.post("strings:predict", {"inputs": [{"b64": given}]})
    assert (reply.status, reply.error) == (400, "Unable to base64 decode")


@pytest.mark.parametrize("value", [{"b64": 1}, {"b64": "aGk=", "more": 1}, {"other": "aGk="}, {}])
def test_an_object_that_is_not_base64_is_refused(server, value):
    reply = server.post("strings:predict", {"inputs": [value]})
    assert reply.status == 400
    assert reply.error == f"JSON Value: {json.dumps(value, indent=4)} not formatted correctly for base64 data"


def test_a_variable_keeps_what_was_added(server):
    add = {"signature_name": "add", "inputs": 2}
    assert server.post("counter:predict", add).json == {"outputs": 2}
    assert server.post("counter:predict", add).json == {"outputs": 4}
    assert server.post("counter:predict", {"inputs": 0}).json == {"outputs": 4}


def test_row_format_needs_outputs_with_one_batch_size(server):
    assert (
        server.post("scalar:predict", {"instances": [1]}).error
        == "Tensor name: total has no shape information "
    )
    reply = server.post("scalar:predict", {"signature_name": "unequal", "instances": [1, 2]})
    assert reply.status == 400
    assert "has inconsistent batch size: " in reply.error


def test_a_large_tensor_goes_in_and_out(server):
    rows = [[0.5 * place, 1.25] for place in range(100_000)]
    reply = server.post("two_signatures:predict", {"instances": rows})
    assert reply.json["predictions"] == [[2 * first, 2.5] for first, _ in rows]
