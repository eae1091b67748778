"""What cannot be trained on: counted by kind, named, and an error or passed over."""

import pytest

from keras_seq.errors import DataError
from keras_seq.formats import Example
from keras_seq.usable import Usable

EXAMPLES = [
    Example(text, truth, f"a.tsv:{n}")
    for n, (text, truth) in enumerate(
        [("one", "a"), ("two", ""), ("three", "b"), ("four", ""), ("five", "x"), ("six", ""), ("seven", "")],
        1,
    )
]


def fault(example):
    if not example.truth:
        return "without a truth"
    return f"with letters that are not known: {example.truth!r}" if example.truth == "x" else ""


def test_faults_are_passed_over_and_told_once(capsys):
    usable = Usable(EXAMPLES, fault, "skip", "train")
    assert [example.input for example in usable] == ["one", "three"]
    assert [example.input for example in usable] == ["one", "three"]
    assert usable.skipped == 5
    assert capsys.readouterr().out == (
        "passed over: 5 of 7 examples of the train split cannot be trained on: 4 without a truth (a.tsv:2, a.tsv:4, "
        "a.tsv:6, ...); 1 with letters that are not known (a.tsv:5 ('x'))\n"
    )


def test_faults_are_an_error_with_all_of_their_counts():
    with pytest.raises(
        DataError, match=r"5 of 7 examples of the validation split.*4 without.*; 1 with.*: skip"
    ):
        list(Usable(EXAMPLES, fault, "stop", "validation"))
    assert [example.input for example in Usable(EXAMPLES[:1], fault, "stop", "train")] == ["one"]


def test_nothing_left_is_an_error_whatever_the_recipe_says():
    with pytest.raises(DataError, match="1 of 1 examples of the train split cannot be trained on"):
        list(Usable(EXAMPLES[1:2], fault, "skip", "train"))
