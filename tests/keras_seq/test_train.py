"""python -m keras_seq.train: what it prints, what it leaves alone, every layout of data."""

import gzip
import json
import shutil

import numpy as np
import pytest
from refusals import refused

from keras_seq import train
from keras_seq.run import Run, load


def test_an_unwritable_run_folder(recipe_file, tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    message = refused(train, recipe_file, "--run", tmp_path / "file" / "run", capsys=capsys)
    assert "the run folder cannot be written" in message


def test_a_folder_with_something_else_in_it_is_not_touched(recipe_file, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    shutil.copy(recipe_file, tmp_path / "mine" / "recipe.yaml")
    for option in ([], ["--fresh"]):
        message = refused(train, recipe_file, "--run", tmp_path / "mine", *option, capsys=capsys)
        assert "holds no run" in message
    assert sorted(p.name for p in (tmp_path / "mine").iterdir()) == ["notes.txt", "recipe.yaml"]


@pytest.mark.parametrize("named", ["whole", "."])
def test_fresh_removes_what_is_the_runs_and_nothing_else(named, tiny_run, recipe_file, tmp_path, monkeypatch):
    shutil.copytree(tiny_run, tmp_path / "run")
    monkeypatch.chdir(tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("mine", encoding="utf-8")
    options = ["--fresh", "--set", "training.epochs=1"]
    folder = "." if named == "." else str(tmp_path / "run")
    assert train.main([str(recipe_file), "--run", folder, *options]) == 0
    assert (tmp_path / "run" / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert len(Run(tmp_path / "run").read_history()) == 1


def test_a_run_that_never_trained_takes_a_mended_recipe(recipe_file, corpus, tmp_path, capsys):
    arguments = [recipe_file, "--run", tmp_path / "run"]
    refused(train, *arguments, "--set", "prepare.vectors=.", capsys=capsys)
    assert train.main([str(argument) for argument in arguments]) == 0


def test_train_ends_with_scores_and_the_next_commands(tiny_run, capsys, recipe_file, tmp_path):
    assert train.main([str(recipe_file), "--run", str(tmp_path / "run")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("test accuracy ") for line in lines)
    assert lines[-2].startswith(f"  python -m keras_seq.predict {tmp_path / 'run'} ")
    assert lines[-1] == f"  python -m export {tmp_path / 'run'}"


@pytest.mark.parametrize("layout", ["csv", "jsonl", "folders", "tsv.gz", "fraction"])
def test_every_layout_trains(layout, tmp_path, corpus):
    """The same reviews as CSV, JSON lines, class folders, compressed, and with a held-out part."""
    data = {"train": "train", "validation": "validation", "test": "test"}
    for split in data:
        rows = [
            line.split("\t") for line in (corpus / f"{split}.tsv").read_text(encoding="utf-8").splitlines()
        ]
        target = corpus / f"{split}.{layout}"
        if layout == "csv":
            target.write_text("label,text\n" + "".join(f'{y},"{x}"\n' for x, y in rows), encoding="utf-8")
        elif layout == "jsonl":
            target.write_text(
                "".join(json.dumps({"text": x, "label": y}) + "\n" for x, y in rows), encoding="utf-8"
            )
        elif layout == "tsv.gz":
            target.write_bytes(gzip.compress((corpus / f"{split}.tsv").read_bytes()))
        elif layout == "folders":
            for number, (text, label) in enumerate(rows):
                (target / label).mkdir(parents=True, exist_ok=True)
                (target / label / f"{number}.txt").write_text(text, encoding="utf-8")
        else:
            target = corpus / f"{split}.tsv"
        data[split] = target.name
    if layout == "fraction":
        data["validation"] = 0.2
    if layout in ("csv", "jsonl"):
        data |= {"text": "text", "label": "label"}
    recipe = tmp_path / "r.json.yaml"
    body = {"application": "sentiment", "data": {"directory": str(corpus), **data}, "model": {"units": 2}}
    recipe.write_text(json.dumps({**body, "training": {"epochs": 1, "batch_size": 32}}), encoding="utf-8")
    assert train.main([str(recipe), "--run", str(tmp_path / "run")]) == 0
    metrics = Run(tmp_path / "run").read_metrics()
    assert metrics["training"]["examples"] == (80 if layout == "fraction" else 100)
    assert metrics["validation"]["examples"] == (20 if layout == "fraction" else 32)


def test_three_classes_with_names_of_their_own(tmp_path):
    rows = [f"word{n % 3} text {n}\t{n % 3}\n" for n in range(60)]
    for split in ("train", "validation"):
        (tmp_path / f"{split}.tsv").write_text("".join(rows), encoding="utf-8")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        f"application: sentiment\ndata: {{directory: {tmp_path}, train: train.tsv, validation: validation.tsv,\n"
        "  labels: {0: bad, 1: fair, 2: good}}\nmodel: {units: 8, dropout: 0.0}\n"
        "training: {epochs: 25, batch_size: 8, learning_rate: 0.01}\n",
        encoding="utf-8",
    )
    assert train.main([str(recipe), "--run", str(tmp_path / "run")]) == 0
    metrics = Run(tmp_path / "run").read_metrics()
    assert list(metrics["validation"]["classes"]) == ["bad", "fair", "good"]
    assert metrics["validation"]["accuracy"] > 0.9
    assert "test" not in metrics


def test_training_starts_from_a_run_and_says_what_of_it_was_kept(tiny_run, tmp_path, capsys):
    """With nothing but layers that stay as they were, and a class of the same name."""
    rows = ["a gripping story\tpositive\n", "the plot is dull\tbad\n"] * 10
    (tmp_path / "train.tsv").write_text("".join(rows), encoding="utf-8")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        f"data: {{directory: {tmp_path}, train: train.tsv, validation: train.tsv}}\n"
        f"training: {{init_from: {tiny_run}, freeze: [embedding, 'bi*'], epochs: 2, weight_averaging: 0}}\n",
        encoding="utf-8",
    )
    assert train.main([str(recipe), "--run", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    assert f"starts from {tiny_run}" in printed
    assert "classes: 1 kept, 1 new, 1 gone" in printed
    assert "kept: embedding, bidirectional_1" in printed
    before, after = load(tiny_run).network, load(tmp_path / "run").network
    weights = (model.get_layer("bidirectional_1").get_weights() for model in (before, after))
    for old, new in zip(*weights, strict=True):
        np.testing.assert_array_equal(old, new)
    old, new = (model.get_layer("embedding").get_weights()[0] for model in (before, after))
    np.testing.assert_array_equal(old, new[: len(old)])
    started = Run(tmp_path / "run").read_metrics()["training"]["started"]
    assert started["from"] == str(tiny_run)
    assert started["kept"] == ["embedding", "bidirectional_1"]
