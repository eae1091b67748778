"""The embedded server against what goes wrong: bad versions, bad requests, slow clients, signals, ports in
use.
"""

import contextlib
import gzip
import http.client
import json
import pathlib
import shutil
import signal
import socket
import threading
import time
from concurrent import futures

import grpc
import numpy as np
import pytest
import tensorflow as tf
from server_process import MODEL, PATIENCE, Running, publish, publish_first, save, spawn, wait_for
from tensorflow_serving.apis import (
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

BODY_SECONDS = 4  # that the server gives a request to arrive
REST_THREADS = 8
SLOW_SECONDS = 1.5


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Two versions, to be copied."""
    folder = tmp_path_factory.mktemp("versions")
    for version in (1, 5):
        save(folder / str(version), version)
    return folder


@pytest.fixture
def serve(tmp_path, versions):
    """A function that starts a server of version 1; the server ends with the test."""
    running = []

    def start(*flags):
        publish_first(tmp_path, versions)
        running.append(Running(tmp_path / "models", *flags))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, versions):
    """A server whose clients misbehave."""
    folder = tmp_path_factory.mktemp("misused")
    publish_first(folder, versions)
    publish_first(folder / "models" / ".." / "outside", versions)
    flags = f"--rest_api_timeout_in_ms={1000 * BODY_SECONDS}", f"--rest_api_num_threads={REST_THREADS}"
    running = Running(folder / "models", *flags).wait()
    yield running
    running.close()


def test_bad_versions_under_load_leave_the_old_one_serving(serve, versions, tmp_path):
    """An empty, a truncated and a garbage version come; each is reported, none is missed, and a good one
    follows.
    """
    server = serve("--max_num_load_retries=0", "--file_system_poll_wait_seconds=1").wait()
    folder = tmp_path / "models" / MODEL
    for name in ("truncated", "garbage"):
        shutil.copytree(versions / "1", tmp_path / name)
    graph = tmp_path / "truncated" / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])
    (tmp_path / "garbage" / "saved_model.pb").write_bytes(np.random.default_rng(1).bytes(5000))
    (tmp_path / "empty").mkdir()
    stop, answers = threading.Event(), []

    def load():
        while not stop.is_set():
            answers.append(tuple(server.predict([2.0, 4.0])))

    with futures.ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(load) for _ in range(4)]
        try:
            for version, name in ((2, "empty"), (3, "truncated"), (4, "garbage")):
                (tmp_path / name).rename(folder / str(version))
                wait_for(lambda version=version: server.states().get(version, [""])[0] == "END")
                assert server.states()[version][1]
                assert server.states()[1] == ("AVAILABLE", "")
            assert set(answers) == {(2.0, 3.0)}
            publish(versions / "5", folder / "5")
            wait_for(lambda: server.states()[1][0] == "END")
            assert server.states()[5] == ("AVAILABLE", "")
            seen = len(answers)
            wait_for(lambda: len(answers) > seen + 20)
        finally:
            stop.set()
        for client in clients:
            client.result()
    assert set(answers) == {(2.0, 3.0), (6.0, 7.0)}
    assert answers[-1] == (6.0, 7.0)


def test_sigterm_lets_requests_in_flight_finish(serve):
    """Slow requests over REST and gRPC are answered after the signal; then the exit code is 0."""
    server = serve().wait()
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = MODEL, "slow"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto([SLOW_SECONDS]))
    with (
        grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel,
        futures.ThreadPoolExecutor(4) as pool,
    ):
        grpc.channel_ready_future(channel).result(PATIENCE)
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        rest = [pool.submit(server.predict, [SLOW_SECONDS], "slow") for _ in range(2)]
        calls = [pool.submit(stub.Predict, request, timeout=PATIENCE) for _ in range(2)]
        time.sleep(SLOW_SECONDS / 3)
        assert not any(future.done() for future in rest + calls)
        server.process.send_signal(signal.SIGTERM)
        assert [future.result() for future in rest] == [[SLOW_SECONDS / 2 + 1]] * 2
        assert [future.result().outputs["y"].float_val[0] for future in calls] == [SLOW_SECONDS / 2 + 1] * 2
    assert server.process.wait(PATIENCE) == 0
    assert "Traceback" not in server.text()


def test_sigterm_ends_a_server_that_waits_for_its_first_version(serve, tmp_path):
    """Load retries may take minutes; a signal does not wait for them."""
    server = serve("--max_num_load_retries=100")
    (tmp_path / "models" / MODEL / "1" / "saved_model.pb").write_bytes(b"garbage")
    wait_for(lambda: "load failure" in server.text())
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    "sent",
    [
        f"POST /v1/models/{MODEL}:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
        + '{"instances": ',
        f"POST /v1/models/{MODEL}:predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n",
        f"POST /v1/models/{MODEL}:predict HTTP/1.1\r\nHost: x\r\n",
    ],
    ids=["body", "chunks", "head"],
)
def test_a_request_that_never_ends_is_cut_off(server, sent):
    with server.still_serving(), socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(sent.encode())
        begun = time.monotonic()
        while client.recv(1000):
            pass
        assert BODY_SECONDS * 0.5 < time.monotonic() - begun < PATIENCE


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_a_body_over_the_limit_gets_an_error(server, is_chunked):
    """Also to a client that reads only once it has sent all."""
    body = b" " * (100 * 2**20)
    with server.still_serving():
        begun = time.monotonic()
        status, text = server.ask(body=iter([body]) if is_chunked else body)
        assert time.monotonic() - begun < PATIENCE / 2
    assert (status, json.loads(text).keys()) == (400, {"error"})


def test_a_head_without_end_gets_an_error(server):
    """Also where the client sends on before it reads."""
    for size in (2**17, 2**20, 2**23):
        status, text = server.ask(headers={"X": "x" * size}, body=b"{}")
        assert (status, text) == (400, "The request's head is too large.")


def test_what_is_no_http_gets_an_error_even_if_there_is_more_of_it(server):
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(b"\x00\xff" * 2**22)
        assert client.makefile("rb").readline() == b"HTTP/1.1 400 Bad Request\r\n"
    assert server.predict([2.0]) == [2.0]


def test_a_gzip_bomb_gets_an_error(server):
    bomb = gzip.compress(b"\0" * 2**28, 1)
    with server.still_serving():
        begun = time.monotonic()
        status, text = server.ask(body=bomb, headers={"Content-Encoding": "gzip"})
        assert time.monotonic() - begun < PATIENCE / 2
    assert (status, json.loads(text).keys()) == (400, {"error"})


def test_a_thousand_idle_connections_do_not_stop_others(server):
    with contextlib.ExitStack() as idle, server.still_serving():
        for _ in range(1000):
            idle.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
        time.sleep(0.2)


def test_state_is_told_while_every_thread_waits_for_a_model(server):
    """Readiness is asked when the server is busiest."""
    body = json.dumps({"signature_name": "slow", "instances": [60.0]})
    with futures.ThreadPoolExecutor(REST_THREADS) as pool:
        waiting = [pool.submit(server.ask, body=body) for _ in range(REST_THREADS)]
        time.sleep(BODY_SECONDS / 4)
        assert server.states()[1] == ("AVAILABLE", "")
        assert not any(future.done() for future in waiting)
        assert {future.result()[0] for future in waiting} == {504}
    assert server.predict([2.0]) == [2.0]


def test_answers_on_a_kept_connection_are_not_held_back(server):
    """Nagle's algorithm and a delayed acknowledgement together take 40 ms."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    times = []
    with contextlib.closing(connection):
        for _ in range(100):
            begun = time.monotonic()
            connection.request("POST", f"/v1/models/{MODEL}:predict", b'{"instances": [2.0]}')
            assert connection.getresponse().read()
            times.append(time.monotonic() - begun)
    assert min(times[50:]) < 0.035, "held back, every one is, from about the sixteenth on"


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances": \xff\xfe}',
        b"\x00" * 100,
        *(
            b'{"instances": ' + b"[" * depth + b"1" + b"]" * depth + b"}"
            for depth in (70, 500, 930, 985, 10**6)
        ),
        *(b'{"instances": ' + b'{"x":' * depth + b"1" + b"}" * depth + b"}" for depth in (70, 930, 985)),
        b"[" * 10**6,
    ],
    ids=[
        "utf-8",
        "zeros",
        "70",
        "500",
        "930",
        "985",
        "million",
        "objects 70",
        "objects 930",
        "objects 985",
        "open",
    ],
)
def test_a_body_that_makes_no_sense_gets_an_error(server, body):
    status, text = server.ask(body=body)
    assert status == 400, text
    assert json.loads(text).keys() == {"error"}
    assert server.predict([2.0]) == [2.0]


