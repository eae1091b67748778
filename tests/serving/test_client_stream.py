"""Streams of the client: what it sends of a sound that comes, and what it prints meanwhile. The stub hears letters
where a server hears sound.
"""

import io
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import time
import wave

import client_stubs
import pytest
from corpora import PROJECT
from tensorflow_serving.apis import predict_pb2

from serving import client as serving_client
from serving.client import Client, ServingClientError, main

TEXT = b"one two. th" + b"ree four."


@pytest.fixture(autouse=True)
def streaming(state):
    state.streams["speech"] = client_stubs.STREAM


def command_line(asked):
    return ["--url", asked["url"], *(["--grpc"] if asked.get("grpc") else [])]


def wav(samples, rate=16_000, channels=1, width=2):
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return stream.getvalue()


def asked_signatures(state):
    """Signature and version of all predict requests."""
    found = []
    for request in state.requests:
        if isinstance(request, predict_pb2.PredictRequest):
            found.append((request.model_spec.signature_name, request.model_spec.version.value))
        elif isinstance(request, tuple) and request[2] is not None:
            found.append((request[2]["signature_name"], int(request[1].split("/")[5].split(":")[0])))
    return found


def test_a_stream_is_heard_piece_by_piece_and_its_state_goes_back(asked, state):
    answers = list(Client(**asked).stream("speech", [b"one t", b"", b"wo", b" three"]))
    assert [answer["final"] for answer in answers] == ["one", "", "", " two", " three"]
    assert [answer["pending"] for answer in answers] == [" t", " t", " two", " three", ""]
    assert answers[-1]["seconds"] == pytest.approx(13 / 32_000)
    assert set(answers[0]) == {"final", "pending", "endpoint", "seconds"}
    names = [name for name, _ in asked_signatures(state)]
    assert names == ["stream_start", *["stream_step"] * 3, "stream_finish"]


def test_the_version_that_begins_a_stream_answers_all_of_it(asked, state):
    def pieces():
        yield b"a"
        state.versions = [(3, "AVAILABLE"), (2, "AVAILABLE")]
        yield b"b"

    list(Client(**asked).stream("speech", pieces()))
    assert {version for _, version in asked_signatures(state)} == {2}


def test_a_stream_of_nothing_ends_well(asked):
    answers = list(Client(**asked).stream("speech", []))
    assert [(answer["final"], answer["seconds"]) for answer in answers] == [("", 0), ("", 0)]


def test_a_model_without_streams_says_what_it_has(asked):
    with pytest.raises(ValueError, match="no signature 'stream_start'; the model has serving_default"):
        list(Client(**asked).stream("sentiment", [b"a"]))
    with pytest.raises(ServingClientError, match="Servable not found"):
        list(Client(**asked).stream("nobody", [b"a"]))


@pytest.mark.parametrize("head", ["bare", "wav"])
def test_the_command_prints_a_line_an_utterance(asked, head, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(serving_client, "MOST_PCM", 8)
    path = tmp_path / "sound"
    path.write_bytes(TEXT if head == "bare" else wav(TEXT))
    assert main([*command_line(asked), "speech", "--stream", str(path)]) == 0
    printed = capsys.readouterr()
    assert (printed.out.split(), printed.err) == (["one", "two.", "three", "four."], "")
    assert printed.out == ("one two.\nthree four.\n" if head == "wav" else "one two. three four.\n")


def test_the_command_prints_whole_answers_on_demand(asked, tmp_path, capsys):
    path = tmp_path / "sound"
    path.write_bytes(b"one two")
    assert main([*command_line(asked), "speech", "--whole", "--stream", str(path)]) == 0
    first, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["final"], first["pending"], last["final"], last["endpoint"]) == ("one", " two", " two", 0)


