"""Applications of new kinds, that live here alone, go through everything; no shared file knows of them.

`glimpse`: files of frames -> a label, with a frozen backbone.
`tone`: files of sounds -> a label. `legend`: files of vectors -> a sequence, with several true ones.
"""

import gzip
import json
import pathlib
import re
import subprocess
import sys

import glimpse
import legend
import numpy as np
import pytest
import tone
from corpora import PROJECT
from refusals import refused
from server_process import free_port

import export.__main__ as export
import keras_seq
from keras_seq import applications, evaluate, inspect, predict, train
from keras_seq.applications import Application
from keras_seq.run import Run
from serving import client, flags, server

pytestmark = pytest.mark.usefixtures("loaded_once")
NEW = {
    "glimpse": Application("glimpse", "many to one: frames -> label, score"),
    "tone": Application("tone", "many to one: audio -> label, score"),
    "legend": Application("legend", "one to many: the vector of an image -> a caption"),
}
SIZES = {"train": 48, "validation": 16, "test": 16}
RECIPES = {
    "glimpse": "training: {epochs: 10, batch_size: 8, learning_rate: 0.02, cache: disk, freeze: [backbone]}\n",
    "tone": "model: {units: 12}\ntraining: {epochs: 6, batch_size: 8, learning_rate: 0.02, cache: disk}\n",
    "legend": "training: {epochs: 20, batch_size: 8, learning_rate: 0.02, cache: memory}\n",
}
OUTPUTS = {
    "glimpse": {"label", "score", "labels", "scores", "problem"},
    "tone": {"label", "score", "labels", "scores", "problem"},
    "legend": {"caption", "score", "captions", "scores", "problem"},
}
INPUTS = {"glimpse": "clip", "tone": "audio", "legend": "image"}

# Trains, and is killed after some saved states.
KILLED = """
import os, signal, sys
import keras_seq
sys.path.append("tests")
from keras_seq import applications, train
from keras_seq.training import state
applications.APPLICATIONS[{name!r}] = applications.Application({name!r}, "")
state.SAVE_SECONDS = 0.0
save, calls = state.StateKeeper.save, []
def save_and_die(keeper):
    save(keeper)
    calls.append(keeper.step)
    if len(calls) == 9:
        os.kill(os.getpid(), signal.SIGKILL)
state.StateKeeper.save = save_and_die
train.main(sys.argv[1:])
"""


