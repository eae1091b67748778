"""The REST interface, asked from outside: classify, regress, versions, status, metadata, headers, metrics."""

import gzip
import http.client
import json

import pytest
from served import served

EXAMPLES = [{"x": 80.0}, {"x": 20.0}]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rest")
    monitoring = folder / "monitoring.config"
    monitoring.write_text('prometheus_config { enable: true, path: "/monitoring/prometheus/metrics" }')
    names = ("half_plus_two", "bad_results", "two_signatures", "keras_model")
    flags = ("--rest_api_enable_cors_support", f"--monitoring_config_file={monitoring}")
    with served(folder, *flags, names=names) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "signature_name", "results"),
    [
        ("regress", "regress_x_to_y", [42.0, 12.0]),
        ("regress", "regress_flat", [42.0, 12.0]),
        ("classify", "classify_x_to_y", [[["", 42.0]], [["", 12.0]]]),
        ("classify", "classify_labels", [[["low", 42.0], ["high", 43.0]], [["low", 12.0], ["high", 13.0]]]),
        ("classify", "classify_only_labels", [[["low", 0.0], ["high", 0.0]]] * 2),
    ],
)
def test_classify_and_regress_answer_under_results(server, method, signature_name, results):
    reply = server.post(f"half_plus_two:{method}", {"signature_name": signature_name, "examples": EXAMPLES})
    assert (reply.status, reply.json) == (200, {"results": results})


def test_features_may_be_lists_and_a_context_is_in_each_example(server):
    body = {
        "signature_name": "regress_x_to_y",
        "context": {"x2": 100.0},
        "examples": [{"x": [2.0]}, {"x": 4.0}],
    }
    assert server.post("half_plus_two:regress", body).json == {"results": [103.0, 104.0]}
    body["context"] = {"x": 6.0}
    body["examples"] = [{}, {"x": 4.0}]
    assert server.post("half_plus_two:regress", body).json == {"results": [5.0, 4.0]}


def test_results_that_are_not_finite(server):
    body = '{"signature_name": "regress_x_to_y", "examples": [{"x": Infinity}, {"x": -Infinity}]}'
    reply = server.post("half_plus_two:regress", body)
    assert reply.json == {"results": [float("inf"), float("-inf")]}


@pytest.mark.parametrize(
    ("method", "signature"), [("regress", "regress_x_to_y"), ("classify", "classify_x_to_y")]
)
def test_features_beyond_float32_lose_digits_or_are_infinite(server, method, signature):
    """16777217 is odd and has no float32; a number over 3.4e38 is Infinity."""
    examples = '[{"x": 16777217.0}, {"x": 1435774380.0}, {"x": 1e40}, {"x": -1e40}]'
    reply = server.post(
        f"half_plus_two:{method}", f'{{"signature_name": "{signature}", "examples": {examples}}}'
    )
    values = [8388610.0, 717887168.0, float("inf"), float("-inf")]
    assert reply.json == {"results": values if method == "regress" else [[["", value]] for value in values]}


@pytest.mark.parametrize(
    ("signature_name", "error"),
    [
        (
            "regress_rank",
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [2,2,2]",
        ),
        ("regress_type", "Expected output Tensor of DT_FLOAT.  Got: DT_DOUBLE"),
        ("regress_count", "Input batch size did not match output batch size: 2 vs. 3"),
        ("classify_rank", "Expected Tensor shape: [batch_size num_classes] but got [2,2,2]"),
        ("classify_type", "Expected scores Tensor of DT_FLOAT. Got: DT_DOUBLE"),
        ("classify_count", "Expected scores output batch size of 2. Got: 3"),
    ],
)
def test_results_that_cannot_be_are_a_400(server, signature_name, error):
    method = signature_name.partition("_")[0]
    reply = server.post(f"bad_results:{method}", {"signature_name": signature_name, "examples": EXAMPLES})
    assert (reply.status, reply.error) == (400, error)


@pytest.mark.parametrize(
    ("method", "signature_name", "error"),
    [
        ("regress", "classify_x_to_y", "No regression outputs found in SignatureDef: "),
        ("regress", "classify_labels", "Expected one output Tensor."),
        ("classify", "regress_x_to_y", 'at least one of "classes" or "scores"'),
        ("classify", "", "No classification inputs found in SignatureDef: "),
        ("regress", "", "No regression inputs found in SignatureDef: "),
    ],
)
def test_a_signature_for_another_method_is_refused(server, method, signature_name, error):
    reply = server.post(f"half_plus_two:{method}", {"signature_name": signature_name, "examples": EXAMPLES})
    assert reply.status == 400
    assert error in reply.error


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("", 2.5),
        ("/versions/1", 1.5),
        ("/versions/2", 2.5),
        ("/versions/000123", 2.5),
        ("/labels/stable", 1.5),
        ("/labels/canary", 2.5),
        ("/labels/st%61ble", 1.5),
    ],
)
def test_versions_and_labels(server, place, answer):
    assert server.post(f"half_plus_two{place}:predict", {"instances": [1.0]}).json == {
        "predictions": [answer]
    }


@pytest.mark.parametrize("path", ["/V1/Models/half_plus_two:PREDICT", "/v1/models/%68alf_plus%5ftwo:predict"])
def test_paths_ignore_case_and_are_percent_decoded(server, path):
    assert server.ask("POST", path, '{"instances": [1.0]}').json == {"predictions": [2.5]}


