"""Labels: the spellings of other programs meet those of a recipe, and none is guessed."""

import pytest
from data_files import table, write

from keras_seq import splits
from keras_seq.errors import RecipeError
from keras_seq.formats.labels import spelled


@pytest.mark.parametrize(
    ("labels", "spellings"),
    [
        ({True: "good", False: "bad"}, ["True", "true", "TRUE", "False"]),
        ({1: "good", 0: "bad"}, ["1", "1.0", "01", "1e0", "0", "0.0"]),
        ({1.0: "good", 0.0: "bad"}, ["1", "1.0", "0"]),
        ({" 1": "good", "false": "bad"}, ["1", "1.0", "False"]),
    ],
)
def test_labels_of_yaml_meet_the_spellings_of_other_programs(tmp_path, labels, spellings):
    path = write(tmp_path, "a.tsv", "".join(f"x\t{spelling}\n" for spelling in spellings))
    found = [example.truth for example in table(path, splits.names("data.labels", labels))]
    assert found == ["bad" if s[0] in "0Ff" and s != "01" else "good" for s in spellings]


def test_spellings_that_could_be_two_labels_or_none_are_not_guessed():
    assert spelled("1", {"1": "a", "1.0": "b"}) == "1"
    assert spelled("01", {"1": "a", "1.0": "b"}) is None
    assert spelled("1", {"true": "a"}) is None
    assert spelled("nan", {"NaN": "a"}) is None
    assert spelled("Yes", {"yes": "a"}) is None


def test_names_of_labels_are_texts_of_one_line():
    for name in ("", " ", "a\tb", "a\nb", "a\u2028b"):
        with pytest.raises(RecipeError, match="is empty, or holds a tab or a line break"):
            splits.names("data.types", {"PER": name})
    assert splits.names("data.labels", {None: "x", 2: 3}) == {"null": "x", "2": "3"}


def test_json_labels_may_be_numbers_of_any_kind(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"t": "a", "l": 1.0}\n{"t": "b", "l": 0}\n{"t": "c", "l": "1"}\n')
    assert [e.truth for e in table(path, {"1": "good", "0": "bad"}, columns=("t", "l"))] == [
        "good",
        "bad",
        "good",
    ]
