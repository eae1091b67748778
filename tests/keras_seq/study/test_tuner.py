"""The trials of a study: as many as are asked for, none twice, those that are worse ended early."""

import pytest
from studies import Small

from keras_seq.errors import RecipeError
from keras_seq.study import tuner as tuner_module
from keras_seq.study.tuner import with_values


@pytest.fixture(autouse=True)
def quick(stub, monkeypatch):
    monkeypatch.setattr(tuner_module, "POLL_SECONDS", 0.02)


def folder(path):
    path.mkdir()
    return path


def test_a_study_that_was_broken_off_has_the_same_trials_as_one_that_was_not(tmp_path, monkeypatch):
    whole, parts = Small(folder(tmp_path / "whole")), Small(folder(tmp_path / "parts"))
    whole.tuner(7).go()
    tell = parts.search.tell

    def broken_off(taken, *outcome):
        if taken.trial.number == 2:
            raise KeyboardInterrupt
        tell(taken, *outcome)

    monkeypatch.setattr(parts.search, "tell", broken_off)
    with pytest.raises(KeyboardInterrupt):
        parts.tuner(7).go()
    assert [*parts.tried] == [0, 1]
    monkeypatch.setattr(parts.search, "tell", tell)
    parts.tuner(7).go()
    assert parts.tried == whole.tried
    assert [*parts.tried] == [*range(7)]
    outcomes = [[outcome for _, outcome in one.search.outcomes().values()] for one in (whole, parts)]
    assert outcomes[0] == outcomes[1]
    assert {outcome.state for outcome in outcomes[0]} == {"complete", "pruned"}


def test_two_at_once_share_the_trials(tmp_path):
    small = Small(tmp_path)
    small.tuner(4, jobs=2).go()
    assert [*small.tried] == [0, 1, 2, 3]
    assert sorted(small.lines) == [(number, "complete") for number in range(4)]
    small.tuner(4).go()  # there are enough
    assert len(small.lines) == 4
    small.tuner(5).go()
    assert small.lines[4][0] == 4


def test_what_cannot_be_trained_is_on_record_and_the_others_go_on(tmp_path):
    small = Small(tmp_path, "training: {learning_rate: [0.003, 0.03, 0.06]}\n", prunes=False)
    small.search.begin_with({"training.learning_rate": "0.003"})
    small.tuner(9).go()
    about = {
        small.tried[n]["training.learning_rate"]: one.about for n, (_, one) in small.search.outcomes().items()
    }
    assert about[0.003] == ""
    assert {about.get(0.03, "the loss is NaN"), about.get(0.06, "ended by signal 9; it said nothing")} == {
        "the loss is NaN",
        "ended by signal 9; it said nothing",
    }
    assert len(about) > 1
    assert not any(small.folder.claim_file(number).exists() for number in range(9))


def test_a_study_whose_first_trials_all_fail_ends(tmp_path):
    small = Small(tmp_path, "training: {learning_rate: [0.03, 0.04]}\n")
    with pytest.raises(RecipeError, match="3 trials failed, and none ended well; the last: the loss is NaN"):
        small.tuner(9).go()
    assert small.lines == [(0, "failed"), (1, "failed"), (2, "failed")]


def test_trials_that_are_chosen_by_another_score_are_not_compared(tmp_path):
    small = Small(tmp_path)
    small.search.settle("score", "val_loss")
    with pytest.raises(RecipeError, match="compared by loss, and one is chosen by accuracy"):
        small.tuner(1).go()


def test_the_recipe_of_a_trial_is_the_recipe_with_its_values(tmp_path):
    small = Small(tmp_path)
    whole = with_values(small.recipe, {"training.learning_rate": 0.5, "model.units": 8})
    expected = small.recipe.as_dict()
    expected["training"]["learning_rate"], expected["model"]["units"] = 0.5, 8
    assert whole == expected
