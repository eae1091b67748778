"""The client, against stubs of both interfaces that speak the documented API."""

import base64
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from concurrent import futures

import grpc
import pytest
import tensorflow as tf
from corpora import PROJECT
from google.protobuf import text_format
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving import client as serving_client
from serving.client import Client, ServingClientError, main

SERVING = PROJECT / "serving"
# Model -> inputs, outputs; the last one changes its input's name when it is told to.
SIGNATURES = {
    "sentiment": ({"text": "DT_STRING"}, {"label": "DT_STRING", "score": "DT_FLOAT", "scores": "DT_FLOAT"}),
    "speech": ({"audio": "DT_STRING"}, {"transcript": "DT_STRING"}),
    "half_plus_two": ({"x": "DT_FLOAT"}, {"y": "DT_FLOAT"}),
    "sum": ({"a": "DT_INT64", "b": "DT_INT64"}, {"total": "DT_INT64"}),
    "echo": ({"image": "DT_STRING"}, {"image_bytes": "DT_STRING", "size": "DT_INT32"}),
    "changing": ({"old": "DT_STRING"}, {"transcript": "DT_STRING"}),
}


def outputs_of(model: str, inputs: dict[str, list]) -> dict[str, list]:
    """What a stub's model answers: texts and bytes come as bytes."""
    if model == "sum":
        return {"total": [a + b for a, b in zip(inputs["a"], inputs["b"], strict=True)]}
    (values,) = inputs.values()
    if model == "half_plus_two":
        return {"y": [value / 2 + 2 for value in values]}
    if model == "sentiment":
        fine = [b"fine" in value for value in values]
        scores = [[0.75, 0.25] if is_fine else [0.25, 0.75] for is_fine in fine]
        return {
            "label": [b"good" if f else b"bad" for f in fine],
            "score": [max(s) for s in scores],
            "scores": scores,
        }
    if model == "echo":
        return {"image_bytes": values, "size": [len(value) for value in values]}
    return {"transcript": [b"heard %d bytes" % len(value) for value in values]}


class State:
    """What a stub was asked, and how it is to behave."""

    def __init__(self):
        self.requests = []
        self.versions = [(2, "AVAILABLE"), (1, "END")]
        self.delay = 0
        self.signatures = dict(SIGNATURES)
        self.readable = {}  # model -> the name and the outputs of a second signature

    def outputs(self, model):
        """Signature -> its outputs."""
        more = dict([self.readable[model]]) if model in self.readable else {}
        return {"serving_default": self.signatures[model][1], **more}

    def answering(self, model, signature):
        """What `outputs_of` knows the signature of a model by."""
        return model if signature == "serving_default" else signature


class RestStub(http.server.BaseHTTPRequestHandler):
    """The REST API as api_rest.md has it; 500 for what the client should never send."""

    state: State

    def log_message(self, *args):
        pass

    def do_GET(self):
        self._answer(None)

    def do_POST(self):
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body):
        self.state.requests.append((self.command, self.path, body))
        time.sleep(self.state.delay)
        status, answer = self._status_and_answer(body)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _status_and_answer(self, body):
        path = re.fullmatch(
            r"(/prefix)?/v1/models/([^/:]+)(/versions/\d+|/labels/\w+)?(/metadata|:predict)?", self.path
        )
        if not path:
            return 500, {"error": f"Malformed request: {self.command} {self.path}"}
        model, what = path[2], path[4]
        if model == "other":
            return 200, b'{"it": "works"}' if what is None else b"<html>It works!</html>"
        if model not in self.state.signatures:
            return 404, {"error": f"Servable not found for request:\n Latest({model})"}
        inputs, _ = self.state.signatures[model]
        if what is None:
            good = {"error_code": "OK", "error_message": ""}
            return 200, {
                "model_version_status": [
                    {"version": str(version), "state": state, "status": good}
                    for version, state in self.state.versions
                ]
            }
        if what == "/metadata":
            tensors = {
                signature: {
                    kind: {name: {"dtype": dtype, "name": f"{name}:0"} for name, dtype in named.items()}
                    for kind, named in (("inputs", inputs), ("outputs", answered))
                }
                for signature, answered in self.state.outputs(model).items()
            }
            return 200, {"metadata": {"signature_def": {"signature_def": tensors}}}
        if set(body["inputs"]) != set(inputs):
            return 400, {"error": f"input names {sorted(body['inputs'])}, not {sorted(inputs)}"}
        values = {name: [self._value(value) for value in given] for name, given in body["inputs"].items()}
        found = outputs_of(self.state.answering(model, body["signature_name"]), values)
        answer = {name: [self._json(name, v) for v in column] for name, column in sorted(found.items())}
        return 200, {"outputs": answer if len(answer) > 1 else next(iter(answer.values()))}

    @staticmethod
    def _value(value):
        if isinstance(value, dict):
            return base64.b64decode(value["b64"], validate=True)
        return value.encode() if isinstance(value, str) else value

    @staticmethod
    def _json(name, value):
        if not isinstance(value, bytes):
            return value
        return {"b64": base64.b64encode(value).decode()} if name.endswith("_bytes") else value.decode()


