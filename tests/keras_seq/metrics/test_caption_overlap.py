"""BLEU of captions beside sacreBLEU's and coco-caption's, and ROUGE-L beside coco-caption's."""

import numpy as np
import pytest
import sacrebleu

from keras_seq.metrics.caption_overlap import bleu, counts_of, rouge_l
from keras_seq.metrics.text_scores import references

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
# What pycocoevalcap 1.2 gives.
BLEU = [74.07407407133059, 64.70545178581335, 58.31633454731813, 47.955105097123096]
ROUGE_L = [75.87064676616916, 57.87476280834916, 25.15463917525773, 100.0]


def split(texts):
    return [text.split() for text in texts]


def counts(true, answers):
    return np.array([counts_of(one, split(row)) for one, row in zip(split(answers), true, strict=True)])


def random_corpus(seed):
    random = np.random.default_rng(seed)
    word = lambda most: " ".join(random.choice(list("abcd"), random.integers(1, most)).tolist())  # noqa: E731
    return [tuple(word(9) for _ in range(random.integers(1, 4))) for _ in range(12)], [
        word(9) for _ in range(12)
    ]


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("longest", [1, 2, 3, 4])
def test_bleu_is_that_of_sacrebleu_without_smoothing(seed, longest):
    true, answers = (TRUE, ANSWERS) if seed is None else random_corpus(seed)
    scorer = sacrebleu.BLEU(tokenize="none", smooth_method="none", max_ngram_order=longest, force=True)
    expected = scorer.corpus_score(answers, references(true)).score
    assert bleu(counts(true, answers).sum(axis=0), longest) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("longest", [1, 2, 3, 4])
def test_bleu_is_that_of_coco_caption(longest):
    assert bleu(counts(TRUE, ANSWERS).sum(axis=0), longest) == pytest.approx(BLEU[longest - 1], rel=1e-7)


def test_bleu_is_of_many_sums_at_once_and_0_without_a_match():
    rows = counts(TRUE, ANSWERS)
    sums = np.stack([rows.sum(axis=0), rows[2], np.zeros(10), rows[3]])
    assert bleu(sums, 4) == pytest.approx([BLEU[3], 0, 0, 100], rel=1e-7)


def test_of_two_references_as_close_the_shorter_counts():
    assert counts_of("a b c".split(), split(["a b c d", "a b"]))[:2] == [3, 2]
    assert counts_of([], split(["a b"]))[:2] == [0, 2]


def test_rouge_l_is_that_of_coco_caption():
    found = [rouge_l(answer, split(row)) for answer, row in zip(split(ANSWERS), TRUE, strict=True)]
    assert found == pytest.approx(ROUGE_L, rel=1e-12)


@pytest.mark.parametrize(
    ("answer", "true", "expected"),
    [("", "a b", 0), ("a", "", 0), ("x", "a", 0), ("a b", "a b", 100)],
    ids=str,
)
def test_rouge_l_of_nothing_is_0(answer, true, expected):
    assert rouge_l(answer.split(), [true.split()]) == pytest.approx(expected)
