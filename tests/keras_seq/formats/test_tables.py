"""Tables: the rows that are there."""

import pytest
from data_files import rows, write

from keras_seq.formats import Table

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
