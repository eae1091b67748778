"""`predict --file`: what is read of a file, that no row is lost or in another place, and what is said early."""

import itertools
import json
import subprocess
import sys

import pytest
from corpora import PROJECT
from data_files import complaint, write

from keras_seq import predict
from keras_seq.formats import Input, Inputs


def texts(path, *options):
    return [given.text for given in Inputs(str(path), *options)]


def rows(path, *options):
    return [given.row for given in Inputs(str(path), *options)]


def asked(run, path, capsys, *options):
    assert predict.main([str(run), "--file", str(path), *map(str, options)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.split("\n")[:-1]]


def refused(run, path, capsys, *options):
    with pytest.raises(SystemExit) as exit_:
        predict.main([str(run), "--file", str(path), *map(str, options)])
    assert exit_.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("name", ["a.txt", "a", "a.en", "a.txt.gz", "A.TXT.GZ"])
def test_of_other_files_every_line_is_an_input(tmp_path, name):
    data = "one\n\n  two\ttabs \nthree\u2028and\x85a\rhalf\x0c\x1c\n,;four"
    assert list(Inputs(str(write(tmp_path, name, data)))) == [Input(line) for line in data.split("\n")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("name", ["a.txt", "a.tsv", "a.csv"])
def test_line_ends_and_a_byte_order_mark(tmp_path, name, mark, end):
    path = write(tmp_path, name, f"{mark}good film{end}bad film{end}")
    assert texts(path) == ["good film", "bad film"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", 'id,text,label\n7,"a ""fine"",\nfilm",\n8,bad,neg\n'),
        ("A.CSV", '\ufeffid,text,label\r\n7,"a ""fine"",\r\nfilm",\r\n8,bad,neg\r\n'),
        (
            "a.jsonl",
            '{"id": "7", "text": "a \\"fine\\",\\nfilm", "label": ""}\n\n{"id": "8", "text": "bad", "label": "neg"}\n',
        ),
    ],
)
def test_rows_stand_beside_their_texts(tmp_path, name, data):
    path = write(tmp_path, name, data)
    given = [text.replace("\r\n", "\n") for text in texts(path, "text")]
    assert given == ['a "fine",\nfilm', "bad"]
    assert [(row["id"], row["label"]) for row in rows(path, "text")] == [("7", ""), ("8", "neg")]


def test_numbered_columns_and_a_header(tmp_path):
    path = write(tmp_path, "a.tsv", "7\tfine\n8\tbad\n")
    assert texts(path, 1) == ["fine", "bad"]
    assert rows(path, 1) == [["7", "fine"], ["8", "bad"]]
    path = write(tmp_path, "b.tsv", "nr\ttexte\n8\tbad\n")
    assert rows(path, 1, True) == [{"nr": "8", "texte": "bad"}]
    assert texts(path, 1, False) == ["texte", "bad"]
    assert rows(write(tmp_path, "c.csv", "text,a,a,a.1\nx,1,2,3\n"), "text") == [
        {"text": "x", "a": "1", "a.1": "2", "a.1.1": "3"}
    ]


def test_json_rows_by_key_and_by_place(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"text": "x", "t": "y"}\n')
    assert [texts(path, column) for column in (None, 0, "text", "t")] == [["x"], ["x"], ["x"], ["y"]]
    assert texts(write(tmp_path, "b.jsonl", '["x", "y"]\n'), 1) == ["y"]


def test_txt_is_a_table_where_the_recipes_own_is(tmp_path):
    path = write(tmp_path, "a.txt", "fine\tpos\n")
    assert texts(path) == ["fine\tpos"]
    assert texts(path, 0, None, True) == ["fine"]


@pytest.mark.parametrize(
    ("name", "data", "column", "expected"),
    [
        ("a.csv", "id,text\n1,x\n", 0, "a.csv:1: looks like a header"),
        ("a.csv", "text\nx\n", 0, "a.csv:1: looks like a header"),
        ("a.csv", "id;text\n1;x\n", "text", "it looks separated by semicolons, and commas are expected"),
        ("a.csv", "id,review\n1,x\n", "text", "a.csv:1: no column 'text' in the header ['id', 'review']"),
        ("a.csv", 'text\n"x\ny\n', "text", "a.csv:2: not valid CSV"),
        ("a.jsonl", '{"t": "x"}\n', "text", "a.jsonl:1: has no 'text'"),
        ("a.jsonl", '{"text": 3}\n', "text", "a.jsonl:1: expected a text in 'text'"),
        ("a.jsonl", '{"text": "\\ud800"}\n', "text", "a.jsonl:1: the text has half of a surrogate pair"),
        ("a.txt", "x\n".encode("utf-16"), None, "a.txt: is UTF-16 text"),
        ("a.txt", b"ok\nb\xff\n", None, "a.txt:2: byte 2 of the line is not UTF-8"),
        ("a.xlsx", b"PK\x03\x04rest\n", None, "a.xlsx: is a zip archive"),
    ],
)
def test_bad_files(tmp_path, name, data, column, expected):
    assert expected in complaint(Inputs(str(write(tmp_path, name, data)), column))


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


def test_the_column_is_the_recipes_unless_another_is_named(tmp_path):
    class Run:
        def __init__(self, **data):
            self.recipe = type("Recipe", (), {"data": data})

    for data, column, expected in (
        ({"text": "review", "header": None}, None, ("review", None)),
        ({"text": 1, "header": True}, None, (1, True)),
        ({"text": 1, "header": True}, "2", (2, True)),
        ({"text": 1, "header": False}, "words", ("words", None)),
        ({"token": "words"}, None, ("words", None)),
        ({"text": None}, None, (None, None)),
    ):
        found = predict._file(Run(**data), "a.csv", column)
        assert (found.column, found.header) == expected
    kinds = itertools.product([{"text": 0}, {"token": 0}], ["a.txt", "a.tsv", ["a.txt", "b.txt"], None])
    tables = [predict._file(Run(train=train, **data), "b.txt", None)._tables for data, train in kinds]
    assert [".txt" in names for names in tables] == [True] + [False] * 7


def test_column_is_of_a_file(tiny_run, capsys):
    with pytest.raises(SystemExit, match="2"):
        predict.main([str(tiny_run), "fine", "--column", "text"])
    assert "--column: is of a file" in capsys.readouterr().err
