"""The actions: limbs of one length, and pairs that a single moment does not tell apart."""

import random

import numpy as np
import pytest

from keras_seq.samples.figure_actions import ACTIONS, FRAMES, RATE, REVERSED, action
from keras_seq.samples.figure_skeleton import BONES, JOINTS, Person

LABELS = [*ACTIONS, *REVERSED]
JOINT = {name: place for place, name in enumerate(JOINTS)}
SOMEBODY = Person("somebody", 1.6, legs=1.05, arms=0.95, breadth=1.1)


def moved(label, seed=1):
    return action(label, SOMEBODY, random.Random(seed))


@pytest.mark.parametrize("label", LABELS)
def test_an_action_keeps_the_lengths_of_limbs_and_stays_in_sight(label):
    lengths = []
    for seed in range(20):
        joints = moved(label, seed)
        assert joints.dtype == np.float32
        assert joints.shape[1:] == (20, 3)
        assert FRAMES[0] <= len(joints) <= FRAMES[1]
        lengths.append(
            np.linalg.norm(joints[:, [a for a, _ in BONES]] - joints[:, [b for _, b in BONES]], axis=-1)
        )
        assert joints[..., 2].min() > 1.5
        assert (np.abs(joints[:, JOINT["hip_centre"], 0]) < 0.4 * joints[:, JOINT["hip_centre"], 2]).all()
    lengths = np.concatenate(lengths)
    assert np.abs(lengths - lengths.mean(0)).max() < 5e-4
    assert lengths.min() > 0.04


@pytest.mark.parametrize("label", LABELS)
def test_an_action_is_the_same_with_the_same_seed_and_another_with_another(label):
    first = moved(label)
    np.testing.assert_array_equal(first, moved(label))
    assert first.shape != moved(label, 2).shape or not np.array_equal(first, moved(label, 2))


@pytest.mark.parametrize("label", LABELS)
def test_joints_move_without_leaps(label):
    for seed in range(20):
        speeds = np.linalg.norm(np.diff(moved(label, seed), axis=0), axis=-1) * RATE  # m/s
        assert speeds.max() < 14
        assert speeds.max() > 0.3


@pytest.mark.parametrize(("label", "other"), REVERSED.items())
def test_a_pair_differs_by_the_order_of_moments_alone(label, other):
    for seed in range(5):
        np.testing.assert_array_equal(moved(label, seed), moved(other, seed)[::-1])


@pytest.mark.parametrize("gait", ["walk", "run"])
def test_figures_go_to_their_side_evenly_over_the_same_places(gait):
    places = {}
    for side, sign in (("left", -1), ("right", 1)):
        paths = [moved(f"{gait}_{side}", seed)[:, JOINT["hip_centre"], 0] for seed in range(60)]
        assert all(sign * np.diff(path).min() > 0 or sign * np.diff(path).max() > 0 for path in paths)
        assert all(sign * (path[-1] - path[0]) > 0.7 for path in paths)
        places[side] = np.concatenate(
            [moved(f"{gait}_{side}", 100 * (sign + 1) + seed)[:, 3, 0] for seed in range(60)]
        )
    assert abs(places["left"].mean() - places["right"].mean()) < 0.15
    for part in (5, 50, 95):
        assert abs(np.percentile(places["left"], part) - np.percentile(places["right"], part)) < 0.3


def test_the_leading_leg_of_one_who_walks_does_not_tell_the_direction():
    """In a moment of both, the same of two feet is lifted, and before, as often."""
    found = {}
    for label in ("walk_left", "walk_right"):
        joints = np.concatenate([moved(label, seed) for seed in range(150)])
        lifted = joints[:, JOINT["left_ankle"], 1] > joints[:, JOINT["right_ankle"], 1]
        before = joints[:, JOINT["left_ankle"], 0] > joints[:, JOINT["right_ankle"], 0]
        found[label] = [np.mean(lifted & before), np.mean(lifted & ~before), np.mean(before)]
    np.testing.assert_allclose(found["walk_left"], found["walk_right"], atol=0.06)


def height(joints, name):
    return joints[:, JOINT[name], 1]


@pytest.mark.parametrize("seed", range(8))
def test_actions_are_what_they_are_called(seed):
    sitting = height(moved("sit_down", seed), "hip_centre")
    assert sitting[-1] < sitting[0] - 0.2
    jumping = height(moved("jump", seed), "left_foot")
    assert jumping.max() - jumping.min() > 0.15
    waving = moved("wave", seed)
    above = [
        (height(waving, f"{side}_hand") > height(waving, "shoulder_centre")).all()
        for side in ("left", "right")
    ]
    assert sorted(above) == [False, True]
    bending = height(moved("bend", seed), "head")
    assert bending[len(bending) // 2] < min(bending[0], bending[-1]) - 0.4
    clapping = moved("clap", seed)
    apart = np.linalg.norm(clapping[:, JOINT["left_hand"]] - clapping[:, JOINT["right_hand"]], axis=-1)
    assert apart.min() < 0.25 < 0.45 < apart.max()


def test_one_who_runs_is_faster_than_one_who_walks():
    speeds = {
        gait: [np.abs(np.diff(moved(f"{gait}_right", seed)[:, 3, 0])).mean() * RATE for seed in range(20)]
        for gait in ("walk", "run")
    }
    assert max(speeds["walk"]) < min(speeds["run"])
