"""Cells of a row: an input and a label, and a complaint with file:line for others."""

import json

import pytest
from data_files import complaint, rows, table, write

from keras_seq.formats import Table
from keras_seq.formats.cells import Cells


def test_labels_are_renamed_and_others_refused(tmp_path):
    path = write(tmp_path, "a.tsv", "a\t0\nb\t1\nc\t2\n")
    examples = Table(str(path), 0, 1, {"0": "negative", "1": "positive"})
    assert complaint(examples).endswith("a.tsv:3: label '2' is none of '0', '1'")


@pytest.mark.parametrize(
    ("name", "data", "columns", "expected"),
    [
        ("a.tsv", "a\tb\nonly one\n", (0, 1), "a.tsv:2: 1 column(s), expected at least 2"),
        ("a.tsv", b"ok\tx\nb\xff\tx\n", (0, 1), "a.tsv:2: byte 2 of the line is not UTF-8"),
        ("a.tsv.gz", b"ok\tx\nb\xff\tx\n", (0, 1), "a.tsv.gz:2: byte 2 of the line is not UTF-8"),
        ("a.tsv", "", (0, 1), "has no rows"),
        ("a.tsv", "text\tlabel\n", ("text", "label"), "has no rows"),
        ("a.tsv", "text\tlabel\na\tb\n", ("txt", "label"), "a.tsv:1: no column 'txt'"),
        ("a.csv", 'a,b\n"x,y\n', (0, 1), "a.csv:2: not valid CSV"),
        ("a.jsonl", "{\n", ("t", "l"), "a.jsonl:1: not valid JSON"),
        ("a.jsonl", '{"t": ' + "9" * 5000 + "}", ("t", "l"), "a.jsonl:1: not valid JSON"),
        ("a.jsonl", "[" * 10**5, ("t", "l"), "a.jsonl:1: not valid JSON"),
        ("a.jsonl", '{"t": "x"}\n', ("t", "l"), "a.jsonl:1: has no 't' and 'l'"),
        ("a.jsonl", '{"t": 1, "l": "x"}\n', ("t", "l"), "a.jsonl:1: expected a text and a label"),
        ("a.jsonl", '"hello"\n', (0, 1), "a.jsonl:1: has no 0 and 1"),
        (
            "a.jsonl",
            '{"t": "bad \\ud83d", "l": "x"}\n',
            ("t", "l"),
            "a.jsonl:1: the text has half of a surrogate",
        ),
        ("a.tsv", "good\t \n", (0, 1), "a.tsv:1: the label is empty"),
        ("a.xls", "a\tb\n", (0, 1), "unknown suffix '.xls'"),
    ],
)
def test_bad_files(tmp_path, name, data, columns, expected):
    assert expected in complaint(Table(str(write(tmp_path, name, data)), *columns))