class GrpcStub:
    """Both of TensorFlow Serving's services."""

    def __init__(self, state):
        self.state = state

    def _find(self, request, context):
        self.state.requests.append(request)
        time.sleep(self.state.delay)
        if request.model_spec.name == "full":
            context.abort(grpc.StatusCode.UNAVAILABLE, "The batch scheduling queue is full")
        if request.model_spec.name not in self.state.signatures:
            context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request:\n Latest(nobody)")
        return self.state.signatures[request.model_spec.name]

    def Predict(self, request, context):
        self._find(request, context)
        values = {name: tf.make_ndarray(tensor).tolist() for name, tensor in request.inputs.items()}
        response = predict_pb2.PredictResponse()
        model, signature = request.model_spec.name, request.model_spec.signature_name
        for name, column in outputs_of(self.state.answering(model, signature), values).items():
            dtype = self.state.outputs(model)[signature][name].removeprefix("DT_").lower()
            dtype = "float32" if dtype == "float" else dtype
            response.outputs[name].CopyFrom(tf.make_tensor_proto(column, dtype))
        return response

    def GetModelMetadata(self, request, context):
        signatures = get_model_metadata_pb2.SignatureDefMap()
        inputs, _ = self._find(request, context)
        for signature_name, outputs in self.state.outputs(request.model_spec.name).items():
            signature = signatures.signature_def[signature_name]
            for named, tensors in ((inputs, signature.inputs), (outputs, signature.outputs)):
                for name, dtype in named.items():
                    tensors[name].CopyFrom(text_format.Parse(f"dtype: {dtype}", meta_graph_pb2.TensorInfo()))
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.metadata["signature_def"].Pack(signatures)
        return response

    def GetModelStatus(self, request, context):
        self._find(request, context)
        response = get_model_status_pb2.GetModelStatusResponse()
        for version, state in self.state.versions:
            response.model_version_status.add(version=version, state=state)
        return response

    def MultiInference(self, request, context):
        raise NotImplementedError

    Classify = Regress = HandleReloadConfigRequest = MultiInference


def start_rest(state, port=0):
    handler = type("Handler", (RestStub,), {"state": state})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


