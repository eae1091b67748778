"""Labels of windows that slide over a long input."""

import pytest

from keras_seq.answers.windows import steady

LEFT, RIGHT = [0.9, 0.1], [0.1, 0.9]


def places(*scores):
    return [place for place, _ in steady(scores)]


def test_one_window_of_another_class_changes_nothing():
    assert places(LEFT, LEFT, RIGHT, LEFT, LEFT) == [0] * 5


def test_a_class_takes_over_when_its_mean_is_the_best_in_two_windows_running():
    assert places(LEFT, LEFT, RIGHT, RIGHT, RIGHT, RIGHT) == [0, 0, 0, 0, 1, 1]


def test_classes_that_take_turns_do_not_flicker():
    assert len(set(places(*[LEFT, RIGHT] * 10))) == 1


def test_scores_are_means_over_three_windows():
    scores = [score for _, score in steady([LEFT, LEFT, RIGHT, RIGHT])]
    assert scores == pytest.approx([0.9, 0.9, 1.9 / 3, 1.1 / 3])


def test_no_windows_have_no_labels():
    assert places() == []
