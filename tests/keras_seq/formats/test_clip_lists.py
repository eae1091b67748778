"""Split lists of clips: what a line may be, and what is complained of."""

import pathlib

import pytest
from data_files import write

from keras_seq.errors import DataError
from keras_seq.formats.clip_lists import listed


def of(tmp_path, text, name="trainlist01.txt"):
    path = write(tmp_path, name, text)
    return [(where.removeprefix(f"{path}:"), *rest) for where, *rest in listed(pathlib.Path(path))]


@pytest.mark.parametrize("name", ["list.txt", "list.txt.gz"])
def test_a_path_a_line_with_or_without_the_number_of_its_class(tmp_path, name):
    lines = "Walk/v_Walk_g01_c01.avi 1\r\n\r\nSit down/a b.avi\n./Walk/2/3.gif\t7\nWalk/17\n"
    assert of(tmp_path, lines, name) == [
        ("1", "Walk/v_Walk_g01_c01.avi", "Walk"),
        ("3", "Sit down/a b.avi", "Sit down"),
        ("4", "./Walk/2/3.gif", "Walk"),
        ("5", "Walk/17", "Walk"),
    ]


def test_of_a_path_from_elsewhere_the_class_is_the_folder_it_is_in(tmp_path):
    assert [label for _, _, label in of(tmp_path, "/data/Walk/1.avi\n../clips/Run/2.avi 2\n")] == [
        "Walk",
        "Run",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("walk_1.avi 3", "2: expected Class/clip; lists of paths and labels are tables, .csv or .tsv"),
        ("a/1.avi\twalk", "2: has a tab, as a table has"),
        ("/1.avi", "2: no folder that could be the class"),
        ("walk/..", "2: expected Class/clip"),
    ],
)
def test_lines_that_are_no_paths_of_clips_are_named(tmp_path, line, expected):
    with pytest.raises(DataError) as error:
        of(tmp_path, f"Walk/1.avi\n{line}\n")
    assert f"trainlist01.txt:{expected}" in str(error.value)
