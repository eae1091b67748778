"""Examples and the files that they refer to."""

from keras_seq.formats import Example, File, Folder, at


def test_a_file_is_its_path_and_its_size(tmp_path):
    (tmp_path / "f").write_bytes(b"12345")
    assert File.of(tmp_path / "f") == File(str(tmp_path / "f"), 5)
    assert File.of(tmp_path / "none").length == 0
    assert File.of("a\0b").length == 0


def test_what_is_at_a_path_is_a_file_or_a_folder(tmp_path):
    (tmp_path / "f").write_bytes(b"12345")
    assert at(tmp_path / "f") == File.of(tmp_path / "f")
    assert type(at(tmp_path / "none")) is File
    assert type(at(tmp_path)) is Folder
    assert at(tmp_path).length == 1


def test_truths_are_one_or_several():
    assert Example("x", "a", "").truths == ("a",)
    assert Example("x", ("a", "b"), "").truths == ("a", "b")
