"""What came of a study, for people, for tables, and as a recipe that trains."""

import csv

import pytest
from studies import Small

from keras_seq.recipe import load_recipe
from keras_seq.study.report import Report, Row
from keras_seq.study.search import Outcome

SPACE = """\
training: {learning_rate: {low: 0.001, high: 0.02, log: true}, gradient_clip: [null, 1.0]}
model: {layers: {low: 1, high: 2}}
"""
OUTCOMES = [
    Outcome("complete", 0.5, 2, 4, 6.0),
    Outcome("pruned", 0.9, 1, 2, 3.0),
    Outcome("complete", 0.7, 4, 4, 6.0),
    Outcome("failed", about="the loss is NaN"),
    Outcome("complete", 0.7, 3, 4, 6.0),
]


@pytest.fixture
def report(tmp_path):
    def made(score):
        small = Small(tmp_path, SPACE)
        rows = [
            Row(
                number,
                {
                    "training.learning_rate": 0.001 * (number + 1),
                    "training.gradient_clip": None,
                    "model.layers": 2,
                },
                outcome,
            )
            for number, outcome in enumerate(OUTCOMES)
        ]
        return Report(small.folder, small.recipe, small.space, score, rows)

    return made


@pytest.mark.parametrize(("score", "best"), [("val_accuracy", 2), ("val_loss", 0)])
def test_the_best_is_the_first_of_the_best_that_were_trained_to_their_end(report, score, best):
    assert report(score).best.number == best


def test_the_files_of_a_study(report):
    found = report("val_accuracy")
    found.write()
    best = load_recipe(found.folder.best_file)
    assert best.training["learning_rate"] == 0.003
    assert (best.name, best.training["epochs"], best.model["units"]) == ("tiny_best", 4, 4)
    assert "trial 2, validation accuracy 0.7000" in found.folder.best_file.read_text(encoding="utf-8")
    with found.folder.table_file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["state"] for row in rows] == [one.state for one in OUTCOMES]
    assert rows[3]["about"] == "the loss is NaN"
    assert rows[2]["training.learning_rate"] == "0.003"
    assert found.folder.picture_file.read_bytes().startswith(b"\x89PNG")
    text = found.folder.report_file.read_text(encoding="utf-8")
    table = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| ")]
    assert table == ["| trial", "| ---", "| 2", "| 4", "| 0", "| 1", "| 3"]
    assert "3 complete, 1 pruned, 1 failed" in text


def test_a_line_of_every_kind_of_trial(report):
    found = report("val_accuracy")
    lines = [found.line(row) for row in found.rows]
    assert lines[0].startswith(
        "trial 0: accuracy 0.5000 in epoch 2 of 4 epochs, 6 s; training.learning_rate 0.001"
    )
    assert lines[1].startswith("trial 1: ended early, accuracy 0.9000 after 2 epochs, 3 s; ")
    assert lines[3].startswith("trial 3: failed: the loss is NaN; ")


def test_a_study_of_which_nothing_came_has_its_table(report):
    found = report("val_accuracy")
    found.rows = [row for row in found.rows if row.outcome.state == "failed"]
    found.write()
    assert found.best is None
    assert not found.folder.best_file.exists()
    assert "- trial 3: failed: the loss is NaN" in found.folder.report_file.read_text(encoding="utf-8")
