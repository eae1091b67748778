"""Folders of classes: their files in turns, and what cannot be one."""

from data_files import complaint, rows, write

from keras_seq import splits
from keras_seq.formats import ClassFolders


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


def test_class_folders_of_odd_names(tmp_path):
    for name in ("1.0", "True", "$x$ [a]*", ".hidden"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "a.txt", f"{name}\r\n")
        write(tmp_path / name, ".DS_Store", b"\xff")
    assert sorted(e.truth for e in ClassFolders(str(tmp_path))) == ["$x$ [a]*", "1.0", "True"]
    names = splits.names("data.labels", {1: "one", "true": "yes"})
    assert sorted(rows(ClassFolders(str(tmp_path), names))) == [("1.0\r\n", "one"), ("True\r\n", "yes")]
    (tmp_path / "1.0" / "more").mkdir()
    assert "1.0/more: is a folder within a class folder" in complaint(ClassFolders(str(tmp_path)))


def test_a_folder_whose_name_is_no_text_is_named(tmp_path):
    (tmp_path / "caf\udce9").mkdir()
    message = complaint(ClassFolders(str(tmp_path)))
    assert "the folder's name has half of a surrogate pair" in message
    message.encode()


def test_a_file_of_a_class_folder_in_utf16(tmp_path):
    (tmp_path / "pos").mkdir()
    write(tmp_path / "pos", "a.txt", "fine".encode("utf-16"))
    assert "a.txt: is UTF-16 text" in complaint(ClassFolders(str(tmp_path)))
