"""Streams through the embedded server: exported, served, asked over either interface, many in a batch."""

import concurrent.futures
import json
import subprocess
import sys

import pytest
import streams
from corpora import PROJECT
from served import PATIENCE
from server_process import free_port

from export import FACTS_FILE, servable
from serving import client as serving_client
from serving import flags, server
from serving.client import Client

SOUNDS = [streams.sound(seed, 9_000 + 3_333 * seed) for seed in range(4)]
BATCHING = "max_batch_size { value: 16 } batch_timeout_micros { value: 20000 }"


@pytest.fixture(scope="module")
def model():
    return streams.model()


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    files = [samples.tobytes() for samples in SOUNDS]
    servable.write(model, {"audio": files}, "speech", folder / "speech" / "1")
    return folder


@pytest.fixture(scope="module")
def running(folder):
    (folder / "batching.config").write_text(BATCHING, encoding="utf-8")
    arguments = ["--model_name=speech", f"--model_base_path={folder / 'speech'}", "--enable_batching"]
    arguments += [f"--batching_parameters_file={folder / 'batching.config'}"]
    arguments += [f"--rest_api_port={free_port()}", f"--port={free_port()}"]
    running = server.Server(flags.parsed(arguments))
    running.start()
    yield running
    running.stop()


@pytest.fixture(params=["rest", "grpc"])
def client(request, running):
    if request.param == "rest":
        return Client(f"http://127.0.0.1:{running.rest_port}", timeout=PATIENCE)
    return Client(f"127.0.0.1:{running.grpc_port}", timeout=PATIENCE, grpc=True)


def heard(client, samples, cuts):
    answers = list(client.stream("speech", streams.cut(samples.tobytes(), cuts)))
    assert [answer["pending"] for answer in answers][-1] == ""
    return "".join(answer["final"] for answer in answers), answers


def test_a_stream_hears_what_the_network_does(model, client):
    text, answers = heard(client, SOUNDS[3], [5120, 5121, 20_001])
    assert len(text) > 3
    assert text == streams.transcript(model.network, SOUNDS[3])
    assert answers[0]["latency_ms"] == 175
    assert answers[-1] == {
        "final": answers[-1]["final"],
        "pending": "",
        "endpoint": 0,
        "seconds": pytest.approx(len(SOUNDS[3]) / 16_000),
    }


def test_streams_that_share_batches_hear_what_each_does_alone(model, client):
    """Their requests differ in size, and each is at another place of its sound."""
    expected = [streams.transcript(model.network, samples) for samples in SOUNDS]
    with concurrent.futures.ThreadPoolExecutor(len(SOUNDS)) as pool:
        jobs = [
            pool.submit(heard, client, samples, range(0, 2 * len(samples), 2_345 + 1_111 * number))
            for number, samples in enumerate(SOUNDS)
        ]
        assert [job.result()[0] for job in jobs] == expected


def test_the_state_is_read_off_the_metadata_and_its_size_off_a_file_beside_it(folder, running):
    client = Client(f"http://127.0.0.1:{running.rest_port}", timeout=PATIENCE)
    signatures = client.metadata("speech")
    assert {"serving_default", "stream_start", "stream_step", "stream_finish"} <= set(signatures)
    state = {name for name in signatures["stream_step"]["inputs"] if name != "pcm"}
    assert state == {name for name in signatures["stream_start"]["outputs"] if name.startswith("state_")}
    assert set(signatures["stream_finish"]["inputs"]) == {"pcm", *state}
    assert set(signatures["stream_finish"]["outputs"]) == {"final", "pending", "endpoint", "seconds"}
    facts = json.loads((folder / "speech" / "1" / FACTS_FILE).read_text(encoding="utf-8"))
    assert facts["stream_start"]["latency_ms"] == 175


def test_a_state_of_another_shape_is_refused(running):
    client = Client(f"http://127.0.0.1:{running.rest_port}", timeout=PATIENCE)
    first = client.predict("speech", [b""], signature_name="stream_start")
    state = {name: value for name, value in first.items() if name.startswith("state_")}
    state["state_word"] = [[0.0] * 7]
    with pytest.raises(
        serving_client.ServingClientError, match="not compatible with expected shape"
    ) as caught:
        client.predict("speech", {"pcm": [b""], **state}, signature_name="stream_step")
    assert caught.value.status == 400


def test_the_command_prints_the_text_of_a_pipe(model, running):
    command = [sys.executable, str(PROJECT / "serving" / "client.py"), "speech", "--stream", "-"]
    command += ["--url", f"http://127.0.0.1:{running.rest_port}"]
    done = subprocess.run(command, input=SOUNDS[2].tobytes(), capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == streams.transcript(model.network, SOUNDS[2]) + "\n"