@pytest.fixture(scope="module", params=sorted(NEW))
def name(request):
    """An application, which is in the table while its tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(applications.APPLICATIONS, request.param, NEW[request.param])
        yield request.param


@pytest.fixture(scope="module")
def folder(name, tmp_path_factory):
    """A corpus, and the recipe of it."""
    folder = tmp_path_factory.mktemp(name)
    {"glimpse": glimpse, "tone": tone, "legend": legend}[name].write_corpus(folder / "data", SIZES)
    data = "".join(f"  {split}: {split}.tsv\n" for split in SIZES)
    recipe = f"application: {name}\ndata:\n  directory: {folder / 'data'}\n{data}{RECIPES[name]}"
    (folder / f"{name}.yaml").write_text(recipe, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(name, folder):
    """A run that was killed in its second epoch, and went on."""
    command = [str(folder / f"{name}.yaml"), "--run", str(folder / "runs" / name)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(name=name), *command],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr[-2000:]
    assert train.main(command) == 0
    return Run(folder / "runs" / name)


@pytest.fixture(scope="module")
def servables(name, folder, run):
    """The run as a servable, and what the gates printed."""
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr(export, "say", lines.append)
        assert export.main([str(run.path), "--to", str(folder / "servables")]) == 0
    return folder / "servables", lines


@pytest.fixture
def paths(name, folder):
    """Good files, and one of each kind of bad ones."""
    found = sorted((folder / "data").glob("*/test_*"))[:3]
    bad = {"foreign": b"no such file\0", "cut": found[0].read_bytes()[:50][:-1], "text": b"abc"}
    for kind, content in bad.items():
        (folder / kind).write_bytes(content)
        found.append(folder / kind)
    return list(map(str, found))


def lines_of(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_killed_run_ends_where_an_undisturbed_one_without_a_cache_ends(name, folder, run):
    recipe, whole = str(folder / f"{name}.yaml"), folder / "whole"
    assert train.main([recipe, "--run", str(whole), "--set", "training.cache=none"]) == 0
    found, expected = run.read_metrics(), Run(whole).read_metrics()
    for split in ("validation", "test"):
        main = next(iter(expected[split]))
        assert found[split][main] == pytest.approx(expected[split][main])
    weights = (keras_seq.load(path).get_weights() for path in (run.path, whole))
    for left, right in zip(*weights, strict=True):
        # Features of one file and of a batch differ in the last digit; those of a frozen backbone are halved.
        np.testing.assert_allclose(left, right, atol=0.05 if name == "glimpse" else 1e-3)
    assert not run.state.exists(), "the cache is gone"


def test_it_has_learned_something(name, run):
    main = next(iter(run.read_metrics()["test"].values()))
    assert main > {"glimpse": 0.6, "tone": 0.5, "legend": 30}[name]


def test_evaluate_scores_the_test_split_again(name, run, capsys):
    assert evaluate.main([str(run.path)]) == 0
    printed = capsys.readouterr().out
    main, value = next(iter(run.read_metrics()["test"].items()))
    assert re.search(rf"^{main} +{value:.4f}$", printed, re.MULTILINE)
    assert "keras_seq.predict" in printed
    assert "FILE" in printed


def test_evaluate_scores_another_table(name, run, folder, capsys):
    assert evaluate.main([str(run.path), "--data", str(folder / "data" / "validation.tsv")]) == 0
    main, value = next(iter(run.read_metrics()["validation"].items()))
    assert re.search(rf"^{main} +{value:.4f}$", capsys.readouterr().out, re.MULTILINE)


def test_predict_takes_paths_and_prints_them(name, run, paths, capsys):
    assert predict.main([str(run.path), *paths]) == 0
    answers = lines_of(capsys)
    assert [answer[INPUTS[name]] for answer in answers] == paths
    assert [bool(answer["problem"]) for answer in answers] == [False] * 3 + [True] * 3
    assert all(set(answer) == OUTPUTS[name] | {INPUTS[name]} for answer in answers)
    assert {answer["score"] for answer in answers[3:]} == {0.0}


def test_predict_takes_a_list_of_paths(name, run, folder, paths, capsys):
    listed = folder / "data" / "list"
    listed.write_text(
        "".join(f"{pathlib.Path(path).parent.name}/{pathlib.Path(path).name}\n" for path in paths[:2])
    )
    assert predict.main([str(run.path), "--file", str(listed)]) == 0
    assert [pathlib.Path(answer[INPUTS[name]]).name for answer in lines_of(capsys)] == [
        pathlib.Path(path).name for path in paths[:2]
    ]


def test_files_of_another_kind_are_made_into_what_the_model_takes(name, run, folder, tmp_path, capsys):
    if name != "tone":
        pytest.skip("only tone takes files of two kinds")
    packed = folder / "data" / "sounds" / "test_4.wav"
    plain, cut = tmp_path / "plain.wav", tmp_path / "cut.gz"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    cut.write_bytes(packed.read_bytes()[:-9])
    assert predict.main([str(run.path), str(packed), str(plain)]) == 0
    (one, other), paths = lines_of(capsys), [str(packed), str(plain)]
    assert [one.pop("audio"), other.pop("audio")] == paths
    assert one["problem"] == other["problem"] == ""
    assert one["labels"] == other["labels"]
    assert one["scores"] == pytest.approx(other["scores"], abs=1e-5)
    assert inspect.main([str(run.path), str(packed)]) == 0
    capsys.readouterr()
    assert refused(predict, run.path, plain, cut, capsys=capsys).startswith(f"{cut}: damaged gzip data: ")
    (requests,) = run.read_requests().values()
    assert len(requests) > 4
    assert all(raw.startswith(b"RIFF") for raw in requests), "a server is sent what the model takes"


def test_a_file_that_is_not_there_is_named(run, paths, folder, capsys):
    assert (
        refused(predict, run.path, folder / "none.x", capsys=capsys) == f"{folder / 'none.x'}: no such file\n"
    )
    (folder / "empty").write_bytes(b"")
    assert refused(predict, run.path, folder / "empty", capsys=capsys).endswith("empty: the file is empty\n")


def test_the_card_shows_paths_and_how_to_ask(name, run, folder):
    card = run.card_file.read_text(encoding="utf-8")
    assert "validation_0" in card.partition("## Use")[2]
    assert "read_bytes()" in card
    assert "test\\_" in card.partition("worst examples")[2]
    assert NEW[name].about in card


def test_the_gates_let_it_pass_with_damaged_files_among_good_ones(name, servables):
    printed = "\n".join(servables[1])
    for gate in (1, 2, 3, 4, 5, 6, 7):
        assert f"gate {gate} " in printed


def test_a_server_gives_the_answers_of_the_run_over_both_interfaces(name, run, servables, paths, capsys):
    assert predict.main([str(run.path), *paths]) == 0
    expected = lines_of(capsys)
    rest, grpc = free_port(), free_port()
    options = ["--port", str(grpc), "--rest_api_port", str(rest), "--model_name", name]
    running = server.Server(flags.parsed([*options, "--model_base_path", str(servables[0] / name)]))
    running.start()
    try:
        for which in (["--url", f"http://127.0.0.1:{rest}"], ["--grpc", "--url", f"127.0.0.1:{grpc}"]):
            assert client.main([*which, name, *paths]) == 0
            answers = lines_of(capsys)
            assert [answer[INPUTS[name]] for answer in answers] == paths
            for answer, right in zip(answers, expected, strict=True):
                assert answer["problem"] == right["problem"]
                assert answer["score"] == pytest.approx(right["score"], abs=1e-5)
    finally:
        running.stop()


def test_the_run_loads_and_takes_bytes(name, run, paths):
    model = keras_seq.load(run.path)
    answers = model([pathlib.Path(path).read_bytes() for path in paths])
    assert set(answers) == OUTPUTS[name]
    assert [bool(problem) for problem in answers["problem"].numpy()] == [False] * 3 + [True] * 3


def test_a_file_that_cannot_be_used_stops_a_training_or_is_left_out(name, folder, tmp_path, capsys):
    for split in SIZES:
        rows = (folder / "data" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()
        rows = [f"{folder / 'data'}/{row}" for row in rows]
        (tmp_path / f"{split}.tsv").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    (tmp_path / "empty").write_bytes(b"")
    truth = rows[0].partition("\t")[2]
    with (tmp_path / "train.tsv").open("a", encoding="utf-8") as table:
        table.write(f"empty\t{truth}\nmissing\t{truth}\n")
    command = [str(folder / f"{name}.yaml"), "--run", str(tmp_path / "run")]
    command += ["--set", f"data.directory={tmp_path}", "--set", "training.epochs=1"]
    message = refused(train, *command, capsys=capsys)
    assert (
        f"{tmp_path / 'empty'}: the file is empty; training.unreadable: skip leaves such files out" in message
    )
    assert not (tmp_path / "run" / "recipe.yaml").exists()
    assert train.main([*command, "--set", "training.unreadable=skip"]) == 0
    printed = capsys.readouterr().out
    assert printed.count(f"files of the train split; the first: {tmp_path / 'train.tsv'}:") == 1
    assert Run(tmp_path / "run").read_metrics()["training"]["examples"] == SIZES["train"]


def test_damaged_content_is_found_while_training(folder, name, tmp_path, capsys):
    if name != "tone":
        pytest.skip("only tone says what is wrong with files before it trains on them")
    rows = (folder / "data" / "train.tsv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "train.tsv").write_text("".join(f"{folder / 'data'}/{row}\n" for row in rows) + "bad\tc\n")
    (tmp_path / "bad").write_bytes((folder / "data" / "sounds" / "train_0.wav").read_bytes()[:-100])
    command = [str(folder / "tone.yaml"), "--run", str(tmp_path / "run"), "--set", "training.epochs=1"]
    command += ["--set", f"data.train={tmp_path / 'train.tsv'}"]
    said = refused(train, *command, capsys=capsys)
    assert f"{tmp_path / 'bad'}: cut off; training.unreadable: skip" in said
    # The same command goes on, now without that file, if anything was saved before.
    assert train.main([*command, "--set", "training.unreadable=skip"]) == 0
    assert f"skipped: {tmp_path / 'train.tsv'}:49: {tmp_path / 'bad'}: cut off" in capsys.readouterr().out
    assert Run(tmp_path / "run").read_metrics()["training"]["skipped_files"] == 1


def test_an_lstm_is_drawn_while_it_reads_a_file(name, run, paths, capsys):
    if name in ("glimpse", "tone"):
        assert inspect.main([str(run.path), paths[0]]) == 0
        assert run.gates_file.exists()
    else:
        assert "no keras_seq LSTM layer" in refused(inspect, run.path, paths[0], capsys=capsys)


def test_no_shared_file_knows_of_it(name):
    for package in ("keras_seq", "export", "serving"):
        for path in (PROJECT / package).rglob("*.py"):
            assert f"{name}." not in path.read_text(encoding="utf-8")
