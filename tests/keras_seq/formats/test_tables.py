"""File formats: the rows that are there, and a complaint with file:line for those that are not right."""

import json

import pytest
from data_files import complaint, write

from keras_seq.formats import ClassFolders, Table, TaggedColumns, TaggedSpans, Treebank


def rows(examples):
    return [(example.input, example.truth) for example in examples]


TSV = 'a fine film\tpos\n\n "quoted\tneg\r\n\tpos\n'
EXPECTED = [("a fine film", "pos"), (' "quoted', "neg"), ("", "pos")]


@pytest.mark.parametrize("name", ["a.tsv", "a.txt", "a.tsv.gz"])
def test_tsv_with_numbered_columns(tmp_path, name):
    examples = Table(str(write(tmp_path, name, TSV)), 0, 1)
    assert rows(examples) == EXPECTED
    assert rows(examples) == EXPECTED, "a second iteration gives the same"
    assert [e.where.rsplit(":", 1)[1] for e in examples] == ["1", "3", "4"]


def test_named_columns_in_any_order_and_a_byte_order_mark(tmp_path):
    path = write(tmp_path, "a.tsv", "\ufefflabel\tid\ttext\npos\t1\tgood\n")
    assert rows(Table(str(path), "text", "label")) == [("good", "pos")]


def test_csv_with_quotes_and_line_breaks(tmp_path):
    path = write(tmp_path, "a.csv", 'text,label\n"a ""fine"", long\nfilm",pos\nbad,neg\n')
    examples = list(Table(str(path), "text", "label"))
    assert rows(examples) == [('a "fine", long\nfilm', "pos"), ("bad", "neg")]
    assert examples[1].where.endswith(":4")


def test_json_lines(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"t": "gut \\u00fc", "l": 1}\n\n{"l": "x", "t": ""}\n')
    assert rows(Table(str(path), "t", "l")) == [("gut ü", "1"), ("", "x")]


def test_shards_are_read_in_order_of_name(tmp_path):
    for number in (2, 1):
        write(tmp_path, f"part-{number}.tsv", f"{number}\tx\n")
    assert rows(Table(str(tmp_path / "part-*.tsv"), 0, 1)) == [("1", "x"), ("2", "x")]


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


def test_truncated_gzip_is_one_clear_complaint(tmp_path):
    path = write(tmp_path, "a.tsv.gz", TSV * 1000)
    path.write_bytes(path.read_bytes()[:-20])
    assert "damaged gzip data" in complaint(Table(str(path), 0, 1))


def test_class_folders_take_turns(tmp_path):
    for name, size in (("neg", 2), ("pos", 4), ("unsup", 3)):
        (tmp_path / name).mkdir()
        for number in range(size):
            write(tmp_path / name, f"{number}.txt", f"{name} {number}\n")
    examples = list(ClassFolders(str(tmp_path), {"neg": "negative", "pos": "positive"}))
    assert [e.truth for e in examples] == [
        "positive",
        "negative",
        "positive",
        "positive",
        "negative",
        "positive",
    ]
    assert examples[0].where == str(tmp_path / "pos" / "0.txt")
    assert {e.truth for e in ClassFolders(str(tmp_path))} == {"neg", "pos", "unsup"}


def test_bad_class_folders(tmp_path):
    assert "has no folders" in complaint(ClassFolders(str(tmp_path)))
    (tmp_path / "neg").mkdir()
    assert "has no folder 'pos'; it has neg" in complaint(ClassFolders(str(tmp_path), {"pos": "p"}))
    assert "has no files" in complaint(ClassFolders(str(tmp_path)))
    write(tmp_path / "neg", "1.txt", b"\xff")
    assert "1.txt: byte 0 is not UTF-8" in complaint(ClassFolders(str(tmp_path)))


def test_treebank_gives_every_phrase_that_is_not_neutral(tmp_path):
    path = write(tmp_path, "t.txt", "(3 (2 a) (4 (3 (2 not) (1 bad)) (2 film)))\n")
    assert rows(Treebank(str(path))) == [
        ("bad", "negative"),
        ("not bad", "positive"),
        ("not bad film", "positive"),
        ("a not bad film", "positive"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("(3 a", "never closed"),
        ("(3 a))", "never opened"),
        ("a\t1", "no labelled phrases"),
        ("", "no labelled phrases"),
    ],
)
def test_bad_trees(tmp_path, line, expected):
    assert expected in complaint(Treebank(str(write(tmp_path, "t.txt", line + "\n"))))


def test_json_labels_of_other_kinds(tmp_path):
    path = write(tmp_path, "b.jsonl", '{"t": "a", "l": true}\n{"t": "b", "l": " x "}\n')
    assert rows(Table(str(path), "t", "l")) == [("a", "true"), ("b", "x")]
    path = write(tmp_path, "a.jsonl", json.dumps({"t": "a", "l": None}) + "\n")
    assert "expected a text and a label" in complaint(Table(str(path), "t", "l"))


@pytest.mark.parametrize("kind", [lambda path: Table(path, 0, 1), Treebank, TaggedColumns, TaggedSpans])
def test_a_file_that_is_not_there_and_a_folder_are_named(tmp_path, kind):
    assert complaint(kind(str(tmp_path / "a.tsv"))).endswith("a.tsv: no such file")
    assert "is a folder; expected a file" in complaint(kind(str(tmp_path)))
