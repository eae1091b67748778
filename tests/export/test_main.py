"""The command: what is known early is said early, and nothing is left or lost."""

import errno
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import tensorflow as tf
from corpora import PROJECT

import export.__main__ as command
from export import folders, gates, servable


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def passing(monkeypatch):
    """Gates that pass at once, and a servable that is a file: what is tested here is around them."""
    monkeypatch.setattr(gates, "check", lambda *_: iter(["gates 1 to 6"]))

    def write(model, requests, name, folder):
        folder.mkdir()
        (folder / "saved_model.pb").write_text(name, encoding="utf-8")

    monkeypatch.setattr(servable, "write", write)


def test_a_model_can_be_named_otherwise_and_what_is_proposed_is_quoted(passing, tiny_run, tmp_path, capsys):
    to = tmp_path / "my models"
    assert command.main([str(tiny_run), "--to", str(to), "--name", "50% it's"]) == 0
    assert names(to) == ["50% it's", "models.config"]
    printed = capsys.readouterr().out
    assert f"python -m serving '{to}'" in printed
    assert "localhost:8501/v1/models/50%25%20it%27s:predict" in printed


def test_a_run_in_a_folder_with_brackets_is_exported(passing, tiny_run, tmp_path):
    run = tmp_path / "runs [1]" / "2024"
    shutil.copytree(tiny_run, run)
    assert command.main([f"{run}/.", "--to", str(tmp_path / "served [*]")]) == 0
    assert names(tmp_path / "served [*]") == ["2024", "models.config"]


def test_a_model_of_the_zoo_is_exported_by_its_name(passing, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command.main(["sentiment"]) == 0
    assert names(tmp_path / "servables") == ["models.config", "sentiment"]
    asked = re.search(r"curl -d @(\S+) localhost:8501/v1/models/sentiment:predict", capsys.readouterr().out)
    assert "inputs" in json.loads(pathlib.Path(asked[1]).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--version", "1"], "this version is there already"),
        (["--name", "a:b"], "cannot be a model's name"),
        (["--to", "{folder}/file"], "it is no folder"),
        (["--to", "{folder}/file/x"], "cannot be written: Not a directory"),
        (["--to", "x" * 300], "File name too long"),
        (["--serving", "1.15"], "expected a version of TensorFlow Serving from 2.12"),
    ],
    ids=["version", "name", "file", "under a file", "too long", "serving"],
)
def test_what_can_be_known_early_is_said_before_tensorflow(
    arguments, message, tiny_run, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(command.environment, "import_keras", lambda: pytest.fail("too late"))
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "tiny" / "1").mkdir(parents=True)
    arguments = [argument.format(folder=tmp_path) for argument in arguments]
    with pytest.raises(SystemExit, match="2"):
        command.main([str(tiny_run), "--to", str(tmp_path), *arguments])
    assert message in capsys.readouterr().err


def test_a_configuration_that_cannot_be_read_is_said_before_any_work(tiny_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command.environment, "import_keras", lambda: pytest.fail("too late"))
    (tmp_path / folders.CONFIG_FILE).write_text("model_config_list {", encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        command.main([str(tiny_run), "--to", str(tmp_path)])
    assert "models.config: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        tf.errors.ResourceExhaustedError(None, None, "x/variables; No space left on device"),
    ],
    ids=["OSError", "TensorFlow's error"],
)
def test_a_disk_that_fills_up_is_one_message(error, passing, tiny_run, tmp_path, monkeypatch, capsys):
    def write(model, requests, name, folder):
        raise error

    monkeypatch.setattr(servable, "write", write)
    with pytest.raises(SystemExit, match="2"):
        command.main([str(tiny_run), "--to", str(tmp_path)])
    complaint = capsys.readouterr().err
    assert (
        f"error: {tmp_path / 'tiny'}: the servable cannot be written: No space left on device\n" in complaint
    )
    assert names(tmp_path / "tiny") == []


def test_a_disk_that_is_full_is_said_before_any_work(tiny_run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1000, 999, 1))
    with pytest.raises(SystemExit, match="2"):
        command.main([str(tiny_run), "--to", str(tmp_path)])
    assert "1 bytes are free there" in capsys.readouterr().err
    assert names(tmp_path / "tiny") == []


def test_what_fails_after_publication_does_not_undo_it(passing, tiny_run, tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "x")

    monkeypatch.setattr(folders.os, "replace", refuse)
    monkeypatch.setattr(folders, "prune", refuse)
    assert command.main([str(tiny_run), "--to", str(tmp_path), "--keep", "1"]) == 0
    printed = capsys.readouterr()
    assert "published as" in printed.out
    assert "warning: the servable is published, but not all old versions were removed: " in printed.err
    assert "models.config is as it was" in printed.err
    assert "1" in names(tmp_path / "tiny")


@pytest.mark.parametrize(
    ("stage", "number", "code"),
    [("loading TensorFlow", signal.SIGINT, 130), ("writing the servable", signal.SIGTERM, 143)],
    ids=["Ctrl-C while importing", "SIGTERM while writing"],
)
def test_a_signal_ends_an_export_without_a_trace(stage, number, code, tiny_run, tmp_path):
    arguments = [sys.executable, "-m", "export", str(tiny_run), "--to", str(tmp_path)]
    with subprocess.Popen(arguments, cwd=PROJECT, stderr=subprocess.PIPE, text=True) as process:
        said = ""
        while stage not in said:
            character = process.stderr.read(1)
            assert character, said
            said += character
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        fresh = children.read_text(encoding="ascii").split() if children.exists() else []
        process.send_signal(number)
        rest = process.communicate()[1]
    assert process.returncode == code
    assert "Traceback" not in said + rest
    assert names(tmp_path / "tiny") == []
    for child in fresh:
        ended = time.monotonic() + 60
        while pathlib.Path(f"/proc/{child}/cmdline").exists():
            if b"export.fresh" not in pathlib.Path(f"/proc/{child}/cmdline").read_bytes():
                break  # only a zombie that nobody waits for, or another process
            assert time.monotonic() < ended, "the fresh process outlives the export"
            time.sleep(0.1)


def test_the_version_of_the_package(capsys):
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("keras_seq ")
    with pytest.raises(SystemExit, match="2"):
        command.main([])
    assert "RUN" in capsys.readouterr().err
