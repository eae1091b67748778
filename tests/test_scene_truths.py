"""`python -m benchmarks.scenes` counts the true captions of a run."""

import random

import pytest

import keras_seq
from benchmarks import scenes as benchmark
from keras_seq.samples import scenes
from keras_seq.samples.scene_wording import Scene, captions
from keras_seq.training import scoring


def test_true_captions_are_counted_in_all_and_by_attribute(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    monkeypatch.setattr(scenes, "SIZES", {"train": 1, "validation": 1, "test": 4})
    depicted = list(scenes.depicted(scenes.write() / "test.jsonl").values())
    group = depicted[1].groups[0]
    others = (group._replace(size="large" if group.size == "small" else "small"), *depicted[1].groups[1:])
    said = [
        scenes.captions("test", 0)[3],
        captions(Scene(others, depicted[1].relation), random.Random(1))[0],
        "a dog runs",
        scenes.captions("test", 3)[0],
    ]

    def answers(model, examples):
        return [(example, {"caption": caption}) for example, caption in zip(examples, said, strict=True)]

    monkeypatch.setattr(keras_seq, "load", lambda run: None)
    monkeypatch.setattr(scoring, "answers", answers)
    assert benchmark.main(["runs/captioning", "--false", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "runs/captioning on the test split of the built-in scenes"
    assert [line.split()[:2] for line in lines[1:7]] == [
        ["true", "50.0%"],
        ["number", "75.0%"],
        ["size", "50.0%"],
        ["colour", "75.0%"],
        ["shape", "75.0%"],
        ["relation", "75.0%"],
    ]
    assert lines[7].startswith("  0002.png: ")
    assert len(lines) == 8


def test_a_run_that_is_not_there_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    monkeypatch.setattr(scenes, "SIZES", {"train": 1, "validation": 1, "test": 1})
    with pytest.raises(SystemExit) as stop:
        benchmark.main([str(tmp_path / "none")])
    assert stop.value.code == 2
    assert f"{tmp_path}/none: no such folder" in capsys.readouterr().err