def start_grpc(state, port=0):
    options = [("grpc.max_receive_message_length", -1)]  # as TensorFlow Serving
    server = grpc.server(futures.ThreadPoolExecutor(4), options=options)
    stub = GrpcStub(state)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(stub, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(stub, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, port


@pytest.fixture
def state():
    return State()


@pytest.fixture
def rest(state):
    server = start_rest(state)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def grpc_address(state):
    server, port = start_grpc(state)
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.fixture(params=["rest", "grpc"])
def asked(request, state):
    """What a client needs to ask a stub, over either interface."""
    if request.param == "grpc":
        return {"url": request.getfixturevalue("grpc_address"), "grpc": True}
    return {"url": request.getfixturevalue("rest")}


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command_line(asked):
    return ["--url", asked["url"], *(["--grpc"] if asked.get("grpc") else [])]


def test_predict_gives_a_list_for_each_output_with_a_row_for_each_input(asked):
    answer = Client(**asked).predict("sentiment", ["a fine film", "dull", ""])
    assert answer["label"] == ["good", "bad", "bad"]
    assert answer["score"] == [0.75, 0.75, 0.75]
    assert answer["scores"][:2] == [[0.75, 0.25], [0.25, 0.75]]


def test_the_only_output_of_a_signature_has_its_name_too(asked):
    assert Client(**asked).predict("speech", ["abc"]) == {"transcript": ["heard 3 bytes"]}


def test_bytes_go_and_come_as_they_are(asked):
    given = [b"\xff\x00\xfe", b"GIF89a", b""]
    assert Client(**asked).predict("echo", given) == {"image_bytes": given, "size": [3, 6, 0]}


def test_numbers_and_several_inputs(asked):
    client = Client(**asked)
    assert client.predict("half_plus_two", [1, 2.0]) == {"y": [2.5, 3.0]}
    assert client.predict("sum", {"a": [1, 2], "b": [10, 20]}) == {"total": [11, 22]}
    with pytest.raises(ValueError, match="takes 2 inputs, each by its name: a, b"):
        client.predict("sum", [1, 2])


def test_rest_requests_are_in_column_format_and_address_versions_and_labels(rest, state):
    client = Client(rest + "/prefix/")
    client.predict("sentiment", ["ä", b"\x01"], version=2)
    client.predict("sentiment", ["x"], label="stable")
    assert state.requests[0] == ("GET", "/prefix/v1/models/sentiment/versions/2/metadata", None)
    body = {"signature_name": "serving_default", "inputs": {"text": ["ä", {"b64": "AQ=="}]}}
    assert state.requests[1] == ("POST", "/prefix/v1/models/sentiment/versions/2:predict", body)
    assert state.requests[3][1] == "/prefix/v1/models/sentiment/labels/stable:predict"


def test_grpc_requests_address_versions_and_labels(grpc_address, state):
    client = Client(grpc_address, grpc=True)
    client.predict("sentiment", ["x"], version=2)
    client.predict("sentiment", ["x"], label="stable")
    spec = state.requests[1].model_spec
    assert (spec.name, spec.signature_name, spec.version.value) == ("sentiment", "serving_default", 2)
    assert state.requests[3].model_spec.version_label == "stable"


def test_metadata_is_asked_once_and_again_when_it_has_changed(rest, state):
    client = Client(rest)
    assert client.predict("changing", ["x"]) == {"transcript": ["heard 1 bytes"]}
    assert client.predict("changing", ["xy"]) == {"transcript": ["heard 2 bytes"]}
    assert [path for _, path, _ in state.requests if path.endswith("metadata")] == [
        "/v1/models/changing/metadata"
    ]
    state.signatures["changing"] = ({"new": "DT_STRING"}, {"words": "DT_STRING"})
    assert client.predict("changing", ["x"]) == {"words": ["heard 1 bytes"]}


def test_status_and_metadata(asked):
    client = Client(**asked)
    good = {"error_code": "OK", "error_message": ""}
    assert client.status("sentiment") == [
        {"version": "2", "state": "AVAILABLE", "status": good},
        {"version": "1", "state": "END", "status": good},
    ]
    assert client.metadata("speech") == {
        "serving_default": {"inputs": {"audio": "DT_STRING"}, "outputs": {"transcript": "DT_STRING"}}
    }


def test_wait_ends_when_a_version_is_available(asked, state):
    state.versions = [(3, "LOADING")]
    timer = threading.Timer(0.4, lambda: setattr(state, "versions", [(3, "AVAILABLE"), (2, "AVAILABLE")]))
    timer.start()
    assert Client(**asked).wait("sentiment", 5) == 3
    timer.join()


def test_wait_gives_up_and_says_what_it_saw(asked, state):
    state.versions = [(3, "LOADING")]
    with pytest.raises(
        ServingClientError, match=r"sentiment: not available after 0\.3 s: .*LOADING"
    ) as caught:
        Client(**asked).wait("sentiment", 0.3)
    assert caught.value.status in (404, "NOT_FOUND")


def test_wait_bears_a_server_that_is_not_there_yet(free_port, state):
    servers = []
    timer = threading.Timer(0.4, lambda: servers.append(start_rest(state, free_port)))
    timer.start()
    assert Client(f"127.0.0.1:{free_port}").wait("sentiment", 5) == 2
    timer.join()
    servers[0].shutdown()
    servers[0].server_close()


def test_an_error_is_the_servers_own_text(asked):
    with pytest.raises(ServingClientError, match="Servable not found") as caught:
        Client(**asked).predict("nobody", ["x"])
    assert caught.value.status in (404, "NOT_FOUND")


def test_a_refused_connection_is_tried_once_more(free_port, state, monkeypatch):
    """The server comes up during the pause before the second try; without that, there is no third."""
    servers, pauses = [], []

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            servers.append(start_rest(state, free_port))

    monkeypatch.setattr(serving_client.time, "sleep", pause)
    with pytest.raises(ServingClientError, match="connection refused; is the server running"):
        Client(f"http://127.0.0.1:{free_port}").status("sentiment")
    assert pauses == [serving_client.RETRY_SECONDS]
    assert Client(f"http://127.0.0.1:{free_port}").status("sentiment")
    servers[0].shutdown()
    servers[0].server_close()


def test_a_refused_connection_is_tried_once_more_over_grpc(free_port, state, monkeypatch):
    client, servers, sleep = Client(f"127.0.0.1:{free_port}", grpc=True), [], time.sleep

    def pause(seconds):
        servers.append(start_grpc(state, free_port)[0])
        monkeypatch.undo()
        sleep(seconds)

    with pytest.raises(ServingClientError, match="connection refused; is the server running") as caught:
        client.status("sentiment")
    assert caught.value.status is None
    monkeypatch.setattr(serving_client.time, "sleep", pause)
    assert client.status("sentiment")
    servers[0].stop(None).wait()


def test_an_answer_that_is_an_error_is_not_tried_again(grpc_address, state):
    with pytest.raises(ServingClientError, match="queue is full") as caught:
        Client(grpc_address, grpc=True).status("full")
    assert caught.value.status == "UNAVAILABLE"
    assert len(state.requests) == 1


def test_a_silent_server_is_waited_for_no_longer_than_the_timeout(asked, state):
    state.delay = 1
    with pytest.raises(ServingClientError, match=r"no answer in 0\.2 s") as caught:
        Client(**asked, timeout=0.2).status("sentiment")
    assert caught.value.status is None


def test_another_kind_of_server_is_told_apart(rest):
    with pytest.raises(ServingClientError, match="not TensorFlow Serving: '<html>"):
        Client(rest).predict("other", ["x"])
    with pytest.raises(ServingClientError, match=r"not TensorFlow Serving: '\{"):
        Client(rest).status("other")


@pytest.mark.parametrize(
    ("url", "grpc"), [("ftp://x", False), ("http://", False), ("http://x:port", False), ("http://x:1", True)]
)
def test_a_url_that_is_none_is_refused(url, grpc):
    with pytest.raises(ValueError, match=r"expected|Port"):
        Client(url, grpc=grpc)


@pytest.mark.parametrize("value", [object(), {"a"}])
def test_inputs_of_another_kind_are_refused(rest, value):
    with pytest.raises(ValueError, match="expected texts, bytes or lists of numbers"):
        Client(rest).predict("sentiment", [value])


def test_a_version_and_a_label_at_once_are_refused(asked):
    with pytest.raises(ValueError, match="a version or a label, not both"):
        Client(**asked).predict("sentiment", ["x"], version=1, label="stable")


def test_numbers_for_a_text_are_refused_before_they_are_sent_over_grpc(grpc_address):
    with pytest.raises(ValueError, match="input text"):
        Client(grpc_address, grpc=True).predict("sentiment", [1])


def test_an_unknown_signature_is_named_with_those_there_are(asked):
    with pytest.raises(ValueError, match="no signature 'other'; the model has serving_default"):
        Client(**asked).predict("sentiment", ["x"], signature_name="other")


def test_without_its_packages_grpc_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(ServingClientError, match="gRPC needs grpcio and tensorflow-serving-api"):
        Client(grpc=True)


def test_the_command_prints_a_json_object_an_input(asked, capsys):
    assert main([*command_line(asked), "--wait", "5", "sentiment", "a fine film", "öde"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"text": "a fine film", "label": "good", "score": 0.75, "scores": [0.75, 0.25]}
    assert lines[1]["text"] == "öde"


def test_the_command_gives_numbers_to_a_model_of_numbers(asked, capsys):
    assert main([*command_line(asked), "half_plus_two", "1", "2.0"]) == 0
    assert [json.loads(line)["y"] for line in capsys.readouterr().out.splitlines()] == [2.5, 3.0]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["nobody", "x"], 1, "Servable not found for request: Latest(nobody)"),
        (["speech", "missing.wav"], 2, "missing.wav: No such file or directory; the model takes files"),
        (["--signature", "other", "sentiment", "x"], 2, "no signature 'other'"),
        (["half_plus_two", "many"], 2, "the model takes DT_FLOAT"),
        (["sum", "1"], 2, "takes 2 inputs"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_line(asked, capsys, arguments, code, says):
    assert main([*command_line(asked), *arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert says in printed.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sentiment"],
        ["sentiment", "x", "--file", "list"],
        ["--version", "1", "--label", "x", "sentiment", "x"],
    ],
)
def test_a_wrong_use_ends_with_2(arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["sentiment", "-fine"],
        ["sentiment", "--fine"],
        ["sentiment", "-f", "x"],
        ["--timeout", "-1", "sentiment", "x"],
    ],
    ids=["one", "two", "short", "number"],
)
def test_a_text_that_looks_like_a_flag_gets_a_hint(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "client.py MODEL -- -INPUT" in capsys.readouterr().err


def test_after_two_dashes_a_text_may_begin_with_one(asked, capsys):
    assert main([*command_line(asked), "sentiment", "--", "-fine", "--x"]) == 0
    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()] == ["-fine", "--x"]


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e400", "soon"])
def test_seconds_that_are_none_are_refused(seconds, capsys):
    with pytest.raises(SystemExit) as caught:
        main([f"--timeout={seconds}", "sentiment", "x"])
    assert caught.value.code == 2
    assert "--timeout" in capsys.readouterr().err


def test_the_version_is_the_projects(capsys):
    assert main(["--version"]) == 0
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert capsys.readouterr().out == f"client {project['version']}\n"


def test_numbers_that_json_cannot_say_are_null_and_said(asked, state, capsys):
    assert main([*command_line(asked), "half_plus_two", "--", "NaN", "1.0", "-Infinity"]) == 0
    printed = capsys.readouterr()
    lines = [json.loads(line, parse_constant=pytest.fail) for line in printed.out.splitlines()]
    assert [line["y"] for line in lines] == [None, 2.5, None]
    assert "printed as null" in printed.err


def test_what_is_not_unicode_goes_as_a_replacement(asked, capsys):
    """Bytes of a command line that are not UTF-8, and halves of surrogate pairs that stand for none."""
    for odd in ("\udcff", "\ud800"):
        assert main([*command_line(asked), "sentiment", f"fine{odd}"]) == 0
        assert json.loads(capsys.readouterr().out)["label"] == "good"
        assert main([*command_line(asked), f"no{odd}", "fine"]) == 1
        assert capsys.readouterr().err.startswith("error: Servable not found")


def run_client(rest, *arguments, **options):
    command = [sys.executable, str(SERVING / "client.py"), "--url", rest, *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


def test_output_that_is_not_utf_8_is_json_all_the_same(rest):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    running = run_client(rest, "sentiment", "öde", stdout=subprocess.PIPE, env=environment)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, "")
    assert out.isascii()
    assert json.loads(out)["text"] == "öde"


def test_a_reader_that_has_gone_is_no_error(rest):
    """As in `... | head -n 0`."""
    reading, writing = os.pipe()
    os.close(reading)
    running = run_client(rest, "sentiment", "a", "b", stdout=writing)
    os.close(writing)
    assert (running.communicate(timeout=30)[1], running.returncode) == ("", 141)


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_in_one_line(rest):
    with open("/dev/full", "w") as full:
        running = run_client(rest, "sentiment", "a", "b", stdout=full)
        err = running.communicate(timeout=30)[1]
    assert (running.returncode, err) == (2, "error: the answer cannot be written: No space left on device\n")


def test_ctrl_c_leaves_no_traceback(rest, state):
    state.delay = 20
    running = run_client(rest, "sentiment", "a", stdout=subprocess.DEVNULL)
    wait_until(lambda: state.requests)
    running.send_signal(signal.SIGINT)
    assert (running.communicate(timeout=30)[1], running.returncode) == ("", 130)


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def test_the_file_works_alone_with_nothing_but_the_standard_library(rest, free_port, tmp_path):
    """-I and -S leave out the packages and the current folder."""
    copy = tmp_path / "client.py"
    copy.write_text((SERVING / "client.py").read_text(encoding="utf-8"), encoding="utf-8")

    def run(*arguments):
        command = [sys.executable, "-I", "-S", str(copy), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30)

    done = run("--url", rest, "sentiment", "a fine film")
    assert json.loads(done.stdout)["label"] == "good"
    assert (done.returncode, done.stderr) == (0, "")
    done = run("--url", f"http://127.0.0.1:{free_port}", "sentiment", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: http://127.0.0.1:{free_port}: connection refused; is the server running?\n"
    done = run("--grpc", "sentiment", "x")
    assert done.returncode == 2
    assert done.stderr.startswith("error: gRPC needs grpcio and tensorflow-serving-api")


TAGGED = {"tags": ["B-per", "O"], "starts": [0, 4], "ends": [3, 7], "scores": [0.75, 0.5]}
ROWS = {
    "text": ["Zoë", "Oslo", ""],
    "type": ["per", "creative-work", ""],
    "start": [0, 17, 0],
    "end": [3, 21, 0],
    "score": [0.75, 1.0, 0.0],
}
TEXT, ENTITIES = (
    "Zoë wrote of a day in Oslo",
    [
        {"text": "Zoë", "type": "per", "end": 3, "start": 0, "score": 0.75},
        {"text": "Oslo", "type": "creative-work", "end": 21, "start": 17, "score": 1.0},
    ],
)
KINDS = {
    "text": "DT_STRING",
    "type": "DT_STRING",
    "start": "DT_INT32",
    "end": "DT_INT32",
    "score": "DT_FLOAT",
}


@pytest.fixture
def tagger(state, monkeypatch):
    """A model of a stub whose second signature has rows for people; the empty text has none."""
    tagged = {"tags": "DT_STRING", "starts": "DT_INT32", "ends": "DT_INT32", "scores": "DT_FLOAT"}
    state.signatures["ner"] = ({"text": "DT_STRING"}, tagged)
    state.readable["ner"] = ("readable_entities", KINDS)
    others = outputs_of

    def answered(model, inputs):
        answers = {"ner": TAGGED, "readable_entities": ROWS}.get(model)
        if answers is None:
            return others(model, inputs)
        rows = [
            {name: values if text else [type(values[0])()] * len(values) for name, values in answers.items()}
            for text in inputs["text"]
        ]
        return {name: [row[name] for row in rows] for name in answers}

    monkeypatch.setattr(sys.modules[__name__], "outputs_of", answered)
    return "ner"


def printed(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_command_shows_the_rows_that_a_model_has_for_people(asked, tagger, capsys):
    assert main([*command_line(asked), tagger, TEXT, ""]) == 0
    lines = printed(capsys)
    assert lines == [{"text": TEXT, "entities": ENTITIES}, {"text": "", "entities": []}]
    assert list(lines[0]["entities"][0]) == ["text", "type", "end", "start", "score"]


@pytest.mark.parametrize("flag", [["--whole"], ["--signature", "serving_default"]])
def test_the_command_shows_the_whole_answer_on_demand(asked, tagger, flag, capsys):
    assert main([*command_line(asked), *flag, tagger, TEXT]) == 0
    assert printed(capsys) == [{"text": TEXT, **TAGGED}]
    assert main([*command_line(asked), *flag, "sentiment", "fine"]) == 0
    assert printed(capsys)[0]["label"] == "good"


def test_a_signature_of_rows_that_is_asked_for_is_shown_as_it_is(asked, tagger, capsys):
    assert main([*command_line(asked), "--signature", "readable_entities", tagger, TEXT]) == 0
    assert printed(capsys) == [{"text": TEXT, **ROWS}]


def test_a_model_without_rows_for_people_has_its_whole_answer_shown(asked, tagger, state, capsys):
    """Whatever its outputs are called: those of an older tagger."""
    state.readable.clear()
    assert main([*command_line(asked), tagger, TEXT]) == 0
    assert printed(capsys) == [{"text": TEXT, **TAGGED}]


def test_columns_become_rows_until_the_first_one_is_empty():
    kinds = {"word": "DT_STRING", "start": "DT_FLOAT", "count": "DT_INT64"}
    columns = {"start": [0.5, 0.0, 0.0], "word": ["a", "b", ""], "count": [0, 2, 0]}
    assert serving_client.table(columns, kinds) == [
        {"word": "a", "count": 0, "start": 0.5},
        {"word": "b", "count": 2, "start": 0.0},
    ]
    assert list(serving_client.table(columns, kinds)[0]) == ["word", "count", "start"]
    assert serving_client.table({name: [] for name in kinds}, kinds) == []


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"text": "DT_STRING"}, False),
        ({"tokens": "DT_STRING"}, False),
        ({"audio": "DT_STRING"}, True),
        ({"x": "DT_FLOAT"}, False),
        ({"audio": "DT_STRING", "rate": "DT_INT32"}, False),
    ],
)
def test_a_string_of_another_name_than_text_is_a_file(inputs, expected):
    assert serving_client.takes_files({"inputs": inputs, "outputs": {}}) == expected


