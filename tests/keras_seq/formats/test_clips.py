"""Clips from class folders, split lists and tables."""

import json

import pytest
from corpora import PROJECT
from data_files import complaint, write

from keras_seq.formats import Clips, File, Folder

UTD_MHAD = PROJECT.parent / "shared" / "data" / "video" / "utd_mhad"


@pytest.fixture
def root(tmp_path):
    """Two classes; a clip that is a file in each, and one of `walk` that is a folder of two frames."""
    for name in (
        "walk/a.mp4",
        "sit/b.gif",
        "walk/c/1.jpg",
        "walk/c/2.jpg",
        "walk/c/.hidden",
        "walk/.DS_Store",
    ):
        path = tmp_path / "clips" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "clips"


def found(examples, root):
    return [(one.input.path.removeprefix(f"{root}/"), one.input.length, one.truth) for one in examples]


ALL = [("walk/a.mp4", 10, "walk"), ("sit/b.gif", 9, "sit"), ("walk/c", 2, "walk")]


def test_class_folders_have_files_and_folders_of_frames(root):
    clips = Clips(str(root))
    assert found(clips, root) == ALL
    assert [type(one.input) for one in clips] == [File, File, Folder]
    assert "walk/c: is a folder within a class folder" in complaint(Clips(str(root), folders=False))


def test_a_split_list_has_its_clips_beside_it_or_where_the_recipe_says(root, tmp_path):
    path = write(tmp_path, "train.txt", "walk/a.mp4 1\nsit/b.gif 2\nwalk/c\n")
    assert found(Clips(str(path)), root) == ALL
    assert found(Clips(str(path), str(root)), root) == ALL
    assert list(Clips(str(path)))[1].where == f"{path}:2"
    beside = write(root, "train.txt", "walk/a.mp4\n")
    assert found(Clips(str(beside)), root) == ALL[:1]
    assert f"{path}:3: {root}/walk/c: is a folder; expected a file" in complaint(
        Clips(str(path), folders=False)
    )


@pytest.mark.parametrize("kind", ["csv", "tsv", "txt", "jsonl"])
def test_a_table_has_columns_of_paths_and_labels(root, tmp_path, kind):
    rows = [("walk/a.mp4", "w"), ("sit/b.gif", "s"), ("walk/c", "w")]
    comma = "," if kind == "csv" else "\t"
    text = "".join(f"{path}{comma}{label}\n" for path, label in [("video", "class"), *rows])
    if kind == "jsonl":
        text = "".join(json.dumps({"video": path, "class": label}) + "\n" for path, label in rows)
    path = write(tmp_path, f"train.{kind}", text)
    clips = Clips(str(path), str(root), "video", "class", {"w": "walk", "s": "sit"})
    assert found(clips, root) == ALL
    assert next(iter(clips)).where == f"{path}:{1 + (kind != 'jsonl')}"


def test_a_header_where_none_is_expected_is_named(tmp_path):
    path = write(tmp_path, "a.csv", "path,label\nwalk/a.mp4,walk\n")
    assert "a.csv:1: looks like a header" in complaint(Clips(str(path)))


def test_labels_are_renamed_and_other_folders_left_alone(root, tmp_path):
    path = write(tmp_path, "train.txt", "walk/a.mp4\nsit/b.gif\n")
    for source in (path, root):
        assert found(Clips(str(source), labels={"sit": "sits"}), root) == [("sit/b.gif", 9, "sits")]
    assert "has no clip of 'wlak'; it has sit, walk" in complaint(Clips(str(path), labels={"wlak": "w"}))
    table = write(tmp_path, "train.csv", "walk/a.mp4,walk\n")
    assert "train.csv:1: label 'walk' is none of 'sit'" in complaint(Clips(str(table), labels={"sit": "s"}))


def test_empty_lists_and_paths_are_named(tmp_path):
    assert "a.txt: has no clips" in complaint(Clips(str(write(tmp_path, "a.txt", "\n"))))
    path = write(tmp_path, "b.csv", " ,walk\n")
    assert "b.csv:1: the path of the clip is empty" in complaint(Clips(str(path)))


def test_a_clip_that_is_not_there_is_listed_all_the_same(tmp_path):
    path = write(tmp_path, "a.txt", "walk/none.mp4\n")
    assert found(Clips(str(path)), tmp_path) == [("walk/none.mp4", 0, "walk")]


@pytest.mark.real_data
@pytest.mark.skipif(not UTD_MHAD.exists(), reason="no UTD-MHAD")
@pytest.mark.parametrize(("split", "count"), [("train", 431), ("test", 430)])
def test_the_lists_of_utd_mhad(split, count):
    clips = list(Clips(str(UTD_MHAD / f"{split}.txt")))
    assert len(clips) == count
    assert len({one.truth for one in clips}) == 27
    assert all(one.input.length > 1000 for one in clips)
