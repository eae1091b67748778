"""Scores of captions, with what is right without looking beside them."""

import json

import pytest

from keras_seq.formats import Example
from keras_seq.metrics import CAPTION_SCORES, CaptionScorer, some_captions
from keras_seq.metrics.caption_scores import Judge, margins
from keras_seq.seen import Fingerprints

TRUE = [
    ("A dog runs over the green grass.", "The brown dog runs on grass."),
    ("Two men ride a bike down the street.", "Two people ride bikes on a road."),
    ("A child plays in the snow.", "The snow is white and a child plays."),
    ("A woman reads a book.",),
    ("Some birds sit on a wire.",),
    ("A red bus drives over a bridge.",),
]
GOOD = [row[0].lower().rstrip(".") for row in TRUE]
SEEN = {"a cat on a mat", "a man in a boat", "two dogs fight", "a dog runs"}


def scored(answers, seen=frozenset(), constant=None, **others):
    scorer = CaptionScorer([], seen)
    beside = {} if constant is None else {"constant_image_caption": constant}
    errors = [
        scorer.add(Example(f"x{n}", true, f"f:{n}"), {"caption": answer, **beside, **others})
        for n, (true, answer) in enumerate(zip(TRUE, answers, strict=True))
    ]
    return scorer.scores(), errors, scorer


def test_right_captions_have_the_best_scores_whatever_their_case_and_points():
    scores, errors, _ = scored(GOOD)
    assert list(scores)[:6] == ["bleu_4", "bleu_1", "bleu_2", "bleu_3", "rouge_l", "cider"]
    for name in ("bleu_4", "bleu_1", "rouge_l"):
        assert scores[name] == pytest.approx(100)
    assert scores["cider"] > 500
    assert scores["examples"] == 6
    assert max(errors) < 20
    assert scored(["a"] * 6)[1][3] > 60


def test_without_them_there_are_no_baselines_and_no_likelihood():
    scores, _, scorer = scored(GOOD)
    assert set(scores) == {*CAPTION_SCORES, "examples", "intervals"}
    assert "random" not in scorer.table(scores)


def test_a_constant_picture_and_a_random_caption_stand_beside_the_scores():
    scores, _, scorer = scored(GOOD, SEEN, constant=GOOD[3], log_probability=-6.0, true_pieces=4.0)
    judge = Judge(TRUE)
    constant = judge([GOOD[3]] * 6).scores()
    for name in ("bleu_4", "cider"):
        assert scores[f"constant_image_{name}"] == pytest.approx(constant[name])
        assert scores[f"random_caption_{name}"] < scores[name]
        low, high = scores["intervals"][f"{name}_over_constant_image"]
        assert 0 < low <= scores[name] - constant[name] <= high
    assert scores["cross_entropy"] == pytest.approx(1.5)
    again, _, _ = scored(GOOD, set(SEEN), constant=GOOD[3])
    assert again["random_caption_cider"] == scores["random_caption_cider"], "it is seeded"
    json.dumps(scores)
    head, first, *others = scorer.table(scores).splitlines()
    assert head.split() == "score 95 % interval constant image random caption".split()
    assert first.split()[:3] == ["bleu_4", "100.00", "100.00"]
    assert [line.split()[0] for line in others] == [
        *("bleu_1", "bleu_2", "bleu_3", "rouge_l", "cider", "cross_entropy", "perplexity")
    ]
    assert len(set(map(len, [head, first]))) == 1


def test_of_fingerprints_no_caption_is_drawn():
    scores, _, _ = scored(GOOD, Fingerprints(["0123456789abcdef"]))
    assert not [name for name in scores if name.startswith("random_caption")]


def test_the_interval_is_around_the_score():
    answers = [*GOOD[:3], *GOOD[:3]]
    scores, _, _ = scored(answers)
    for name in ("bleu_4", "cider"):
        low, high = scores["intervals"][name]
        assert low < scores[name] < high


def test_the_margin_of_two_systems_is_paired():
    """A system that is a little better of every picture is better for sure, though both intervals are wide."""
    judge = Judge(TRUE)
    worse = [" ".join(text.split()[:-1]) for text in GOOD]
    margin, (low, high) = margins(judge(GOOD), judge(worse))["cider"]
    assert margin == pytest.approx(judge(GOOD).scores()["cider"] - judge(worse).scores()["cider"])
    assert 0 < low < margin < high
    assert margins(judge(GOOD), judge(GOOD))["bleu_4"] == (0, (0, 0))


def test_the_best_and_the_worst_are_shown():
    _, _, scorer = scored([*GOOD[:2], "nothing", *GOOD[3:]])
    shown = {name: example.input for name, example in scorer.typical()}
    assert list(shown) == ["best_1", "best_2", "best_3", "best_4", "worst_1", "worst_2"]
    assert shown["worst_1"] == "x2"
    assert len(set(shown.values())) == 6
    assert CaptionScorer().typical() == []


def test_scores_by_name_are_those_of_the_scorer():
    scores, _, _ = scored([*GOOD[:4], "some birds", "a red bus"])
    for name, score in CAPTION_SCORES.items():
        assert score(TRUE, [*GOOD[:4], "some birds", "a red bus"]) == pytest.approx(scores[name])


def test_a_sample_of_captions_is_always_the_same():
    captions = [f"a {n}" for n in range(50)]
    some = some_captions([*captions, *captions], 7)
    assert len(some) == 7
    assert some == some_captions(reversed(captions), 7)
    assert some_captions(captions[:3], 7) == set(captions[:3])
