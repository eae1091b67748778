"""Held-out parts are stratified, seeded and disjoint from the rest."""

import pytest

from keras_seq import splits
from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import Example, File
from keras_seq.splits import HeldOut, HeldOutGroups, Joined


def examples(truths):
    return [Example(f"text {n}", truth, f"f:{n}") for n, truth in enumerate(truths)]


def by_class(given, fraction, seed, held_out):
    return HeldOut(given, fraction, seed, held_out, lambda example: example.truth)


def test_truths_of_their_own_are_held_out_without_groups():
    given = examples(map(str, range(100)))
    held, rest = list(HeldOut(given, 0.2, 1, True)), list(HeldOut(given, 0.2, 1, False))
    assert (len(held), len(rest)) == (20, 80)


def test_holding_out_is_stratified_seeded_and_disjoint():
    given = examples("ab" * 190 + "c" * 20)
    held, rest = list(by_class(given, 0.1, 1, True)), list(by_class(given, 0.1, 1, False))
    truths = [e.truth for e in held]
    assert {name: truths.count(name) for name in "abc"} == {"a": 19, "b": 19, "c": 2}
    assert not set(held) & set(rest)
    assert sorted(held + rest) == sorted(given)
    assert held == list(by_class(given, 0.1, 1, True)) != list(by_class(given, 0.1, 2, True))


@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.99])
def test_no_class_is_held_out_whole_and_a_class_of_two_is_divided(fraction):
    given = examples("a" * 10 + "bb" + "c")
    rest = [e.truth for e in by_class(given, fraction, 1, False)]
    held = [e.truth for e in by_class(given, fraction, 1, True)]
    assert set(rest) == {"a", "b", "c"}
    assert set(held) == {"a", "b"}


def test_joined_goes_over_all_parts_again():
    joined = Joined(examples("ab"), examples("c"))
    assert [e.truth for e in joined] == [e.truth for e in joined] == ["a", "b", "c"]


PEOPLE = [
    Example(File(f"clips/{label}/p{person}_{take}.mp4", 1), label, f"train.txt:{person}")
    for label in ("walk", "run")
    for person in range(8)
    for take in range(3)
]


def people(given):
    return {one.input.path.partition("/p")[2][0] for one in given}


@pytest.mark.parametrize(("fraction", "held"), [(0.01, 1), (0.25, 2), (0.5, 4), (0.99, 7)])
def test_people_are_held_out_whole(fraction, held):
    parts = [HeldOutGroups(PEOPLE, fraction, 1, is_held, r"/p(\d)_") for is_held in (True, False)]
    assert len(people(parts[0])) == held
    assert people(parts[0]).isdisjoint(people(parts[1]))
    assert sorted([*parts[0], *parts[1]]) == sorted(PEOPLE)
    assert list(parts[0]) == list(parts[0]), "over and over"
    assert list(HeldOutGroups(PEOPLE, fraction, 1, True, r"/p\d_")) == list(parts[0]), "without parentheses"
    chances = {frozenset(people(HeldOutGroups(PEOPLE, 0.25, seed, True, r"/p(\d)_"))) for seed in range(9)}
    assert len(chances) > 3


def test_what_tells_no_people_apart_is_an_error():
    for pattern, expected in (
        ("_g", r"train.txt:0: data.group: '_g' finds nothing"),
        ("mp4", "the same in all"),
    ):
        with pytest.raises(DataError, match=expected):
            list(HeldOutGroups(PEOPLE, 0.5, 1, True, pattern))
    with pytest.raises(RecipeError, match="no regular expression"):
        splits.group("(", 0.1)
    with pytest.raises(RecipeError, match="a file of its own"):
        splits.group("p", "dev.txt")
    assert splits.group(None, "dev.txt") is None


def test_a_split_may_be_of_people():
    paths = {"train": "list", "validation": 0.25, "test": None}
    held, kept = (
        splits.examples(split, paths, lambda path: PEOPLE, 1, group=r"/p(\d)_")
        for split in ("validation", "train")
    )
    assert len(people(held)) == 2
    assert people(held).isdisjoint(people(kept))
    splits.check_first(held)
