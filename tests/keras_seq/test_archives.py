"""Folders as one sequence of bytes."""

import io
import tarfile

import pytest

from keras_seq import archives
from keras_seq.errors import DataError


def test_a_folder_is_the_same_bytes_whenever_it_was_written(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.txt").write_bytes(b"one")
    (tmp_path / "b" / "1.txt").touch()
    assert archives.archived(tmp_path / "a") == archives.archived(tmp_path / "b")


def test_members_come_in_the_order_of_their_numbers_and_hidden_files_are_left_alone(tmp_path):
    for name in ("f10.png", "f9.png", "f09b.png", ".hidden", "cover.png"):
        (tmp_path / name).write_bytes(name.encode())
    found = archives.members(archives.archived(tmp_path))
    assert found == [(name, name.encode()) for name in ("cover.png", "f9.png", "f09b.png", "f10.png")]


def test_names_of_any_characters_stay(tmp_path):
    names = ["ü" * 80, "日本語.npy", "a b"]
    assert [name for name, _ in archives.members(archives.packed([(name, b"x") for name in names]))] == names


def test_an_archive_is_told_from_other_bytes_and_is_what_others_read():
    raw = archives.packed([("1.txt", b"one")])
    assert archives.is_archive(raw)
    assert not archives.is_archive(b"")
    assert not archives.is_archive(b"RIFF" + bytes(400))
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        assert archive.extractfile("1.txt").read() == b"one"


@pytest.mark.parametrize("cut", [300, 600])
def test_a_damaged_archive_is_an_error(cut):
    raw = archives.packed([("1.txt", b"x" * 2000)])
    with pytest.raises(DataError, match="damaged tar archive"):
        archives.members(raw[:cut])


def test_a_folder_without_files_or_with_folders_is_an_error(tmp_path):
    with pytest.raises(DataError, match="the folder is empty"):
        archives.archived(tmp_path)
    (tmp_path / "inner").mkdir()
    with pytest.raises(DataError, match="holds another folder, 'inner'"):
        archives.archived(tmp_path)
