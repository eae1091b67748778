"""Files of inputs: which can be read, and what becomes of the others."""

import pytest

from keras_seq.archives import members
from keras_seq.errors import DataError
from keras_seq.formats import Example, File, Folder
from keras_seq.reading import Readable, Reader, check, contents, first_usable


@pytest.fixture
def examples(tmp_path):
    (tmp_path / "good").write_bytes(b"\0\xff NUL at the end\0")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    names = ("good", "empty", "missing", "folder")
    return [Example(File.of(tmp_path / name), "x", f"t:{n}") for n, name in enumerate(names, 1)]


def test_bytes_are_read_unchanged_and_texts_pass(examples):
    assert contents(examples[0].input) == b"\0\xff NUL at the end\0"
    assert contents("a text") == "a text"
    for example, problem in zip(
        examples[1:], ("the file is empty", "no such file", "cannot be read"), strict=True
    ):
        with pytest.raises(DataError, match=f"{example.input.path}: {problem}"):
            contents(example.input)


def test_the_first_file_that_cannot_be_read_ends_the_reading_with_its_place(examples):
    with pytest.raises(DataError, match=r"t:2: .*empty: the file is empty; training.unreadable: skip"):
        list(Readable(examples, "stop", "train"))
    assert list(Readable(examples[:1], "stop", "train")) == examples[:1]
    with pytest.raises(DataError, match="missing: no such file"):
        check(examples[2].input)


def test_files_that_cannot_be_read_are_skipped_and_counted_once(examples, capsys):
    readable = Readable(examples[:3], "skip", "train")
    assert list(readable) == list(readable) == examples[:1]
    printed = capsys.readouterr().out
    assert printed.count("skipped 2 of 3 files of the train split; the first: t:2: ") == 1
    with pytest.raises(DataError, match="none of the 2 files"):
        list(Readable(examples[1:3], "skip", "train"))


def test_texts_are_no_files(capsys):
    texts = [Example("", "x", "t:1")]
    assert list(Readable(texts, "stop", "train")) == texts
    assert Reader().read(texts) == (texts, [""])


def test_a_file_that_goes_bad_later_is_left_out_of_its_batch(examples, capsys):
    kept, inputs = Reader("skip").read(examples)
    assert kept == examples[:1]
    assert inputs == [b"\0\xff NUL at the end\0"]
    assert capsys.readouterr().out.count("skipped: t:") == 3
    with pytest.raises(DataError, match="t:2: "):
        Reader("stop").read(examples)


def test_what_the_application_finds_wrong_counts_too(examples):
    of_nul = Reader("skip", lambda read: ["has a NUL" if b"\0" in one else "" for one in read])
    assert of_nul.read(examples[:1]) == ([], [])
    assert list(of_nul.skipped) == [examples[0].input.path]
    with pytest.raises(DataError, match=r"good: has a NUL; training.unreadable"):
        Reader("stop", of_nul.problems).read(examples[:1])


def upper(raw):
    """Capital letters of ASCII; other bytes are none of its files."""
    if not raw.isascii():
        raise DataError("not ASCII")
    return raw.upper()


def test_files_are_converted_before_anything_else_sees_them(tmp_path, examples):
    (tmp_path / "letters").write_bytes(b"abc")
    letters = Example(File.of(tmp_path / "letters"), "x", "t:5")
    assert contents(letters.input, upper) == b"ABC"
    assert contents("a text", upper) == "a text"
    with pytest.raises(DataError, match="good: not ASCII"):
        contents(examples[0].input, upper)
    reader = Reader("skip", lambda read: ["" if one.isupper() else "is small" for one in read], convert=upper)
    assert reader.read([letters, *examples[:2]]) == ([letters], [b"ABC"])
    assert [message.rpartition(": ")[2] for message in reader.skipped.values()] == [
        "not ASCII",
        "the file is empty",
    ]
    with pytest.raises(DataError, match=r"t:1: .*good: not ASCII; training.unreadable"):
        Reader(convert=upper).read(examples[:1])


def test_a_folder_is_no_file(examples):
    with pytest.raises(DataError, match="folder: is no file"):
        check(examples[3].input)


def test_many_bad_files_are_counted_and_ten_are_named(tmp_path, capsys):
    reader = Reader("skip")
    reader.read([Example(File(str(tmp_path / str(n)), 0), "x", "") for n in range(30)])
    assert len(reader.skipped) == 30
    assert capsys.readouterr().out.count("skipped: ") == 10


def test_the_bytes_of_a_folder_are_an_archive_of_its_files(tmp_path):
    with pytest.raises(DataError, match="the folder is empty"):
        contents(Folder.of(tmp_path))
    (tmp_path / "1.png").write_bytes(b"one")
    assert Folder.of(tmp_path).length == 1
    assert members(contents(Folder.of(tmp_path))) == [("1.png", b"one")]
    with pytest.raises(DataError, match="is no folder"):
        check(Folder.of(tmp_path / "1.png"))
    with pytest.raises(DataError, match="no such file"):
        check(Folder.of(tmp_path / "missing"))


def test_the_first_examples_that_can_be_used_are_fewer_where_files_are_large(tmp_path):
    for name in "abc":
        (tmp_path / name).write_bytes(b"12345")
    examples = [Example(File(str(tmp_path / name), 5), name, "") for name in ("a", "missing", "b", "c")]
    for most, most_bytes, names in ((2, 99, "ab"), (9, 5, "ab"), (9, 99, "abc")):
        kept, inputs = first_usable(examples, Reader("skip"), most, most_bytes)
        assert [example.truth for example in kept] == [*names]
        assert inputs == [b"12345"] * len(names)
