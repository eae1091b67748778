"""The length penalty that held-out examples decide."""

import pytest

from keras_seq.answers.generating import Candidate
from keras_seq.tuning.length_penalty import LENGTH_PENALTIES, best_caption_penalty, best_penalty


@pytest.mark.parametrize("monitor", ["auto", "bleu", "chrf", "loss"])
def test_the_length_penalty_of_short_texts_is_not_chosen_by_a_bleu_of_0(monitor):
    """The right text wins from some penalty on; BLEU of two words is 0 with every one."""
    right, wrong = Candidate("le chat", -3.0, 7, 0.0), Candidate("le", -2.0, 3, 0.0)
    chosen = best_penalty([[wrong, right]] * 2, [("le chat",)] * 2, monitor)
    better = [penalty for penalty in LENGTH_PENALTIES if right.score(penalty) > wrong.score(penalty)]
    assert chosen == better[0] > 0


def test_a_length_penalty_that_changes_nothing_is_0():
    assert best_penalty([[Candidate("a", -1.0, 2, 0.0)]] * 2, [("b",)] * 2, "auto") == 0.0


def test_the_length_penalty_is_the_least_with_the_best_bleu():
    long, short = "a man walks over the bridge", "a man"
    rows = [[Candidate(short, -2.0, 3, 0.0), Candidate(long, -3.0, 7, 0.0)]] * 2
    picked = [max(rows[0], key=lambda one: one.score(penalty)).text for penalty in LENGTH_PENALTIES]
    assert best_penalty(rows, [(long,)] * 2, "auto") == LENGTH_PENALTIES[picked.index(long)] > 0


@pytest.mark.parametrize("monitor", ["cider", "bleu_4", "bleu_1", "loss"])
def test_the_length_penalty_of_captions_is_chosen_by_their_scores(monitor):
    """In lower case, and without points: to the scores of captions they are the same."""
    long, short = "A man walks over the long bridge.", "a man"
    rows = [
        [Candidate(short, -2.0, 3, 0.0), Candidate(long.lower(), -3.0, 8, 0.0)],
        [Candidate("two dogs", -1.0, 3, 0.0)],
    ]
    picked = [max(rows[0], key=lambda one: one.score(penalty)).text for penalty in LENGTH_PENALTIES]
    best = LENGTH_PENALTIES[picked.index(long.lower())]
    assert best_caption_penalty(rows, [(long,), ("Two dogs.",)], monitor) == best > 0


def test_a_score_of_captions_that_tells_nothing_leaves_the_choice_to_chrf():
    """One picture alone has a CIDEr of 0."""
    right, wrong = Candidate("le chat", -3.0, 7, 0.0), Candidate("le", -2.0, 3, 0.0)
    assert best_caption_penalty([[wrong, right]], [("le chat",)], "cider") > 0