HEADERS = {
    "as of a pipe": lambda data: data[:40] + b"\xff\xff\xff\xff" + data[44:],
    "of no size": lambda data: data[:4] + bytes(4) + data[8:40] + bytes(4) + data[44:],
    "with a list before": lambda data: data[:36] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + data[36:],
    "with a list behind": lambda data: data + b"LIST" + struct.pack("<I", 4) + b"abcd",
    "extensible": lambda data: (
        data[:16]
        + struct.pack("<IH", 40, 0xFFFE)
        + data[22:36]
        + struct.pack("<HHIH", 22, 16, 4, 1)
        + b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
        + data[36:]
    ),
}


@pytest.mark.parametrize("header", HEADERS)
def test_headers_that_writers_of_streams_make(rest, header, tmp_path, capsys):
    path = tmp_path / "sound.wav"
    path.write_bytes(HEADERS[header](wav(b"a bc")))
    assert main(["--url", rest, "speech", "--stream", str(path)]) == 0
    assert capsys.readouterr().out == "a bc\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            wav(b"abcd", channels=2),
            "2 channels, 16000 Hz, 16 bits, format 1; a stream has 1 channel, 16000 Hz",
        ),
        (wav(b"abcd", rate=44_100), "1 channel, 44100 Hz, 16 bits"),
        (wav(b"abcd", width=1), "1 channel, 16000 Hz, 8 bits"),
        (wav(b"abcd")[:20] + b"\x03\0" + wav(b"abcd")[22:], "1 channel, 16000 Hz, 16 bits, format 3"),
        (wav(b"abcd")[:30], "a WAV file without samples"),
        (b"RIFF", "a WAV file without samples"),
        (None, "No such file or directory"),
    ],
    ids=["channels", "rate", "bits", "format", "header alone", "four letters", "no file"],
)
def test_a_sound_that_cannot_be_streamed_is_one_message(asked, data, says, tmp_path, capsys, state):
    path = tmp_path / "sound.wav"
    if data is not None:
        path.write_bytes(data)
    assert main([*command_line(asked), "speech", "--stream", str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"error: {path}: {says}")
    assert printed.err.count("\n") == 1
    assert asked_signatures(state) == []


@pytest.mark.parametrize(
    "arguments", [["x", "--stream", "-"], ["--file", "list", "--stream", "-"], ["--stream", "-", "--text"]]
)
def test_a_stream_is_asked_for_alone(arguments):
    with pytest.raises(SystemExit, match="2"):
        main(["speech", *arguments])


def started(rest, **options):
    command = [
        sys.executable,
        str(PROJECT / "serving" / "client.py"),
        "--url",
        rest,
        "speech",
        "--stream",
        "-",
    ]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_a_pipe_is_heard_while_it_is_written(rest):
    with started(rest, stdout=subprocess.PIPE) as running:
        running.stdin.write(b"one two ")
        running.stdin.flush()
        assert running.stdout.read(7) == b"one two"
        assert running.poll() is None
        running.stdin.write(b"three")
        out, err = running.communicate(timeout=60)
    assert (out, err, running.returncode) == (b" three\n", b"", 0)


def test_ctrl_c_ends_the_sound_and_its_last_word_is_printed(rest):
    with started(rest, stdout=subprocess.PIPE) as running:
        running.stdin.write(b"one two")
        running.stdin.flush()
        assert running.stdout.read(3) == b"one"
        time.sleep(0.2)  # it reads again
        running.send_signal(signal.SIGINT)
        assert running.stdout.read() == b" two\n"
        assert (running.stderr.read(), running.wait(60)) == (b"", 0)


def test_a_terminal_shows_what_may_change_too(rest):
    here, there = pty.openpty()
    with started(rest, stdout=there) as running:
        os.close(there)
        running.stdin.write(b"one two")
        running.stdin.close()
        shown = b""
        while not shown.endswith(b"two\x1b[J\x1b7\x1b8\r\n"):
            shown += os.read(here, 1000)
        assert shown == b"one\x1b[J\x1b7 two\x1b8 two\x1b[J\x1b7\x1b8\r\n"
        assert running.wait(60) == 0
    os.close(here)