def test_json_labels_of_other_kinds(tmp_path):
    path = write(tmp_path, "b.jsonl", '{"t": "a", "l": true}\n{"t": "b", "l": " x "}\n')
    assert rows(Table(str(path), "t", "l")) == [("a", "true"), ("b", "x")]
    path = write(tmp_path, "a.jsonl", json.dumps({"t": "a", "l": None}) + "\n")
    assert "expected a text and a label" in complaint(Table(str(path), "t", "l"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("name", "between"), [("a.tsv", "\t"), ("A.TSV", "\t"), ("a.csv", ","), ("A.CSV", ",")]
)
def test_lines_end_alike_in_all_tables(tmp_path, name, between, end):
    texts = ["a\u2028b", "c\x85d", "e\x0bf\x0cg\x1ch", " i "]
    path = write(tmp_path, name, "\ufeff" + "".join(f"{text}{between}pos {end}" for text in texts))
    assert rows(table(path)) == [(text, "pos") for text in texts]
    assert [example.where for example in table(path)] == [f"{path}:{number}" for number in range(1, 5)]


@pytest.mark.parametrize(("name", "between"), [("a.tsv", "\t"), ("a.csv", ",")])
def test_a_cr_inside_a_line_is_part_of_it(tmp_path, name, between):
    path = write(tmp_path, name, f"a\rb{between}pos\nc\0d{between}pos\n")
    assert rows(table(path)) == [("a\rb", "pos"), ("c\0d", "pos")]


def test_long_cells_and_capital_suffixes(tmp_path):
    text = "word " * 100_000
    for name, between in (("a.csv", ","), ("a.tsv", "\t"), ("B.TSV", "\t")):
        assert rows(table(write(tmp_path, name, f"{text}{between}pos\n"))) == [(text, "pos")]
    assert rows(table(write(tmp_path, "C.CSV.GZ", "a,pos\n"))) == [("a", "pos")]


@pytest.mark.parametrize(
    ("name", "data", "columns", "expected"),
    [
        ("a.csv", "text;label\nfine;pos\n", ("text", "label"), "no column 'text' in the header ['text;label']; it"),
        ("a.csv", "fine;pos\n", (0, 1), "it looks separated by semicolons, and commas are expected"),
        ("a.csv", "well, fine;pos\nfine;pos\n", (0, 1), "a.csv:2: 1 column(s), expected at least 2"),
        ("a.csv", "well, fine;pos\nso, so, fine;pos\n", (0, 1), "it looks separated by semicolons"),
        ("a.csv", "fine\tpos\n", (0, 1), "separated by tabs, and commas are expected (or name the file .tsv)"),
        ("a.tsv", "fine,pos\n", (0, 1), "separated by commas, and tabs are expected (or name the file .csv)"),
        ("a.tsv", '"fine\nfilm"\tpos\n', (0, 1), "TSV has no quoting"),
        ("a.csv", "text,label\na, b,pos\n", ("text", "label"), "a.csv:2: 3 columns, the header has 2: a cell with"),
        ("a.tsv", "a\tpos\nb\tc\tpos\n", (0, 1), "a.tsv:2: 3 columns, the first row has 2: a cell with tabs"),
        ("a.csv", "text,label,text\na,pos,b\n", ("text", "label"), "a.csv:1: the header has two columns 'text'"),
        ("a.csv", 'a,pos\n"b,neg\nc,pos\n', (0, 1), 'a.csv:2: not valid CSV: a quote (") of this row is never closed'),
        ("a.csv", 'a,pos\nb,"neg\nc,pos\nd,"\n', (0, 1), "a.csv:2: the label 'neg\\nc,pos\\nd,' has a line break"),
        ("a.tsv", "a\tp\0\n", (0, 1), "a.tsv:1: the label 'p\\x00' has a line break or another control character"),
        ("a.jsonl", '{"t": "x", "l": "\\ud800"}\n', ("t", "l"), "a.jsonl:1: the label has half of a surrogate pair"),
        ("a.jsonl", '{"t": "x", "l": NaN}\n', ("t", "l"), "a.jsonl:1: expected a text and a label"),
        ("a.jsonl", '[\n{"t": "x", "l": "y"}\n]\n', ("t", "l"), "expected JSON lines, a whole object a line"),
        ("a.tsv", "a\tpos\n".encode("utf-16"), (0, 1), "a.tsv: is UTF-16 text; expected UTF-8"),
        ("a.tsv", "a\tpos\n".encode("utf-16-be"), (0, 1), "a.tsv: every second byte or so is 0"),
        ("a.tsv", "a\tpos\n".encode("utf-32"), (0, 1), "a.tsv: is UTF-32 text"),
        ("a.tsv", b"\x1f\x8b\x08\x00\n", (0, 1), "a.tsv: is gzip data"),
    ],
)  # fmt: skip
def test_what_is_said_of_other_files(tmp_path, name, data, columns, expected):
    assert expected in complaint(table(write(tmp_path, name, data), columns=columns))


def test_the_kind_may_be_given_where_the_suffix_says_nothing(tmp_path):
    path = write(tmp_path, "captions.txt", 'image,caption\na.jpg,"A dog, running"\n')
    cells = Cells(path, {"input": "image", "truth": "caption"}, kind=".csv")
    assert list(cells) == [(2, ["a.jpg", "A dog, running"])]
    assert list(Cells(path, {"input": 0}, header=True)) == [(2, ['a.jpg,"A dog, running"'])]
