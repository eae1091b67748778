"""What the server says before TensorFlow is there, and that it is never silent for long."""

import io
import json
import logging
import os
import pathlib
import socket
import subprocess
import sys
import time
import types
import urllib.request

import pytest
from corpora import PROJECT
from server_process import MODEL, PATIENCE, Running, free_port, publish_first, save, spawn, wait_for

from serving import flags, starting
from serving.client import program_version

WITHOUT_TENSORFLOW = """
import runpy, sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "grpc", "uvicorn"):
            raise AssertionError(f"{name} was imported")
sys.meta_path.insert(0, Refusing())
sys.argv = ["serving", *sys.argv[1:]]
runpy.run_module("serving", run_name="__main__")
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("versions")
    save(folder / "1", 1)
    return folder


def said_at_once(*words, cwd=PROJECT):
    """The exit code and stderr of a server that must not get as far as importing TensorFlow."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command_line = [sys.executable, "-c", WITHOUT_TENSORFLOW, *map(str, words)]
    done = subprocess.run(
        command_line, cwd=cwd, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    return done.returncode, done.stderr


def test_a_folder_without_models_is_said_without_tensorflow(tmp_path):
    assert said_at_once(tmp_path / "absent") == (
        2,
        f"error: {tmp_path / 'absent'}: cannot be read: No such file or directory\n",
    )
    code, error = said_at_once(tmp_path)
    assert code == 2
    assert error.startswith(
        f"error: {tmp_path}: no model is here; expected folders such as NAME/1/saved_model.pb"
    )


@pytest.mark.parametrize("flag", ["--rest_api_port", "--port"])
def test_a_port_in_use_is_said_without_tensorflow_and_with_its_flag(tmp_path, flag):
    (tmp_path / "m" / "1").mkdir(parents=True)
    other = {"--rest_api_port": "--port", "--port": "--rest_api_port"}[flag]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, error = said_at_once(tmp_path, f"{flag}={port}", f"{other}=0")
        assert code == 2
        assert error.startswith(f"error: 127.0.0.1:{port} cannot be listened on: Address already in use; ")
        assert error.endswith(f"choose another port with {flag}\n")
        assert "Traceback" not in error


def test_a_configuration_that_cannot_be_is_said_without_tensorflow(tmp_path):
    config = tmp_path / "models.config"
    config.write_text('\ufeffmodel_config_list { config { name: "m" base_path: "m" } }', encoding="utf-8")
    code, error = said_at_once(
        f"--model_config_file={config}", "--port=0", "--rest_api_port=0", "--host=127.0.0.1"
    )
    assert code == 2  # both ports are 0
    code, error = said_at_once(f"--model_config_file={config}", "--port=0", f"--rest_api_port={free_port()}")
    assert (code, error) == (
        2,
        "error: Expected model m to have an absolute path or URI; got base_path()=m\n",
    )


def test_a_model_without_a_version_is_said_at_once_and_waited_for(tmp_path, caplog):
    chosen = flags.parsed(
        [f"--model_base_path={tmp_path / 'absent'}", "--port=0", f"--rest_api_port={free_port()}"]
    )
    starting.check(chosen)
    assert f"default: {tmp_path / 'absent'}: No such file or directory" in caplog.text
    (tmp_path / "absent").mkdir()
    starting.check(chosen)
    assert f"default: {tmp_path / 'absent'}: no version is here yet" in caplog.text


def test_each_model_is_announced_as_it_begins_and_ends_loading(tmp_path, versions):
    publish_first(tmp_path, versions)
    server = Running(tmp_path / "models").wait()
    try:
        lines = server.text().splitlines()
    finally:
        server.close()
    order = [
        "Loading TensorFlow ...",
        "TensorFlow loaded in",
        f"Loading servable version {{name: {MODEL} version: 1}}",
    ]
    order.append(f"Successfully loaded servable version {{name: {MODEL} version: 1}} in ")
    places = [next(place for place, line in enumerate(lines) if part in line) for part in order]
    assert places == sorted(places)


def test_a_dot_says_that_the_server_still_starts(monkeypatch):
    monkeypatch.setattr(starting, "SILENT_SECONDS", 0.05)
    shown = starting.Log()
    shown.stream = io.StringIO()
    record = logging.LogRecord("serving", logging.INFO, "", 0, "said", None, None)
    with shown.alive():
        shown.handle(record)
        wait_for(lambda: shown.stream.getvalue().endswith(".."))
        shown.handle(record)
        wait_for(lambda: shown.stream.getvalue().endswith("."))
    said = shown.stream.getvalue()
    assert [line.strip(".") for line in said.splitlines()] == ["said", "", "said", ""]
    time.sleep(0.2)
    assert shown.stream.getvalue() == said, "nothing comes after the start"


class Full(io.StringIO):
    """What writes to a full disk."""

    tries = 0

    def write(self, text):
        self.tries += 1
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_ends_nothing(monkeypatch):
    monkeypatch.setattr(starting, "SILENT_SECONDS", 0.01)
    shown = starting.Log()
    shown.stream = Full()
    with shown.alive():
        wait_for(lambda: shown.stream.tries > 2)


@pytest.mark.parametrize(
    ("soft", "hard", "wanted"),
    [(1024, -1, 10_240), (1024, 4096, 4096), (4096, 4096, None), (-1, -1, None), (20_000, -1, None)],
)
def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(monkeypatch, soft, hard, wanted):
    """macOS names no hard limit, and refuses all of it."""
    asked = []
    stand_in = types.SimpleNamespace(
        RLIMIT_NOFILE=7,
        RLIM_INFINITY=-1,
        getrlimit=lambda which: (soft, hard),
        setrlimit=lambda which, limits: asked.append(limits),
    )
    monkeypatch.setitem(sys.modules, "resource", stand_in)
    starting.allow_many_files()
    assert asked == ([] if wanted is None else [(wanted, hard)])


def test_a_limit_that_cannot_be_raised_or_is_not_there_stops_nothing(monkeypatch):
    def refuse(which, limits):
        raise ValueError("current limit exceeds maximum limit")

    stand_in = types.SimpleNamespace(
        RLIMIT_NOFILE=7, RLIM_INFINITY=-1, getrlimit=lambda which: (1, 2), setrlimit=refuse
    )
    monkeypatch.setitem(sys.modules, "resource", stand_in)
    starting.allow_many_files()
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    starting.allow_many_files()


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="needs /dev/full")
def test_say_to_a_full_disk_is_a_warning():
    code = "from serving import starting; starting.start_log(); starting.say('serving m')"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
        )
    assert done.returncode == 0
    assert done.stderr.endswith("WARNING stdout cannot be written: No space left on device; serving m\n")


