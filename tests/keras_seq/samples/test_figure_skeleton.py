"""The skeleton: limbs keep their lengths, reach what they can and point to what they cannot."""

import numpy as np
import pytest

from keras_seq.samples.figure_skeleton import ARMS, BONES, JOINTS, LEGS, Person, Tracks, axes, bent, posed


def standing(count=2, **changed):
    person = Person("somebody")
    tracks = {
        "yaw": 0.0,
        "hips": np.tile([0.0, 0.9, 3.0], (count, 1)),
        "torso": np.tile([0.0, 1.0, 0.0], (count, 1)),
        "ankles": np.tile([[-0.1, 0.07, 3.0], [0.1, 0.07, 3.0]], (count, 1, 1)),
        "wrists": np.tile([[-0.1, -0.4, 0.0], [0.1, -0.4, 0.0]], (count, 1, 1)),
        "elbows": np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),
    }
    return person, Tracks(**{**tracks, **changed})


def test_every_joint_hangs_on_one_bone():
    assert len(JOINTS) == len(set(JOINTS)) == 20
    assert len(BONES) == 19
    reached = {0}
    for _ in BONES:
        reached |= {joint for bone in BONES if reached & set(bone) for joint in bone}
    assert reached == set(range(20))
    assert [JOINTS[first] for first in (*ARMS, *LEGS)] == [
        *("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    ]


def test_a_figure_stands_upright_with_left_on_the_left_as_in_a_mirror():
    joints = dict(zip(JOINTS, posed(*standing())[0], strict=True))
    heights = [joints[name][1] for name in ("head", "shoulder_centre", "spine", "hip_centre", "left_knee")]
    assert heights == sorted(heights, reverse=True)
    for name, place in joints.items():
        assert np.sign(place[0]) == {"left": -1, "right": 1}.get(name.split("_")[0], 0), name
    np.testing.assert_allclose(joints["left_ankle"], [-0.1, 0.07, 3.0], atol=1e-9)
    assert joints["left_foot"][2] < joints["left_ankle"][2]  # to the viewer


def test_hands_are_where_they_are_to_be():
    person, tracks = standing()
    joints = posed(person, tracks)
    for side, arm in enumerate(ARMS):
        np.testing.assert_allclose(joints[:, arm + 2] - joints[:, arm], tracks.wrists[:, side], atol=1e-9)


@pytest.mark.parametrize("far", [0.01, 0.3, 0.599, 0.7, 5.0])
def test_a_limb_keeps_its_lengths_and_points_to_what_is_too_far(far):
    root, target = np.zeros((1, 3)), np.array([[far, 0.0, 0.0]])
    middle, end = bent(root, target, 0.35, 0.25, np.array([0.0, 0.0, 1.0]))
    np.testing.assert_allclose(np.linalg.norm(middle - root), 0.35)
    np.testing.assert_allclose(np.linalg.norm(end - middle), 0.25)
    if 0.15 <= far < 0.5994:
        np.testing.assert_allclose(end, target)
    else:
        np.testing.assert_allclose(end[0, 1:], 0, atol=1e-9)
        assert end[0, 0] > 0
    assert middle[0, 2] >= 0


def test_the_front_of_a_figure_that_is_turned_to_the_right_is_there():
    right, front = axes(np.pi / 2)
    np.testing.assert_allclose(front, [1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(right, [0, 0, 1], atol=1e-9)  # away from the viewer


def test_a_taller_person_is_longer_in_all_bones():
    def lengths(person):
        joints = posed(person, standing()[1])[0]
        return np.array([np.linalg.norm(joints[a] - joints[b]) for a, b in BONES])

    np.testing.assert_allclose(lengths(Person("tall", 1.87)) / lengths(Person("other", 1.7)), 1.1)
