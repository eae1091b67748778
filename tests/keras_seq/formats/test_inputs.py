"""Inputs to be answered: every line or row of a file, none lost or in another place."""

import pytest
from data_files import complaint, write

from keras_seq.formats import Input, Inputs


def texts(path, *options):
    return [given.text for given in Inputs(str(path), *options)]


def rows(path, *options):
    return [given.row for given in Inputs(str(path), *options)]


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
