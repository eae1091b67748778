"""Lines of files: the same for every format."""

import pytest
from data_files import complaint, rows, table, write

from keras_seq.errors import DataError
from keras_seq.formats import Table, TaggedColumns, TaggedSpans, Treebank
from keras_seq.formats.lines import files
from keras_seq.sections import matching

TSV = 'a fine film\tpos\n\n "quoted\tneg\r\n\tpos\n'


def test_shards_are_read_in_order_of_name(tmp_path):
    for number in (2, 1):
        write(tmp_path, f"part-{number}.tsv", f"{number}\tx\n")
    assert rows(Table(str(tmp_path / "part-*.tsv"), 0, 1)) == [("1", "x"), ("2", "x")]


def test_truncated_gzip_is_one_clear_complaint(tmp_path):
    path = write(tmp_path, "a.tsv.gz", TSV * 1000)
    path.write_bytes(path.read_bytes()[:-20])
    assert "damaged gzip data" in complaint(Table(str(path), 0, 1))


@pytest.mark.parametrize("kind", [lambda path: Table(path, 0, 1), Treebank, TaggedColumns, TaggedSpans])
def test_a_file_that_is_not_there_and_a_folder_are_named(tmp_path, kind):
    assert complaint(kind(str(tmp_path / "a.tsv"))).endswith("a.tsv: no such file")
    assert "is a folder; expected a file" in complaint(kind(str(tmp_path)))


def test_what_exists_is_taken_as_it_is_called(tmp_path):
    folder = tmp_path / "data [v1]*"
    folder.mkdir()
    (tmp_path / "data 1x").mkdir()
    odd = write(folder, "a[1]?.tsv", "x\tpos\n")
    write(folder, "a1b.tsv", "y\tpos\n")
    write(tmp_path / "data 1x", "a1b.tsv", "z\tpos\n")
    assert rows(table(odd)) == [("x", "pos")]
    assert files(str(folder / "a1*.tsv")) == [folder / "a1b.tsv"]
    assert files(str(tmp_path / "data*" / "a1b.tsv")) == [
        tmp_path / "data 1x" / "a1b.tsv",
        folder / "a1b.tsv",
    ]
    assert files(str(folder / "a[1]*.tsv")) == [folder / "a1b.tsv"], "a pattern where no such file is"
    assert matching(folder / "nowhere" / "*.tsv") == []


def test_hidden_files_match_no_pattern_unless_it_is_hidden_too(tmp_path):
    write(tmp_path, "part-1.tsv", "x\tpos\n")
    write(tmp_path, "._part-1.tsv", b"\x00\x05\x16\x07")
    assert files(str(tmp_path / "*.tsv")) == [tmp_path / "part-1.tsv"]
    assert files(str(tmp_path / ".*.tsv")) == [tmp_path / "._part-1.tsv"]


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_what_cannot_be_a_path(tmp_path, name):
    with pytest.raises(DataError, match=r"not a path|no such file"):
        files(str(tmp_path / name))
