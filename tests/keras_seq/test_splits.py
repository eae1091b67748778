"""Held-out parts are stratified, seeded and disjoint from the rest."""

import pytest

from keras_seq.formats import Example
from keras_seq.splits import HeldOut, Joined


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