FILES = {
    "NUL at its end.wav": b"\0a\0\0",
    "text.txt": "valid UTF-8: é".encode(),
    "no UTF-8": b"\xff\xfe\xed\xa0\x80",
    "empty": b"",
    "1 MB": bytes(range(256)) * 4096,
}


@pytest.fixture
def files(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return [str(tmp_path / name) for name in FILES]


def sent(state):
    """The inputs of all predict requests, as bytes; of REST they must have come in base64."""
    found = []
    for request in state.requests:
        if isinstance(request, predict_pb2.PredictRequest):
            found.append(list(request.inputs["audio"].string_val))
        elif isinstance(request, tuple) and request[2] is not None:
            found.append([base64.b64decode(value["b64"]) for value in request[2]["inputs"]["audio"]])
    return found


def test_the_command_sends_the_bytes_of_files_and_shows_their_paths(asked, state, files, capsys):
    assert main([*command_line(asked), "speech", *files]) == 0
    assert sent(state) == [list(FILES.values())]
    expected = [f"heard {len(content)} bytes" for content in FILES.values()]
    assert printed(capsys) == [
        {"audio": path, "transcript": heard} for path, heard in zip(files, expected, strict=True)
    ]


def test_the_command_reads_paths_from_a_list(asked, state, files, tmp_path, capsys):
    listed = tmp_path / "list"
    listed.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*files[:2], "", *files[2:]]).encode())
    assert main([*command_line(asked), "speech", "--file", str(listed)]) == 0
    assert sent(state) == [list(FILES.values())]
    assert [line["audio"] for line in printed(capsys)] == files


