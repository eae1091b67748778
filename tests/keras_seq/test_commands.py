"""The commands as a user types them: answers, next steps; for a mistake one message, exit code 2, no
traceback.
"""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from corpora import PROJECT, TINY
from refusals import refused

import export.__main__ as export_command
import keras_seq
from keras_seq import evaluate, predict, train


def python(*arguments, **options):
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False, **options
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--schema", "sentiment"], 0),
        (["zoo/nowhere.yaml"], 2),
        (["zoo/sentiment_sst2.yaml"], 2),
    ],
)
def test_recipes_are_checked_in_under_a_second_without_tensorflow(arguments, code):
    best = 1e9
    for _ in range(3):
        begun = os.times()
        done = python("-X", "importtime", "-m", "keras_seq.train", *arguments)
        ended = os.times()
        seconds = ended.children_user + ended.children_system - begun.children_user - begun.children_system
        best = min(best, seconds)
        if best < 1:
            break
    assert done.returncode == code
    heavy = {
        line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")
    }
    assert "keras_seq.recipe" in heavy
    assert not heavy & {"tensorflow", "keras", "matplotlib", "sklearn", "numpy"}
    assert best < 1


@pytest.mark.parametrize("module", ["keras_seq.evaluate", "keras_seq.predict", "export"])
def test_help_of_every_command_is_quick(module):
    done = python("-X", "importtime", "-m", module, "--help")
    assert done.returncode == 0
    assert "usage:" in done.stdout
    assert " tensorflow\n" not in done.stderr


RECIPES = {
    "a syntax error": ("application: [\n", ":2: not valid YAML"),
    "an unknown key": ("application: sentiment\nmodel: {unit: 3}\n", ":2: model.unit: unknown key"),
    "a wrong type": ("application: sentiment\ntraining: {epochs: ten}\n", ":2: training.epochs: given 'ten'"),
    "an unknown application": ("application: sentient\n", ":1: application: unknown application 'sentient'"),
    "a missing data file": (
        "application: sentiment\ndata: {train: none.tsv}\n",
        ":2: data.train: given 'none.tsv'",
    ),
    "the sample and a file": (
        "application: sentiment\ndata: {source: sample, train: /}\n",
        "data.source: is sample, but data.train is given too",
    ),
    "phrases without their labels": (
        "application: sentiment\ndata: {train: /, phrases: /}\n",
        "data.labels: beside data.phrases",
    ),
    "labels without names": (
        "application: sentiment\ndata: {train: /, labels: {1: , 2: b}}\n",
        "data.labels: expected a name for each label",
    ),
    "no training data": ("application: sentiment\n", "data.train: this key is needed"),
}


@pytest.mark.parametrize("mistake", RECIPES)
def test_mistakes_in_a_recipe(mistake, tmp_path, capsys):
    text, expected = RECIPES[mistake]
    path = tmp_path / "r.yaml"
    path.write_text(text, encoding="utf-8")
    assert expected in refused(train, path, "--run", tmp_path / "run", capsys=capsys)


def test_a_missing_recipe(tmp_path, capsys):
    assert "no such recipe" in refused(train, tmp_path / "none.yaml", capsys=capsys)


GOOD = "a fine film\tpositive\na dull film\tnegative\n"
FILES = {
    "an empty file": ("train", b"", "train.tsv: has no rows"),
    "too few columns": ("train", GOOD.encode() + b"one\n", "train.tsv:3: 1 column(s), expected at least 2"),
    "an unknown label": ("validation", b"x\tneutral\n", "validation.tsv:1: label 'neutral' in validation"),
    "an unknown test label": ("test", b"x\tneutral\n", "test.tsv:1: label 'neutral' in test"),
    "no UTF-8": (
        "train",
        GOOD.encode() + b"caf\xe9\tpositive\n",
        "train.tsv:3: byte 4 of the line is not UTF-8",
    ),
    "one class": ("train", b"a\tpositive\n", "the training split has one class only"),
    "no gzip": ("train.gz", b"a\tpositive\n", "damaged gzip data"),
}


@pytest.mark.parametrize("mistake", FILES)
def test_mistakes_in_a_data_file(mistake, tmp_path, corpus, capsys):
    split, data, expected = FILES[mistake]
    recipe = tmp_path / "r.yaml"
    recipe.write_text(TINY % corpus, encoding="utf-8")
    if split == "train.gz":
        (corpus / "train.tsv.gz").write_bytes(data)
        recipe.write_text((TINY % corpus).replace("train.tsv", "train.tsv.gz"), encoding="utf-8")
    else:
        (corpus / f"{split}.tsv").write_bytes(data)
    assert expected in refused(train, recipe, "--run", tmp_path / "run", capsys=capsys)