@pytest.mark.parametrize(
    "name", ["../outside/models/half", "%2e%2e", "..%2foutside%2fmodels%2fhalf", "half%2f1", "%ff"]
)
def test_names_are_never_paths(server, name):
    """There is a model at each of these paths, or a folder; neither is found."""
    for verb, path in (("POST", f"/v1/models/{name}:predict"), ("GET", f"/v1/models/{name}")):
        status, text = server.ask(path, '{"instances": [1.0]}', verb)
        assert status == (400 if "/" in name else 404), text


def test_names_over_grpc_are_never_paths(server):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "../outside/models/half"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto([1.0]))
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        with pytest.raises(grpc.RpcError) as caught:
            prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=PATIENCE)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_calls_without_a_deadline_are_answered(server):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = MODEL
    request.inputs["x"].CopyFrom(tf.make_tensor_proto([2.0]))
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        assert list(stub.Predict(request).outputs["y"].float_val) == [2.0]
        reload = model_management_pb2.ReloadConfigRequest()
        folder = str(server.folder / MODEL)
        reload.config.model_config_list.config.add(name=MODEL, base_path=folder, model_platform="tensorflow")
        assert (
            not model_service_pb2_grpc.ModelServiceStub(channel)
            .HandleReloadConfigRequest(reload)
            .status.error_code
        )


def test_only_this_machine_is_listened_to_by_default(server):
    """Every listening socket of the process has the address 127.0.0.1."""
    inodes = {str(path.readlink()) for path in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()}
    listening = []
    for table in ("tcp", "tcp6"):
        rows = [row.split() for row in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]]
        listening += [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
    # gRPC's is an IPv6 socket with an IPv4 address.
    assert {address[-13:] for address in listening} == {
        f"0100007F:{p:04X}" for p in (server.port, server.grpc_port)
    }
    assert all(address[:-13] in ("", "0" * 16 + "FFFF0000") for address in listening)


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["folder", "--nonsense"],
        ["folder", "--model_base_path=x"],
        ["--model_name=x"],
        ["folder", "--port=70000"],
    ],
    ids=["none", "unknown", "two sources", "no path", "port"],
)
def test_wrong_flags_end_with_2(flags):
    process = spawn(*flags)
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert error.splitlines()[-1].startswith("python -m serving: error: ")
