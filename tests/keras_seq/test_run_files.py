"""A run's files: what is written is read back."""

import math

import numpy as np
import pytest

from keras_seq import seen
from keras_seq.errors import RecipeError
from keras_seq.run_files import RunFiles


def test_what_was_seen_is_read_back_as_it_was_written(tmp_path):
    run = RunFiles(tmp_path)
    assert run.read_seen() == set()
    run.write_seen({"Oslo", "Anna Berg"})
    assert run.read_seen() == {"Oslo", "Anna Berg"}
    run.write_seen(seen.fingerprints({"Oslo"}))
    assert "Oslo" in run.read_seen()
    assert "Anna Berg" not in run.read_seen()
    run.seen_file.write_text("{", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"seen.json: cannot be read"):
        run.read_seen()


def test_answers_are_read_back_a_line_each(tmp_path):
    run, answers = RunFiles(tmp_path), [{"label": "gut", "scores": [0.5]}, {"label": "süß", "scores": []}]
    run.write_answers(answers)
    assert run.read_answers() == answers
    assert len(run.answers_file.read_text(encoding="utf-8").splitlines()) == 4


def test_requests_are_read_back(tmp_path):
    run = RunFiles(tmp_path)
    for inputs in (["a fine film", ""], [b"\x00\xff"]):
        run.write_requests("text", inputs)
        assert run.read_requests() == {"text": inputs}
    assert run.takes_files
    run.requests_file.write_text("[]", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"requests.json: cannot be read"):
        run.read_requests()


def test_a_run_is_published_when_its_metrics_say_so(tmp_path):
    run = RunFiles(tmp_path)
    run.write_metrics({"validation": {"accuracy": 1.0}})
    assert not run.is_published
    run.write_metrics({"validation": {"accuracy": 1.0}, "published": {}})
    assert run.is_published


def test_what_was_not_measured_in_an_epoch_is_nan_in_the_history(tmp_path):
    run = RunFiles(tmp_path)
    run.write_history([{"epoch": 1.0, "loss": 0.5}, {"epoch": 2.0, "loss": 0.4, "val_bleu": 9.0}])
    first, second = run.read_history()
    assert math.isnan(first["val_bleu"])
    assert second == {"epoch": 2.0, "loss": 0.4, "val_bleu": 9.0}


def test_two_positions_are_kept_the_newest_first(tmp_path):
    run = RunFiles(tmp_path)
    run.state.mkdir()
    assert run.position_files == []
    for epoch in (1, 2, 3):
        run.save_position({"epoch": epoch})
    found = []
    for file in run.position_files:
        with np.load(file) as saved:
            found.append(int(saved["epoch"]))
    assert found == [3, 2]