def test_a_long_list_is_asked_in_parts(asked, state, files, tmp_path, monkeypatch, capsys):
    listed = tmp_path / "list"
    listed.write_text("".join(f"{path}\n" for path in files * 8), encoding="utf-8")
    assert main([*command_line(asked), "speech", "--file", str(listed)]) == 0
    assert [len(values) for values in sent(state)] == [32, 8]
    assert [line["audio"] for line in printed(capsys)] == files * 8
    monkeypatch.setattr(serving_client, "MOST_BYTES", 2**20)
    state.requests.clear()
    assert main([*command_line(asked), "speech", *files, *files]) == 0
    assert [len(values) for values in sent(state)] == [5, 5]


def test_texts_are_read_a_line_each_blank_ones_too(rest):
    running = run_client(rest, "sentiment", "--file", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, err = running.communicate("fine\n\nröde \u2028 x", timeout=30)
    assert (running.returncode, err) == (0, "")
    assert [json.loads(line)["text"] for line in out.strip().split("\n")] == ["fine", "", "röde \u2028 x"]


def test_a_text_for_a_model_of_files_needs_a_flag(asked, state, capsys):
    assert main([*command_line(asked), "--text", "speech", "no.wav"]) == 0
    assert printed(capsys) == [{"audio": "no.wav", "transcript": "heard 6 bytes"}]


@pytest.mark.parametrize("flag", [[], ["--file"]])
def test_a_file_that_cannot_be_read_is_one_message_with_its_path(asked, flag, state, files, tmp_path, capsys):
    for path, reason in ((tmp_path / "none.wav", "No such file"), (tmp_path, "Is a directory")):
        listed = tmp_path / "list"
        listed.write_text(f"{files[0]}\n{path}\n", encoding="utf-8")
        inputs = [*flag, str(listed)] if flag else [files[0], str(path)]
        assert main([*command_line(asked), "speech", *inputs]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith(f"error: {path}: {reason}")
        assert captured.err.count("\n") == 1
    assert sent(state) == [], "of a request whose files are not all there nothing is sent"


def test_a_list_that_cannot_be_read_is_one_message_with_its_path(asked, tmp_path, capsys):
    for path, reason in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        assert main([*command_line(asked), "speech", "--file", str(path)]) == 2
        assert capsys.readouterr().err.startswith(f"error: {path}: {reason}")
    nul = tmp_path / "nul"
    nul.write_bytes(b"a\0b\n")
    assert main([*command_line(asked), "speech", "--file", str(nul)]) == 2
    assert "embedded null" in capsys.readouterr().err
