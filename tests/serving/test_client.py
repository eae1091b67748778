"""The client, against stubs of both interfaces that speak the documented API."""

import sys
import threading
import time

import pytest
from client_stubs import start_grpc, start_rest

from serving import client as serving_client
from serving.client import Client, ServingClientError


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
