"""What the REST interface says to requests that are wrong, and that it serves on after them."""

import gzip
import http.client
import json
import socket
import time
import tracemalloc

import pytest
from served import PATIENCE, served

from serving.rest import messages

MODEL = "/v1/models/half_plus_two"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    names = (
        "half_plus_two",
        "two_inputs",
        "two_signatures",
        "strings",
        "dtypes",
        "constant",
        "slow",
        "defaults",
    )
    with served(tmp_path_factory.mktemp("rest"), "--rest_api_timeout_in_ms=1000", names=names) as running:
        yield running


@pytest.fixture(autouse=True)
def serves_on(server):
    yield
    assert server.post("half_plus_two:predict", {"instances": [1.0]}).json == {"predictions": [2.5]}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "JSON Parse error: The document is empty"),
        ("  \n", "JSON Parse error: The document is empty at offset: 3"),
        ("instances = [1, 2]", "JSON Parse error: Invalid value. at offset: 0"),
        (
            '{"instances": [1.0, 2.0',
            "JSON Parse error: Missing a comma or ] after an array element. at offset: 23",
        ),
        (
            '{"instances": [1.0]',
            "JSON Parse error: Missing a comma or } after an object member. at offset: 19",
        ),
        (
            '{"a": "[{", "b": [1 2]}',
            "JSON Parse error: Missing a comma or ] after an array element. at offset: 20",
        ),
        (
            '{"instances" [1.0]}',
            "JSON Parse error: Missing a colon after a name of object member. at offset: 13",
        ),
        ("{instances: [1.0]}", "JSON Parse error: Missing a name for object member. at offset: 1"),
        ('{"instances": [1.0]} x', "The document root must not be followed by other values. at offset: 21"),
        ('{"instances": [1.0,]}', "JSON Parse error: Invalid value. at offset: 19"),
        ('{"instances": [1.0, ]}', "JSON Parse error: Invalid value. at offset: 20"),
        ('{"instances": [1.0], }', "JSON Parse error: Missing a name for object member. at offset: 21"),
        ('{"instances": [1e999]}', "JSON Parse error: Number too big to be stored in double. at offset: 15"),
        ('{"instances": ["\\ud800"]}', "JSON Parse error: The surrogate pair in string is invalid."),
        ("[1.0]", "JSON Value: [\n    1.0\n] Is not object"),
        ("null", "JSON Value: null Is not object"),
        ("{}", "Missing 'inputs' or 'instances' key"),
        ('{"instances": []}', "JSON Value: {\n    \"instances\": []\n} No values in 'instances' array"),
        ('{"instances": 1.0}', "Expecting 'instances' to be an list/array"),
        (
            '{"instances": [1.0], "inputs": [1.0]}',
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ",
        ),
        ('{"signature_name": 5, "instances": [1.0]}', "'signature_name' key must be a string value."),
        ('{"signature_name": null, "instances": [1.0]}', "'signature_name' key must be a string value."),
        (
            '{"signature_name": "no", "instances": [1.0]}',
            'Serving signature name: "no" not found in signature def',
        ),
        ('{"instances": [[1, 2], [3]]}', "Error: INVALID_ARGUMENT: Expecting tensor size: 2 but got: 1"),
        ('{"instances": [[1, 2], [[3, 4]]]}', "INVALID_ARGUMENT: Expecting shape [2] but got: [1,2]"),
        ('{"instances": [1, [1]]}', "Expecting shape [] but got: [1]"),
        ('{"instances": [[1, [2]]]}', "Encountered list at unexpected level: 1 expected < 1"),
        ('{"inputs": [[1, 2], [3]]}', "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
        (
            '{"inputs": [[1], 2]}',
            "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        ('{"instances": [1, {"x": 1}]}', "Expecting value/list but got object at item 1 of input list"),
        ('{"instances": [{"x": 1}, 1]}', "Expecting object but got list at item 1 of input list"),
        ('{"instances": [{"z": 1}]}', "JSON object: does not have named input: z"),
        ('{"instances": [{}]}', "JSON object: {} keys must be equal to: x"),
        ('{"inputs": {"z": 1}}', "Missing named input: x in 'inputs' object."),
    ],
)
def test_a_wrong_body_is_a_400_that_says_why(server, body, error):
    reply = server.post("half_plus_two:predict", body)
    assert reply.status == 400
    assert error in reply.error


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"instances": [1, 2]}, "instances is a plain list, but expecting list of objects"),
        ({"inputs": [1, 2]}, "inputs is a plain value/list, but expecting an object"),
        ({"inputs": {"a": [1]}}, "Missing named input: b in 'inputs' object."),
        ({"instances": [{"a": 1}]}, "keys must be equal to: a,b"),
        (
            {"instances": [{"a": 1, "b": "2"}]},
            "element: 0 key: b of 'instances' list. Error: INVALID_ARGUMENT: JSON",
        ),
        ({"instances": [{"b64": "AA=="}]}, "not of expected type: float"),
        ({"inputs": {"a": [1, 2], "b": [1, 2, 3]}}, "Incompatible shapes: [2] vs. [3]"),
    ],
)
def test_several_inputs_must_be_named_and_all_there(server, body, error):
    reply = server.post("two_inputs:predict", body)
    assert reply.status == 400
    assert error in reply.error


