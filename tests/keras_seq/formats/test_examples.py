"""Examples and the files that they refer to."""

from keras_seq.formats import Example, File


def test_a_file_is_its_path_and_its_size(tmp_path):
    (tmp_path / "f").write_bytes(b"12345")
    assert File.of(tmp_path / "f") == File(str(tmp_path / "f"), 5)
    assert File.of(tmp_path / "none").length == 0
    assert File.of("a\0b").length == 0


def test_truths_are_one_or_several():
    assert Example("x", "a", "").truths == ("a",)
    assert Example("x", ("a", "b"), "").truths == ("a", "b")
