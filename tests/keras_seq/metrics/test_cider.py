"""CIDEr-D: the numbers of pycocoevalcap 1.2 for a made-up corpus, and what follows from the formula."""

import numpy as np
import pytest

from keras_seq.metrics.cider import CiderD, ngrams

TRUE = [
    ("a dog runs over the green grass", "the brown dog runs on grass", "a dog in a field"),
    ("two men ride a bike down the street", "two people ride bikes on a road", "men on bikes"),
    (
        "a child in a red coat plays in the snow",
        "a child plays in snow",
        "the snow is white and a child plays",
    ),
    ("a woman reads a book",),
]
ANSWERS = [
    "a dog runs on the grass",
    "two men ride a bike on a road near a tree",
    "a man on a horse",
    "a woman reads a book",
]
EXPECTED = [2.8748694153016925, 2.0581143123621013, 0.0, 10.0]


def split(texts):
    return [text.split() for text in texts]


def test_the_numbers_are_those_of_pycocoevalcap_times_100():
    found = CiderD([split(row) for row in TRUE]).scores(split(ANSWERS))
    np.testing.assert_allclose(found, 100 * np.array(EXPECTED), rtol=1e-12)


def test_a_word_that_all_pictures_have_counts_nothing():
    judge = CiderD([split(["the dog"]), split(["the cat"])])
    assert judge.scores(split(["the", "the"])).tolist() == [0, 0]
    assert (judge.scores(split(["dog", "cat"])) > 0).all()


def test_a_caption_of_another_length_is_worth_less():
    judge = CiderD([split(["a dog runs"]), split(["one cat"])])
    short, long = (
        judge.scores(split([text, "one cat"]))[0] for text in ("a dog runs", "a dog runs" + " x" * 9)
    )
    assert 0 < long < short == pytest.approx(750)  # four words in a row there are none


def test_saying_a_word_again_and_again_is_clipped():
    judge = CiderD([split(["dog cat"]), split(["one bird"])])
    once, again = (judge.scores(split([text, "one bird"]))[0] for text in ("dog x", "dog dog"))
    assert once == pytest.approx(500 / 4)
    assert again < 1000 * np.sqrt(0.5) / 4 + 1e-9


@pytest.mark.parametrize("answer", ["", "nothing of it"])
def test_nothing_right_is_0(answer):
    judge = CiderD([split(["a dog"]), split(["two cats", "cats"])])
    assert judge.scores(split([answer, answer])).tolist() == [0, 0]


def test_one_picture_alone_tells_nothing():
    assert CiderD([split(["a dog"])]).scores(split(["a dog"])).tolist() == [0]


def test_ngrams_are_of_one_to_four_words():
    found = ngrams("a b a b a".split())
    assert found == {
        ("a",): 3, ("b",): 2, ("a", "b"): 2, ("b", "a"): 2, ("a", "b", "a"): 2, ("b", "a", "b"): 1,
        ("a", "b", "a", "b"): 1, ("b", "a", "b", "a"): 1,
    }  # fmt: skip
