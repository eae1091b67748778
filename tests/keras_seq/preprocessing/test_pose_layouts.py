"""The joints of each layout, and where their numbers stand."""

import pytest

from keras_seq.errors import DataError
from keras_seq.preprocessing.pose_layouts import BONES, LAYOUTS, columns, partners


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_of_its_joints(name):
    layout = LAYOUTS[name]
    flat = [joint for pair in layout.pairs for joint in pair]
    assert len(set(flat)) == len(flat)
    assert set(flat) | {*layout.hips, *layout.shoulders} <= set(range(layout.joints))
    assert set(layout.facing) <= set(layout.pairs)
    partner = partners(name, layout.joints)
    assert partner[partner].tolist() == list(range(layout.joints))
    assert len(flat) == sum(partner != range(layout.joints))


@pytest.mark.parametrize(
    ("name", "features", "first", "last", "score"),
    [
        ("kinect20", 60, [0, 1, 2], [57, 58, 59], -1),
        ("kinect20", 40, [0, 1], [38, 39], -1),
        ("ntu25", 100, [0, 1, 2], [96, 97, 98], 99),
        ("openpose25", 75, [0, 1], [72, 73], 74),
        ("coco17", 34, [0, 1], [32, 33], -1),
        ("mediapipe_holistic", 1662, [0, 1, 2], [1659, 1660, 1661], -1),
        ("mediapipe_holistic", 258, [0, 1, 2], [255, 256, 257], -1),
        ("none", 7, [0], [6], -1),
    ],
)
def test_columns_of_coordinates_and_scores(name, features, first, last, score):
    found = columns(name, features)
    assert (found.coordinates[0], found.coordinates[-1], found.scores[-1]) == (first, last, score)
    assert len(found.scores) == len(found.coordinates)


def test_mediapipe_s_face_is_left_out():
    found = columns("mediapipe_holistic", 1662)
    assert len(found.coordinates) == 75
    assert found.scores[:34] == [*range(3, 132, 4), -1]
    assert found.coordinates[33] == [1536, 1537, 1538]


@pytest.mark.parametrize(
    ("name", "features"), [("kinect20", 61), ("coco17", 17 * 5), ("mediapipe_holistic", 99)]
)
def test_other_numbers_are_refused(name, features):
    with pytest.raises(DataError, match=f"{features} numbers a frame; {name} has"):
        columns(name, features)


@pytest.mark.parametrize("name", LAYOUTS)
def test_bones_join_joints_that_there_are_into_one_body(name):
    bones = BONES[name]
    assert all(0 <= joint < LAYOUTS[name].joints for bone in bones for joint in bone)
    body = set(bones[0])
    for _ in bones:
        body |= {joint for bone in bones if body & set(bone) for joint in bone}
    assert body == {joint for bone in bones for joint in bone}