QUIET_IMPORT = """
import os, sys
from serving import starting
log = starting.start_log()
with starting.quiet(log):
    os.write(2, b"noise of a library\\n")
    log._write("from the log\\n")
    print("from Python", file=sys.stderr)
    if sys.argv[1:]:
        raise ImportError("a library is damaged")
log._write("after\\n")
"""


@pytest.mark.parametrize(
    ("level", "arguments", "shown"),
    [
        ("3", [], "from the log\nfrom Python\nafter\n"),
        ("0", [], "noise of a library\nfrom the log\nfrom Python\nafter\n"),
        ("3", ["fail"], "from the log\nfrom Python\nnoise of a library\nTraceback"),
    ],
    ids=["quiet", "asked for", "failed"],
)
def test_libraries_are_quiet_while_they_are_imported_unless_they_are_asked_or_fail(level, arguments, shown):
    command = [sys.executable, "-c", QUIET_IMPORT, *arguments]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": level}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=100)
    assert done.stderr.startswith(shown)


def test_stdout_that_is_full_or_ascii_stops_nothing(tmp_path, versions):
    name = "fünf [v1] *"
    (tmp_path / "models [v1]" / name).mkdir(parents=True)
    save(tmp_path / "models [v1]" / name / "1", 5)
    port = free_port()
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    flag_words = tmp_path / "models [v1]", "--port=0", f"--rest_api_port={port}"
    process = spawn(*flag_words, env=environment)
    try:
        assert process.stdout.readline().startswith("serving f\\xfcnf [v1] *: REST on ")
        url = f"http://127.0.0.1:{port}/v1/models/f%C3%BCnf%20%5Bv1%5D%20%2A:predict"
        with urllib.request.urlopen(url, b'{"instances": [2.0]}', timeout=PATIENCE) as response:
            assert json.loads(response.read()) == {"predictions": [6.0]}
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_the_version_is_the_projects_and_said_without_tensorflow():
    assert said_at_once("--version")[0] == 0
    done = subprocess.run(
        [sys.executable, "-m", "serving", "--version"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"serving {program_version()}\n"
