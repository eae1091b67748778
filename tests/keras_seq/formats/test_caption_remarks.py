"""Images of one split that are in another too are told before a training."""

import pytest

from keras_seq.errors import DataError
from keras_seq.formats import Compared, Example, File
from keras_seq.formats.caption_remarks import remarks


@pytest.fixture
def split(tmp_path):
    """Makes the examples of a split: name of a file -> its bytes, None where there is none."""

    def make(name, **files):
        examples = []
        for line, (file, content) in enumerate(files.items(), 1):
            path = tmp_path / f"{file}.jpg"
            if content is not None:
                path.write_bytes(content)
            examples.append(Example(File(str(path), 1), ("x",), f"{name}:{line}"))
        return examples

    return make


def test_images_of_training_are_named_in_each_other_split(split, tmp_path, capsys):
    train = split("train", a=b"dog", b=b"cat", c=b"horse")
    test = split("test", b=b"cat", d=b"dog", e=b"cow", f=b"whale")
    compared = Compared(train, {"validation": split("validation", g=b"sheep"), "test": test})
    assert list(compared) == list(compared) == train
    assert capsys.readouterr().out == (
        "2 of 4 images of test are in training too: 1 of the same path (test:1); "
        f"1 of the same bytes (test:2 ({tmp_path}/d.jpg = {tmp_path}/a.jpg))\n"
    )


def test_of_many_the_first_three_are_named(split):
    train = split("train", **{f"a{number}": bytes([number, 1]) for number in range(6)})
    test = split("test", **{f"b{number}": bytes([number, 1]) for number in range(5)})
    (line,) = remarks([one.input.path for one in train], {"test": test})
    assert line.startswith("5 of 5 images of test are in training too: 5 of the same bytes (test:1 (")
    assert line.endswith(", ...)")
    assert "test:4" not in line


def test_files_that_are_missing_or_empty_are_not_the_same(split):
    train = split("train", a=None, b=b"", c=b"\0")
    assert remarks([one.input.path for one in train], {"test": split("test", d=None, e=b"", f=b"x")}) == []


def test_a_list_that_is_wrong_is_told_elsewhere(split):
    def broken():
        raise DataError("list.txt:1: is wrong")
        yield

    train, others = split("train", a=b"dog"), {"validation": broken(), "test": split("test", b=b"dog")}
    assert len(remarks([one.input.path for one in train], others)) == 1


def test_nothing_is_looked_at_without_other_splits(split, monkeypatch):
    monkeypatch.setattr("keras_seq.formats.caption_remarks._size", None)
    train = split("train", a=b"dog")
    assert remarks([one.input.path for one in train], {}) == []
