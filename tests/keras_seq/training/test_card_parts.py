"""Parts of cards: what stands in a table or a block of code is shown as it is written."""

import errno

import pytest

from keras_seq.pictures import Picture
from keras_seq.recipe import load_recipe
from keras_seq.run_files import RunFiles
from keras_seq.training import card_parts


def test_a_table_has_a_line_a_row():
    assert (
        card_parts.table(["a", "b"], [["1", "2"], ["3", "4"]]) == "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"
    )


def test_a_long_text_is_cut_where_it_is_asked_for():
    text = "x" * 300
    assert len(card_parts.cell(text)) == card_parts.SHOWN_CHARACTERS
    assert card_parts.cell(text, shown=300) == text
    assert card_parts.cell("a|b\n<c> $d") == r"a\|b \<c\> &#36;d"


def test_a_fence_is_longer_than_what_it_holds():
    assert card_parts.fenced("```", "yaml") == "````yaml\n```\n````"
    assert card_parts.code("a|`b") == r"``a\|`b``"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("{source: sample}", ["the built-in sample corpus"] * 2),
        ("{train: a.tsv, validation: 0.2}", ["`a.tsv`", "this part of train: 0.2"]),
        (
            "{train: a.tsv, validation: b.tsv, phrases: c.txt, labels: {x: y}}",
            ["`a.tsv` and phrases `c.txt`", "`b.tsv`"],
        ),
    ],
)
def test_the_data_table_says_where_each_split_is_from(data, expected, tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(f"application: sentiment\ndata: {data}\n", encoding="utf-8")
    metrics = {"training": {"examples": 9}, "validation": {"accuracy": 1.0, "examples": 3}}
    rows = card_parts.data(load_recipe(path, check_files=False), metrics).splitlines()[2:]
    assert rows == [f"| train | 9 | {expected[0]} |", f"| validation | 3 | {expected[1]} |"]


def test_a_picture_that_cannot_be_drawn_costs_no_other(tmp_path, capsys):
    def fails(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    pictures = [Picture("a", "", fails), Picture("b", "About b.", lambda path: path.write_bytes(b"x"))]
    parts = card_parts.drawn(RunFiles(tmp_path), "pictures", lambda: pictures)
    assert parts == ["About b.", "![b](b.png)"]
    assert "No space left" in capsys.readouterr().out