def test_rest_has_no_defaults_of_inputs(server):
    """The SignatureDef's `defaults` are for gRPC only."""
    assert server.post("defaults:predict", {"inputs": {"a": [1.0]}}).status == 400


def test_a_signature_without_inputs_cannot_be_asked_over_rest(server):
    reply = server.post("constant:predict", {"inputs": []})
    assert (reply.status, reply.error) == (400, "Failed to get input map for signature: DEFAULT")


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/v1/foo"),
        ("POST", "/v1/foo"),
        ("POST", "/v1/models"),
        ("POST", MODEL),
        ("GET", f"{MODEL}:predict"),
        ("PUT", f"{MODEL}:predict"),
        ("DELETE", MODEL),
        ("PATCH", f"{MODEL}/metadata"),
        ("POST", f"{MODEL}:predict?x=1"),
        ("GET", f"{MODEL}/metadata?verbose=1"),
        ("POST", f"{MODEL}:explain"),
        ("POST", f"{MODEL}:predict/"),
        ("GET", f"{MODEL}/"),
        ("POST", f"{MODEL}/version/1:predict"),
        ("POST", f"{MODEL}/versions/HELLO:regress"),
        ("POST", f"{MODEL}/versions/-1:predict"),
        ("GET", f"{MODEL}/versions/1/labels/stable"),
        ("GET", "/v1/"),
    ],
)
def test_another_verb_or_path_is_malformed(server, verb, path):
    """There is no 405, and a query is part of the path."""
    reply = server.ask(verb, path, '{"instances": [1.0]}' if verb != "GET" else None)
    assert (reply.status, reply.error) == (400, f"Malformed request: {verb} {path}")


@pytest.mark.parametrize(
    ("origin", "status"), [(None, 400), ("file:///x", 400), ("https://example.org", 200)]
)
def test_options_is_a_browsers_question_and_answered_without_a_body(server, origin, status):
    reply = server.ask("OPTIONS", f"{MODEL}:predict", headers={"Origin": origin} if origin else {})
    assert (reply.status, reply.text, reply.headers["Content-Type"]) == (status, "", None)


@pytest.mark.parametrize(
    ("instances", "error"),
    [
        ([{"a": 1}, {"a": "2", "b": 1}], "element: 0 of 'instances' list. JSON object: "),
        (
            [{"a": "1", "b": 1}, {"z": 1}],
            "element: 0 key: a of 'instances' list. Error: INVALID_ARGUMENT: JSON Value",
        ),
        (
            [{"a": 1, "b": 1}, {"b": [1], "z": 1}, 5],
            "element: 1 key: b of 'instances' list. Error: INVALID_ARGUMENT",
        ),
    ],
)
def test_of_several_wrong_instances_the_first_is_named(server, instances, error):
    reply = server.post("two_inputs:predict", {"instances": instances})
    assert reply.status == 400
    assert error in reply.error


def test_head_has_the_code_and_no_body(server):
    reply = server.ask("HEAD", MODEL)
    assert (reply.status, reply.text) == (400, "")


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/models/half_plus_two", "/metrics", "/docs", "/v1models/x"])
def test_outside_v1_is_nothing(server, path):
    reply = server.get(path)
    assert (reply.status, reply.headers["Content-Type"]) == (404, "text/html")


@pytest.mark.parametrize("version", ["18446744073709551615", "9223372036854775808", "9" * 5000])
def test_a_version_beyond_64_bits_is_refused(server, version):
    reply = server.post(f"half_plus_two/versions/{version}:predict", {"instances": [1.0]})
    assert (reply.status, reply.error) == (400, f"Failed to convert version: {version} to numeric.")


def test_get_models_needs_a_name(server):
    reply = server.get("/v1/models")
    assert (reply.status, reply.error) == (400, "Missing model name in request.")


@pytest.mark.parametrize("depth", [40, 300, 900, 5_000, 100_000])
@pytest.mark.parametrize("key", ["instances", "inputs", "other"])
def test_deep_nesting_is_refused(server, depth, key):
    body = f'{{"{key}": {"[" * depth}1{"]" * depth}}}'
    assert server.post("half_plus_two:predict", body).status == 400
    assert server.post("half_plus_two:predict", f'{{"a": {"[" * depth}').status == 400
    examples = f'{{"examples": [{{"x": {"[" * depth}1{"]" * depth}}}]}}'
    reply = server.post("half_plus_two:regress", examples)
    assert reply.status == 400
    assert "error" in reply.json


