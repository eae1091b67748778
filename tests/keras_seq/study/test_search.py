"""What is tried next: the same for the same seed, whoever asks, and however often the study was broken off."""

import pytest
from studies import Small

from keras_seq.study.search import Outcome, Search


def ask_and_tell(search, space, most):
    """Trials whose score is the learning rate; gives what was tried."""
    tried = []
    while (taken := search.take(most)) is not None:
        value = space.suggested(taken.trial)["training.learning_rate"]
        tried.append(value)
        search.tell(taken, Outcome("complete", value), value)
    return tried


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path)


def test_a_study_that_is_opened_again_goes_on_with_what_it_would_have_tried(tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole, parts = Small(tmp_path / "whole"), Small(tmp_path / "parts")
    expected = ask_and_tell(whole.search, whole.space, 14)
    found = []
    for most in (3, 12, 14):
        found += ask_and_tell(Search(parts.folder, 1, True), parts.space, most)
    assert found == expected
    assert len(set(found)) == 14


def test_a_trial_that_nobody_looks_after_any_more_is_taken_again(small):
    first = small.search.take(2)
    value = small.space.suggested(first.trial)
    small.search.report(first, 1, 0.5)
    other = Search(small.folder, 1, True)
    second = other.take(2)
    assert second.trial.number == 1
    assert other.take(2) is None  # the first is looked after
    first.claim.close()
    again = other.take(2)
    assert (again.trial.number, again.reported) == (0, {1})
    assert small.space.suggested(again.trial) == value
    assert small.search.going_on() == 2


def test_the_recipes_own_values_are_tried_first(small):
    small.search.begin_with(small.space.encoded(small.recipe))
    small.search.begin_with({"training.learning_rate": 0.001})  # once alone
    assert small.space.suggested(small.search.take(9).trial) == {"training.learning_rate": 0.003}


def test_a_trial_that_is_worse_than_the_median_may_not_go_on(small):
    for _ in range(4):
        taken = small.search.take(9)
        assert all(small.search.report(taken, epoch, 0.5) for epoch in (1, 2, 3))
        small.search.tell(taken, Outcome("complete", 0.5), 0.5)
    taken = small.search.take(9)
    assert small.search.report(taken, 1, 0.4)  # of the first epoch nobody is judged
    assert not small.search.report(taken, 2, 0.4)
    small.search.tell(taken, Outcome("pruned", 0.4), 0.4)
    states = [outcome.state for _, outcome in small.search.outcomes().values()]
    assert states == ["complete"] * 4 + ["pruned"]


def test_what_was_settled_first_stays(small):
    assert small.search.settled("score") is None
    assert small.search.settle("score", "val_loss") == "val_loss"
    assert small.search.settle("score", "val_accuracy") == "val_loss"
    assert Search(small.folder, 1, True).settled("score") == "val_loss"
