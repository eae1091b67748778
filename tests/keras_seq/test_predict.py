"""`predict --file`: what is read of a file, that no row is lost or in another place, and what is said early."""

import itertools
import json
import subprocess
import sys

import pytest
from corpora import PROJECT
from data_files import write

from keras_seq import predict

pytestmark = pytest.mark.usefixtures("loaded_once")


def asked(run, path, capsys, *options):
    assert predict.main([str(run), "--file", str(path), *map(str, options)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.split("\n")[:-1]]


def refused(run, path, capsys, *options):
    with pytest.raises(SystemExit) as exit_:
        predict.main([str(run), "--file", str(path), *map(str, options)])
    assert exit_.value.code == 2
    return capsys.readouterr().err


def test_answers_stand_beside_the_rows_in_their_order(tiny_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(predict, "INPUTS_AT_ONCE", 3)
    given = [f"{'a film ' * (7 - n)}{n}" for n in range(7)]
    path = write(
        tmp_path, "a.csv", "label,text\n" + "".join(f"own {n},{text}\n" for n, text in enumerate(given))
    )
    answers = asked(tiny_run, path, capsys, "--column", "text")
    assert [answer["text"] for answer in answers] == given
    assert [answer["row"] for answer in answers] == [
        {"label": f"own {n}", "text": text} for n, text in enumerate(given)
    ]
    assert {answer["label"] for answer in answers} <= {"positive", "negative"}
    bare = asked(tiny_run, write(tmp_path, "a.tsv", "a film 6\tpos\n"), capsys)
    assert bare == [{**answers[-1], "text": "a film 6", "row": ["a film 6", "pos"]} | scores(bare[0])]


def scores(answer):
    """What may differ in the last digit with what else is in a batch."""
    return {name: answer[name] for name in ("label", "score", "labels", "scores")}


def test_an_answer_is_one_line_of_json_for_any_reader(tiny_run, tmp_path, capsys):
    row = {"text": "a\u2028b\x85c", "odd": "\ud800", "number": float("nan")}
    path = write(tmp_path, "a.jsonl", json.dumps(row) + "\n")
    assert predict.main([str(tiny_run), "--file", str(path)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line, parse_constant=pytest.fail)["row"] == {**row, "number": None}


def test_rows_before_a_bad_one_are_answered(tiny_run, tmp_path, capsys):
    path = write(tmp_path, "a.jsonl", '{"text": "fine"}\n{"text": "dull"}\n{"txt": "fine"}\n')
    with pytest.raises(SystemExit, match="2"):
        predict.main([str(tiny_run), "--file", str(path)])
    printed = capsys.readouterr()
    assert [json.loads(line)["text"] for line in printed.out.splitlines()] == ["fine", "dull"]
    assert "a.jsonl:3: has no 'text'" in printed.err


def test_what_is_wrong_with_a_file_is_said_before_tensorflow_is_loaded(tiny_run, tmp_path):
    empty, headless = write(tmp_path, "empty.txt", ""), write(tmp_path, "a.csv", "id,review\n1,x\n")
    for path, options, expected in (
        (tmp_path / "none.txt", [], "none.txt: no such file"),
        (tmp_path, [], "is a folder"),
        (empty, [], "no inputs: the file is empty"),
        (headless, ["--column", "text"], "no column 'text' in the header"),
    ):
        command = [
            sys.executable,
            "-X",
            "importtime",
            "-m",
            "keras_seq.predict",
            tiny_run,
            "--file",
            path,
            *options,
        ]
        done = subprocess.run(
            map(str, command), cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 2
        imported = {
            line.rsplit("|", 1)[1].strip()
            for line in done.stderr.splitlines()
            if line.startswith("import time")
        }
        assert "keras_seq.formats.inputs" in imported
        assert not imported & {"tensorflow", "keras", "numpy"}
        assert f"{expected}" in done.stderr.splitlines()[-1]


def test_the_column_is_the_recipes_unless_another_is_named():
    class Run:
        takes_files = False

        def __init__(self, application, **data):
            self.recipe = type("Recipe", (), {"application": application, "data": data})

    for application, data, column, expected in (
        ("sentiment", {"text": "review", "header": None}, None, ("review", None)),
        ("sentiment", {"text": 1, "header": True}, None, (1, True)),
        ("sentiment", {"text": 1, "header": True}, "2", (2, True)),
        ("translation", {"text": 1, "header": False}, "words", ("words", None)),
        ("ner", {"token": "words"}, None, ("words", None)),
        ("translation", {"text": None}, None, (None, None)),
    ):
        found = predict._of_file(Run(application, **data), "a.csv", column)
        assert (found.column, found.header) == expected
    kinds = itertools.product(
        [("sentiment", {"text": 0}), ("ner", {"token": 0})], ["a.txt", "a.tsv", ["a.txt", "b.txt"], None]
    )
    tables = [
        predict._of_file(Run(application, train=train, **data), "b.txt", None)._tables
        for (application, data), train in kinds
    ]
    assert [".txt" in names for names in tables] == [True] + [False] * 7


def test_column_is_of_a_file(tiny_run, capsys):
    with pytest.raises(SystemExit, match="2"):
        predict.main([str(tiny_run), "fine", "--column", "text"])
    assert "--column: is of a file" in capsys.readouterr().err


def test_a_model_of_the_zoo_answers_by_its_name_in_any_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, "a.tsv", "the plot is superb\tmine\n")
    assert predict.main(["sentiment", "--file", str(path)]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["label"] == "positive"
    assert json.loads(printed.out)["row"] == ["the plot is superb", "mine"]
    assert printed.err.endswith("next:\n  python -m export sentiment\n")
