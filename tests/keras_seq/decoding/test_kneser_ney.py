"""Kneser-Ney smoothing: the numbers of KenLM, probabilities that sum to 1, and what unknown words get."""

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.decoding import kneser_ney
from keras_seq.errors import DataError
from keras_seq.formats.arpa import END, NEVER, START, UNKNOWN

# Of `lmplz -o 3` on `sentences()`, a line each; KenLM at commit 4cb443e of github.com/kpu/kenlm.
LMPLZ = {
    "<unk>": (-2.2776713, 0.0),
    "</s>": (-0.9894203, 0.0),
    "te": (-2.2604916, -0.1615213),
    "le": (-2.1906254, -0.1758642),
    "to": (-2.1294174, -0.1615213),
    "<s> la": (-2.0596237, -0.1867251),
    "bo de": (-1.7993681, -0.0374748),
    "go mu": (-1.4881756, -0.0374748),
    "gi bu": (-1.0172555, -0.0374748),
    "bo bo la": (-1.1942853, 0.0),
    "ke no bi": (-0.5919919, 0.0),
    "se di </s>": (-0.4564547, 0.0),
    "be be ba": (-0.8984270, 0.0),
}
BACKOFF_OF_START = -0.4889789
SUMS = (
    (56, -106.1155, -11.0114),
    (427, -585.4633, -16.6966),
    (614, -568.5126, 0.0000),
)  # of each order: how many, and the sums of both columns, without <s> among the words

words = st.sampled_from(["a", "b", "c", UNKNOWN])
texts = st.lists(st.lists(words, max_size=5).map(tuple), min_size=1, max_size=12)
few = tried_on(40)


def sentences():
    """Two hundred sentences in a language of 55 syllables, of which each is rarer than the one before."""
    draw = random.Random(5).random
    syllables = ["".join(pair) for pair in itertools.product("bdgklmnprst", "aeiou")]

    def syllable(place):
        return syllables[(int(55 ** draw()) - 1 + place % 2 * int(3 * draw())) % 55]

    return [[syllable(place) for place in range(1 + int(6 * draw()))] for _ in range(200)]


def test_the_numbers_are_those_of_kenlm():
    orders = kneser_ney.learn(sentences(), 3, unknown_words=1).orders
    for text, numbers in LMPLZ.items():
        ngram = tuple(text.split())
        assert orders[len(ngram) - 1][ngram] == pytest.approx(numbers, abs=1e-6), text
    assert orders[0].pop((START,)) == pytest.approx((NEVER, BACKOFF_OF_START), abs=1e-6)
    sums = [(len(order), *map(sum, zip(*order.values(), strict=True))) for order in orders]
    assert sums == [pytest.approx(numbers, abs=1e-3) for numbers in SUMS]


@few
@given(texts, st.integers(1, 4), st.sampled_from([None, 0, 1, 5.5]), st.lists(words, max_size=3))
def test_the_probabilities_after_any_history_sum_to_1(text, order, unknown_words, history):
    ngrams = kneser_ney.learn(text, order, "ae", unknown_words)
    known = {word for (word,) in ngrams.orders[0]} - {START}
    assert known == {word for sentence in text for word in sentence} | {*"ae", END} | (
        {UNKNOWN} if unknown_words != 0 else set()
    )
    for before in (history, [START, *history], [UNKNOWN]):
        total = sum(10 ** ngrams.log10(before, word) for word in known)
        assert total == pytest.approx(1, abs=1e-9)


@few
@given(texts, st.integers(2, 4))
def test_what_was_seen_is_listed_with_all_that_it_is_made_of(text, order):
    """So that every history of a listed n-gram is listed."""
    orders = kneser_ney.learn(text, order).orders
    marked = [(START, *sentence, END) for sentence in text]
    for size in range(1, order + 1):
        seen = {one[place : place + size] for one in marked for place in range(len(one) - size + 1)}
        assert set(orders[size - 1]) - {(UNKNOWN,)} == seen - {(UNKNOWN,)}
    assert all(number <= 1e-12 for order in orders for number, _ in order.values())


def test_counts_that_are_too_few_for_three_discounts_have_one():
    assert kneser_ney.discounts([1, 1, 1, 2]) == pytest.approx((0.6, 0.6, 0.6))
    assert kneser_ney.discounts([1, 2, 3, 3, 3, 4]) == pytest.approx((1 / 3,) * 3), (
        "the second would be below 0"
    )
    for counts in ([], [1, 1], [2, 2, 5], [7]):
        assert kneser_ney.discounts(counts) == (kneser_ney.DISCOUNT_OF_FEW,) * 3
    counts = [1] * 9 + [2] * 5 + [3] * 3 + [4] * 2
    share = 9 / 19
    expected = (1 - 2 * share * 5 / 9, 2 - 3 * share * 3 / 5, 3 - 4 * share * 2 / 3)
    assert kneser_ney.discounts(counts) == pytest.approx(expected)


def test_the_unknown_word_stands_for_as_many_as_were_hardly_met():
    """Six words met once and one twice: some 6 * 5 / (2 * 2) more."""
    text = [["f", "f"], *([letter] for letter in "abcdeg")]
    one = kneser_ney.learn(text, 2, unknown_words=1).orders[0]
    many = kneser_ney.learn(text, 2).orders[0]
    assert many == kneser_ney.learn(text, 2, unknown_words=7.5).orders[0]
    ratio = math.log10(7.5 * (8 + 1) / (8 + 7.5))
    assert many[(UNKNOWN,)][0] - one[(UNKNOWN,)][0] == pytest.approx(ratio)
    assert (UNKNOWN,) not in kneser_ney.learn(text, 2, unknown_words=0).orders[0]
    known = kneser_ney.learn([["a", "b"]], 2).orders[0]
    assert known[(UNKNOWN,)][0] > -3, "the least is one word"


def test_words_that_no_sentence_has_share_what_is_left():
    orders = kneser_ney.learn([["a"], ["a", "b"]], 2, ["b", "c", "d"]).orders
    assert orders[0][("c",)] == orders[0][("d",)]
    assert orders[0][("c",)][0] < orders[0][("b",)][0]
    assert orders[0][("c",)][1] == 0


def test_no_sentence_at_all_is_refused_and_an_empty_one_is_an_end():
    with pytest.raises(DataError, match="no sentences to learn an n-gram model from"):
        kneser_ney.learn([], 3)
    ngrams = kneser_ney.learn([()], 3)
    assert ngrams.log10([START], END) > ngrams.log10([START], UNKNOWN)