def test_options_are_not_abbreviated(capsys):
    with pytest.raises(SystemExit, match="2"):
        train.main(["zoo/sentiment.yaml", "--fre"])
    assert "unrecognized arguments: --fre" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "arguments"),
    [(evaluate, []), (predict, ["text"]), (export_command, [])],
    ids=["evaluate", "predict", "export"],
)
def test_a_folder_that_is_no_run_and_a_run_that_is_not_finished(
    command, arguments, tiny_run, tmp_path, capsys
):
    assert "no such folder" in refused(command, tmp_path / "none", *arguments, capsys=capsys)
    assert "holds no run" in refused(command, tmp_path, *arguments, capsys=capsys)
    shutil.copytree(tiny_run, tmp_path / "begun")
    (tmp_path / "begun" / "metrics.json").unlink()
    assert "this run is not finished" in refused(command, tmp_path / "begun", *arguments, capsys=capsys)
    shutil.copytree(tiny_run, tmp_path / "damaged")
    (tmp_path / "damaged" / "model.keras").write_bytes(b"PK")
    assert "cannot be loaded" in refused(command, tmp_path / "damaged", *arguments, capsys=capsys)
    (tmp_path / "damaged" / "model.keras").unlink()
    assert "model.keras is gone" in refused(command, tmp_path / "damaged", *arguments, capsys=capsys)


TEXTS = ["a fine film", "", "x " * 500, "🙂", "the plot is dull", "日本語"]


def test_predict_answers_in_the_order_given(tiny_run, tmp_path, capsys):
    assert predict.main([str(tiny_run), *TEXTS]) == 0
    given = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["text"] for answer in given] == TEXTS
    assert {"text", "label", "score", "labels", "scores"} == set(given[0])
    path = tmp_path / "f.txt"
    path.write_text("".join(text + "\n" for text in TEXTS), encoding="utf-8")
    assert predict.main([str(tiny_run), "--file", str(path)]) == 0
    from_file = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    model = keras_seq.load(tiny_run)
    for text, answer, other in zip(TEXTS, given, from_file, strict=True):
        scores = model([text])["scores"].numpy()[0]
        np.testing.assert_allclose(answer["scores"], scores, atol=1e-5)
        np.testing.assert_allclose(other["scores"], scores, atol=1e-5)


def test_predict_reads_standard_input_and_keeps_order_over_chunks(tiny_run, monkeypatch, capsys):
    monkeypatch.setattr(predict, "INPUTS_AT_ONCE", 4)
    reader, writer = os.pipe()
    os.write(writer, "".join(f"{'a ' * (9 - n)}{n}\n" for n in range(9)).encode())
    os.close(writer)
    standard_input = os.dup(0)
    try:
        os.dup2(reader, 0)
        assert predict.main([str(tiny_run), "--file", "-"]) == 0
    finally:
        os.dup2(standard_input, 0)
        os.close(standard_input)
        os.close(reader)
    assert [json.loads(line)["text"][-1] for line in capsys.readouterr().out.splitlines()] == [
        str(n) for n in range(9)
    ]


def test_an_argument_that_is_not_utf8_is_answered(tiny_run, capsys):
    assert predict.main([str(tiny_run), "caf\udcff"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == "caf\ufffd"


def test_predict_wants_inputs(tiny_run, tmp_path, capsys):
    assert "either inputs or --file" in refused(predict, tiny_run, capsys=capsys)
    assert "no such file" in refused(predict, tiny_run, "--file", tmp_path / "none", capsys=capsys)
    (tmp_path / "empty").write_text("", encoding="utf-8")
    assert "the file is empty" in refused(predict, tiny_run, "--file", tmp_path / "empty", capsys=capsys)
    (tmp_path / "bytes").write_bytes(b"\xff\n")
    assert "is not UTF-8" in refused(predict, tiny_run, "--file", tmp_path / "bytes", capsys=capsys)


def test_the_card_says_what_a_reader_needs(tiny_run):
    card = (tiny_run / "card.md").read_text(encoding="utf-8")
    for part in (
        "## Data",
        "| train | 100 |",
        "accuracy",
        "confusion_matrix.png",
        "learning_curves.png",
        "## Use",
    ):
        assert part in card
    assert card.count("\n| positive |") + card.count("\n| negative |") == 10
    for picture in ("confusion_matrix.png", "learning_curves.png"):
        assert (tiny_run / picture).read_bytes().startswith(b"\x89PNG")


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m keras_seq.train --schema sentiment | head -1"
    done = subprocess.run(
        command, shell=True, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr
