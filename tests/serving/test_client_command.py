"""The client's command: what it sends, prints and ends with, against stubs of both interfaces."""

import base64
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import tomllib

import client_stubs
import pytest
from corpora import PROJECT
from tensorflow_serving.apis import (
    predict_pb2,
)

from serving import client as serving_client
from serving.client import main

SERVING = PROJECT / "serving"


def command_line(asked):
    return ["--url", asked["url"], *(["--grpc"] if asked.get("grpc") else [])]


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
TEXT = "Zoë wrote of a day in Oslo"
ENTITIES = [
    {"text": "Zoë", "type": "per", "end": 3, "start": 0, "score": 0.75},
    {"text": "Oslo", "type": "creative-work", "end": 21, "start": 17, "score": 1.0},
]
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
    others = client_stubs.outputs_of

    def answered(model, inputs):
        answers = {"ner": TAGGED, "readable_entities": ROWS}.get(model)
        if answers is None:
            return others(model, inputs)
        rows = [
            {name: values if text else [type(values[0])()] * len(values) for name, values in answers.items()}
            for text in inputs["text"]
        ]
        return {name: [row[name] for row in rows] for name in answers}

    monkeypatch.setattr(client_stubs, "outputs_of", answered)
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
