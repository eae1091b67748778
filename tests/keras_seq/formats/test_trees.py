"""Files of trees: every phrase with a label, and a complaint for what is no tree."""

import pytest
from data_files import complaint, rows, write

from keras_seq.formats import Treebank


def test_treebank_gives_every_phrase_that_is_not_neutral(tmp_path):
    path = write(tmp_path, "t.txt", "(3 (2 a) (4 (3 (2 not) (1 bad)) (2 film)))\n")
    assert rows(Treebank(str(path))) == [
        ("bad", "negative"),
        ("not bad", "positive"),
        ("not bad film", "positive"),
        ("a not bad film", "positive"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("(3 a", "never closed"),
        ("(3 a))", "never opened"),
        ("a\t1", "no labelled phrases"),
        ("", "no labelled phrases"),
    ],
)
def test_bad_trees(tmp_path, line, expected):
    assert expected in complaint(Treebank(str(write(tmp_path, "t.txt", line + "\n"))))
