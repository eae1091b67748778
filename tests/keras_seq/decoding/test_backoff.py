"""The table of an n-gram model: what it says of items after others, against the model's own numbers."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on
from sentences import CANNOT_BE_WRITTEN, WORDS, log10, model_by_chance

from keras_seq.decoding.backoff import NOT_LISTED, BackoffTable, levels_of
from keras_seq.formats.arpa import END, START, UNKNOWN, NGrams

NAMES = [UNKNOWN, START, END, *WORDS]
IDS = {name: number for number, name in enumerate(NAMES)}


def table_of(ngrams):
    levels = levels_of(ngrams, IDS)
    table = BackoffTable([len(level.keys) for level in levels])
    table.fill(levels)
    return table


@tried_on(30)
@given(
    st.integers(0, 2**32),
    st.integers(1, 4),
    st.lists(st.lists(st.sampled_from([UNKNOWN, *WORDS]), min_size=4, max_size=4), min_size=1, max_size=5),
)
def test_scores_are_those_of_the_model(seed, order, sentences):
    """Whatever it lists: also an n-gram of which the model has not the beginning."""
    ngrams = model_by_chance(seed, order)
    table = table_of(ngrams)
    history = tf.constant([table.first(IDS[START])] * len(sentences))
    for place in range(4):
        ids = tf.constant([IDS[sentence[place]] for sentence in sentences])
        found, history = table(history, ids)
        before = [(START, *sentence[:place]) for sentence in sentences]
        expected = [log10(ngrams.orders, (*one, s[place])) for one, s in zip(before, sentences, strict=True)]
        np.testing.assert_allclose(found, np.array(expected) * math.log(10), rtol=1e-5, atol=1e-5)


def test_histories_may_have_any_shape_and_no_elements():
    table = table_of(model_by_chance(1, 3))
    for shape in [(), (2, 3), (0, 4)]:
        history = tf.zeros([*shape, 2], tf.int32) + table.first(IDS["a"])
        found, after = table(history, tf.fill(shape, IDS["b"]))
        assert found.shape == shape
        assert after.shape == (*shape, 2)
        assert (after.numpy()[..., 0] == IDS["b"]).all()


def test_what_is_not_listed_is_no_history():
    ngrams = NGrams([{(name,): (-1.0, -0.5) for name in NAMES}, {("a", "b"): (-0.25, -0.125)}, {}])
    table = table_of(ngrams)
    first = tf.constant(table.first(IDS["a"]))
    assert first.numpy().tolist() == [IDS["a"], NOT_LISTED]
    score, history = table(first, tf.constant(IDS["b"]))
    assert score.numpy() == pytest.approx(-0.25 * math.log(10))
    assert history.numpy().tolist() == [IDS["b"], 0]
    score, history = table(history, tf.constant(IDS["b"]))
    assert score.numpy() == pytest.approx(-(0.125 + 0.5 + 1) * math.log(10))
    assert history.numpy().tolist() == [IDS["b"], NOT_LISTED]


def test_items_without_an_id_are_left_out_and_keys_are_in_order():
    levels = levels_of(model_by_chance(2, 3), IDS)
    assert CANNOT_BE_WRITTEN not in IDS
    assert len(levels[0].keys) == len(IDS)
    for level in levels:
        assert (np.diff(level.keys) > 0).all()
        assert level.keys.dtype == "int64"


def test_a_table_without_numbers_yet_lists_nothing():
    table = BackoffTable([4, 3, 2])
    score, history = table(tf.constant([[3, 2]]), tf.constant([3]))
    assert score.numpy().tolist() == [0.0]
    assert history.numpy().tolist() == [[3, NOT_LISTED]]