def test_a_long_value_is_cut_off_in_the_error(server):
    reply = server.post("half_plus_two:predict", {"instances": "x" * 1_000_000})
    assert reply.status == 400
    assert len(reply.error) < 5_000


def test_a_model_that_takes_too_long_times_out(server):
    start = time.monotonic()
    reply = server.post("slow:predict", {"inputs": 1_000_000})
    assert reply.status == 504
    assert reply.error
    assert time.monotonic() - start < PATIENCE / 2


def test_a_body_that_does_not_arrive_is_cut_off(server):
    with socket.create_connection(("127.0.0.1", server.rest_port), PATIENCE) as client:
        client.sendall(f"POST {MODEL}:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        found = client.makefile("rb").read()
    assert found.startswith(b"HTTP/1.1 504")


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=PATIENCE)
    connection.putrequest("POST", f"{MODEL}:predict")
    connection.putheader("Content-Length", str(2**32))
    connection.endheaders()
    reply = connection.getresponse()
    assert reply.status == 400
    assert (
        json.loads(reply.read())["error"]
        == f"The request's body is larger than {messages.LARGEST_BODY} bytes"
    )
    connection.close()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"not gzip", "is not gzip"),
        (gzip.compress(b"{}", mtime=0)[:-4], "is not gzip"),
        (gzip.compress(b" " * 2**27, 1, mtime=0), f"is larger than {messages.LARGEST_BODY} bytes"),
    ],
    ids=["other", "cut off", "bomb"],
)
def test_a_gzip_body_that_is_damaged_or_a_bomb_is_refused(server, body, error):
    """Not with 429, after which clients try again."""
    reply = server.ask("POST", f"{MODEL}:predict", body, {"Content-Encoding": "gzip"})
    assert (reply.status, reply.error) == (400, f"The request's body {error}")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "When method is classify, key 'examples' is expected and was not found"),
        ({"examples": {"x": 1.0}}, "Expecting 'examples' value to be an list/array"),
        ({"examples": []}, "'examples' value is an empty array"),
        ({"examples": [[1.0]]}, "Example must be JSON object but got JSON Array"),
        ({"examples": [{}], "context": [1]}, "Example must be JSON object but got JSON Array"),
        ({"examples": [{"x": [10, None]}]}, "Feature: x has element with unexpected JSON type: Null"),
        ({"examples": [{"x": [10, 10.0]}]}, "Unexpected element type in feature: x expecting type: int64"),
        ({"examples": [{"x": [1.0, "a"]}]}, "Unexpected element type in feature: x expecting type: float"),
        ({"examples": [{"x": ["a", True]}]}, "Unexpected element type in feature: x expecting type: bytes"),
        ({"examples": [{"x": [10, {"test": 10}]}]}, "has element with unexpected JSON type: Object"),
        ({"examples": [{"x": [[10], 20]}]}, "has element with unexpected JSON type: Array"),
        (
            {"examples": [{"x": 18446744073709551603}]},
            "Feature: x has uint64_t element. Only int64_t is supported.",
        ),
        (
            {"examples": [{"x": [1.0, 18446744073709551603]}]},
            "Unexpected element type in feature: x expecting type: f",
        ),
        (
            {"examples": [{"x": [10, {"b64": "*"}]}]},
            "Unexpected element type in feature: x expecting type: int64",
        ),
        ({"examples": [{"x": {"b64": "*"}}]}, "Unable to base64 decode"),
        ({"examples": [{"x": 1.0}], "signature_name": ["a"]}, "'signature_name' key must be a string value."),
        ({"examples": [{"x": 1.0}], "signature_name": "no"}, "No signature was found with the name: no"),
        (
            {"examples": [{"x": 2}], "signature_name": "regress_x_to_y"},
            "Data types don't match. Data type: int64 but expected type: float",
        ),
        ({"examples": [{}], "signature_name": "regress_x_to_y"}, "x"),
    ],
)
def test_wrong_examples_are_refused(server, body, error):
    for method in ("classify", "regress"):
        if body.get("signature_name") == "regress_x_to_y" and method == "classify":
            continue
        reply = server.post(f"half_plus_two:{method}", body)
        assert reply.status == 400
        assert error in reply.error


def test_long_texts_among_numbers_cost_no_memory(server):
    """NumPy would make every element as wide as the longest: here 4 MB a thousand times over."""
    tracemalloc.start()
    answer = server.post("half_plus_two:predict", {"instances": ["x" * 4_000_000, *["a"] * 1000]})
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status == 400
    assert most < 200e6


def test_an_offer_of_http_2_is_not_taken_up_and_the_body_stays(server):
    headers = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAMAAABkAAQAAP__",
    }
    body = json.dumps({"instances": [1.0]})
    answer = server.ask("POST", f"{MODEL}:predict", body, headers)
    assert answer.json == {"predictions": [2.5]}