@pytest.mark.parametrize(
    ("place", "status", "error"),
    [
        ("nothing", 404, "Servable not found for request: Latest(nothing)"),
        ("Half_plus_two", 404, "Servable not found for request: Latest(Half_plus_two)"),
        ("..%2Fhalf_plus_two", 404, "Servable not found for request: Latest(../half_plus_two)"),
        ("half_plus_two/versions/50", 404, "Servable not found for request: Specific(half_plus_two, 50)"),
        ("half_plus_two/labels/none", 400, "Unrecognized servable version label: none"),
    ],
)
def test_what_is_not_served_is_not_found(server, place, status, error):
    for method in ("predict", "classify", "regress"):
        reply = server.post(f"{place}:{method}", {"instances": [1.0], "examples": EXAMPLES})
        assert (reply.status, reply.error) == (status, error)


def test_status_lists_the_versions_newest_first(server):
    def available(version):
        return {"version": version, "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}

    everything = {"model_version_status": [available("123"), available("2"), available("1")]}
    assert server.get("/v1/models/half_plus_two").json == everything
    assert server.get("/v1/models/half_plus_two/versions/2").json == {
        "model_version_status": [available("2")]
    }
    assert server.get("/v1/models/half_plus_two/labels/stable").json == everything


def test_status_of_what_is_not_there(server):
    reply = server.get("/v1/models/nothing")
    assert (reply.status, reply.error) == (404, "Could not find any versions of model nothing")
    assert server.get("/v1/models/half_plus_two?verbose=1").status == 404
    reply = server.get("/v1/models/half_plus_two/versions/7")
    assert (reply.status, reply.error) == (404, "Could not find version 7 of model half_plus_two")


def test_metadata_tells_the_signatures(server):
    reply = server.get("/v1/models/half_plus_two/versions/2/metadata")
    assert reply.json["model_spec"] == {"name": "half_plus_two", "signature_name": "", "version": "2"}
    signatures = reply.json["metadata"]["signature_def"]["signature_def"]
    assert {"serving_default", "regress_x_to_y", "classify_x_to_y"} <= set(signatures)
    output_name = signatures["serving_default"]["outputs"]["y"].pop("name")
    assert output_name.endswith(":0")
    rows = {"dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}], "unknown_rank": False}
    assert signatures["serving_default"] == {
        "inputs": {"x": {"dtype": "DT_FLOAT", "tensor_shape": rows, "name": "x:0"}},
        "outputs": {"y": {"dtype": "DT_FLOAT", "tensor_shape": rows}},
        "method_name": "tensorflow/serving/predict",
        "defaults": {},
    }
    keras_signatures = server.get("/v1/models/keras_model/metadata").json["metadata"]["signature_def"][
        "signature_def"
    ]
    assert set(keras_signatures) == {"serve", "serving_default", "__saved_model_init_op"}
    features = keras_signatures["serving_default"]["inputs"]["features"]
    assert features["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}, {"size": "3", "name": ""}],
        "unknown_rank": False,
    }


def test_metadata_of_what_is_not_there(server):
    assert server.get("/v1/models/nothing/metadata").status == 404
    assert server.get("/v1/models/half_plus_two/labels/none/metadata").status == 400
    assert server.get("/v1/models/half_plus_two/labels/canary/metadata").json["model_spec"]["version"] == "2"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "image/png", "nonsense"])
def test_the_type_of_a_body_does_not_matter(server, kind):
    reply = server.ask(
        "POST", "/v1/models/half_plus_two:predict", '{"instances": [1.0]}', {"Content-Type": kind}
    )
    assert (reply.status, reply.json) == (200, {"predictions": [2.5]})


def test_a_body_may_be_gzip_and_the_answer_never_is(server):
    body = gzip.compress(json.dumps({"instances": [1.0] * 10_000}).encode())
    headers = {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"}
    reply = server.ask("POST", "/v1/models/half_plus_two:predict", body, headers)
    assert reply.json == {"predictions": [2.5] * 10_000}
    assert reply.headers["Content-Encoding"] is None


def test_a_body_may_come_in_chunks(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=10)
    parts = iter([b'{"inst', b'ances": ', b"[1.0]}"])
    connection.request("POST", "/v1/models/half_plus_two:predict", parts, encode_chunked=True)
    assert json.loads(connection.getresponse().read()) == {"predictions": [2.5]}
    connection.request("GET", "/v1/models/half_plus_two")  # the connection is kept
    assert connection.getresponse().status == 200
    connection.close()


def test_browsers_of_other_origins_may_ask(server):
    path = "/v1/models/half_plus_two:predict"
    for reply in (
        server.ask("OPTIONS", path, headers={"Origin": "https://example.org"}),
        server.ask("POST", path, '{"instances": [1.0]}', {"Origin": "https://example.org"}),
    ):
        assert reply.status == 200
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["Access-Control-Allow-Methods"] == "POST, GET"
        assert reply.headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert server.ask("POST", path, "").headers["Access-Control-Allow-Origin"] == "*"
    assert server.ask("OPTIONS", path).status == 400
    assert server.ask("OPTIONS", path, headers={"Origin": "file:///x"}).status == 400


def test_the_metrics_page_counts_requests(server):
    server.post("two_signatures:predict", {"instances": [[1, 2]]})
    server.post("two_signatures:predict", {"instances": [[1, "2"]]})
    reply = server.get("/monitoring/prometheus/metrics")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/plain")
    assert "# TYPE :tensorflow:serving:request_count counter" in reply.text
    assert ':tensorflow:serving:request_count{model_name="two_signatures",status="OK"} 1' in reply.text
    assert (
        ':tensorflow:serving:request_count{model_name="two_signatures",status="INVALID_ARGUMENT"} 1'
        in reply.text
    )
    assert ':tensorflow:serving:request_latency_count{model_name="two_signatures",API="predict"' in reply.text
