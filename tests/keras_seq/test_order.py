"""Batches by a budget: everything once, never too large, as many in every epoch, the same for the same seed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.errors import DataError
from keras_seq.formats import Example
from keras_seq.order import Order, rounded


def order(sizes, budget, batch_size=64, buffer=100, seed=1):
    examples = [Example(f"text {n}", "x", f"f:{n}") for n in range(len(sizes))]
    return Order(examples, batch_size, buffer, seed, budget, sizes)


def places(batches):
    return [[int(example.where[2:]) for example in batch] for batch in batches]


@given(
    st.lists(st.integers(0, 300), max_size=200),
    st.integers(50, 2000),
    st.integers(1, 20),
    st.integers(1, 250),
    st.integers(0, 3),
)
@tried_on(50)
def test_a_budget_is_kept_and_every_epoch_has_its_batches(sizes, budget, batch_size, buffer, seed):
    one = order(sizes, budget, batch_size, buffer, seed)
    for epoch in (0, 7):
        found = places(one.epoch(epoch))
        assert sorted(place for batch in found for place in batch) == list(range(len(sizes)))
        assert len(found) == one.steps(len(sizes))
        for batch in found:
            assert 1 <= len(batch) <= batch_size
            assert len(batch) == 1 or len(batch) * max(max(sizes[place], 1) for place in batch) <= budget


def test_batches_of_short_rows_are_the_larger_ones():
    sizes = [5] * 60 + [50] * 6
    assert sorted(map(len, places(order(sizes, 100).epoch(0)))) == [2, 2, 2, 20, 20, 20]


def test_neighbours_and_order_change_from_epoch_to_epoch_and_follow_from_the_seed():
    sizes = random.Random(1).choices(range(1, 40), k=90)
    one = order(sizes, 200)
    first, second = (places(one.epoch(epoch)) for epoch in (0, 1))
    assert first == places(order(sizes, 200).epoch(0))
    assert first != places(order(sizes, 200, seed=2).epoch(0))
    assert {frozenset(batch) for batch in first} != {frozenset(batch) for batch in second}
    assert places([one.batch(1, 3)]) == [second[3]]
    assert one.batch(0, 10_000) == one.batch(0, -1) == []


@pytest.mark.parametrize(
    ("size", "expected"), [(0, 1), (31, 31), (33, 34), (64, 64), (1000, 1024), (1025, 1088)]
)
def test_sizes_are_rounded_up_a_little(size, expected):
    assert rounded(size) == expected


def test_rounding_never_goes_down_nor_far():
    assert all(size <= rounded(size) < size * 17 / 16 for size in range(1, 5000))


def test_a_split_that_has_changed_is_told():
    with pytest.raises(DataError, match="there were 3 training examples, and now there are others"):
        list(Order([Example("a", "x", "f:1")], 4, 4, 1, 10, [1, 1, 1]).epoch(0))
