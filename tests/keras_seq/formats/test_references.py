"""Tables of paths as examples of files."""

from keras_seq.formats import Example, Referenced


def rows():
    return [Example("a", "1", "t:1"), Example("a", "2", "t:2"), Example("b", "3", "t:3")]


def test_paths_start_at_the_folder_and_rows_of_one_file_may_be_one_example(tmp_path):
    (tmp_path / "a").write_bytes(b"xy")
    single = list(Referenced(rows(), str(tmp_path)))
    assert [(one.input.path, one.input.length, one.truth) for one in single] == [
        (str(tmp_path / "a"), 2, "1"),
        (str(tmp_path / "a"), 2, "2"),
        (str(tmp_path / "b"), 0, "3"),
    ]
    several = Referenced(rows(), str(tmp_path), several=True)
    assert [(one.truth, one.where) for one in several] == [(("1", "2"), "t:1"), (("3",), "t:3")]
    assert list(several) == list(several), "over and over"
