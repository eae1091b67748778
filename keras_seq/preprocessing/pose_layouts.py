"""Which joints a pose has, by the tool that wrote it: the centre, the torso, left and right, and where the
numbers of each stand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keras_seq.errors import DataError

SCORE_LAST = {
    2: False,
    3: True,
}  # numbers of a joint in the picture's plane -> whether the last is a confidence
IN_SPACE = {2: False, 3: False, 4: True}  # likewise in space
HAND, FACE = 21, 468  # points of MediaPipe
HOLISTIC = (
    33 * 4 + 3 * (FACE + 2 * HAND),
    33 * 4 + 3 * 2 * HAND,
)  # numbers a frame, with the face and without


class Layout(NamedTuple):
    """The joints of a pose, by their numbers from 0.

    Attributes:
        joints: how many there are.
        hips: the mean of these is the centre.
        shoulders: the torso is from the hips' mean to that of these.
        pairs: left and right joints that are each other's mirror image; the first two pairs that are hips or
            shoulders say where the body faces.
        facing: the pairs of `pairs` that say where the body faces, by their places.
        sizes: numbers of a joint -> whether the last of them is a confidence.
    """

    joints: int
    hips: tuple[int, ...]
    shoulders: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    facing: tuple[tuple[int, int], ...]
    sizes: dict[int, bool]


def _pairs(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(zip(left, right, strict=True))


LAYOUTS = {
    # Kinect v1 in the order of UTD-MHAD: head, shoulder centre, spine, hip centre; shoulder, elbow, wrist, hand
    # of the left and of the right; hip, knee, ankle, foot of the left and of the right.
    "kinect20": Layout(
        20, (3,), (1,), _pairs((4, 5, 6, 7, 12, 13, 14, 15), (8, 9, 10, 11, 16, 17, 18, 19)), ((4, 8), (12, 16)),
        IN_SPACE,
    ),
    # Kinect v2, as NTU RGB+D (Shahroudy et al. 2016, section 3) numbers them, less 1.
    "ntu25": Layout(
        25,
        (0,),
        (20,),
        _pairs((4, 5, 6, 7, 12, 13, 14, 15, 21, 22), (8, 9, 10, 11, 16, 17, 18, 19, 23, 24)),
        ((4, 8), (12, 16)),
        IN_SPACE,
    ),
    # The 33 points of MediaPipe's body, then 21 of the left hand and 21 of the right one.
    "mediapipe_holistic": Layout(
        33 + 2 * HAND,
        (23, 24),
        (11, 12),
        _pairs(
            (1, 2, 3, 7, 9, *range(11, 33, 2), *range(33, 33 + HAND)),
            (4, 5, 6, 8, 10, *range(12, 33, 2), *range(33 + HAND, 33 + 2 * HAND)),
        ),
        ((11, 12), (23, 24)),
        {},
    ),
    # BODY_25 of OpenPose.
    "openpose25": Layout(
        25,
        (8,),
        (1,),
        _pairs((5, 6, 7, 12, 13, 14, 16, 18, 19, 20, 21), (2, 3, 4, 9, 10, 11, 15, 17, 22, 23, 24)),
        ((5, 2), (12, 9)),
        SCORE_LAST,
    ),
    # COCO's keypoints.
    "coco17": Layout(
        17, (11, 12), (5, 6), _pairs(tuple(range(1, 17, 2)), tuple(range(2, 17, 2))), ((5, 6), (11, 12)), SCORE_LAST
    ),
}  # fmt: skip


# Lines of a drawing, joint to joint.
BONES = {
    "kinect20": (
        *((0, 1), (1, 2), (2, 3), (1, 4), (4, 5), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (10, 11)),
        *((3, 12), (12, 13), (13, 14), (14, 15), (3, 16), (16, 17), (17, 18), (18, 19)),
    ),
    "ntu25": (
        *(
            (0, 1),
            (1, 20),
            (20, 2),
            (2, 3),
            (20, 4),
            (4, 5),
            (5, 6),
            (6, 7),
            (7, 21),
            (7, 22),
            (20, 8),
            (8, 9),
        ),
        *((9, 10), (10, 11), (11, 23), (11, 24), (0, 12), (12, 13), (13, 14), (14, 15)),
        *((0, 16), (16, 17), (17, 18), (18, 19)),
    ),
    "mediapipe_holistic": (
        *((11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24)),
        *((23, 25), (25, 27), (24, 26), (26, 28)),
    ),
    "openpose25": (
        *(
            (0, 1),
            (1, 2),
            (2, 3),
            (3, 4),
            (1, 5),
            (5, 6),
            (6, 7),
            (1, 8),
            (8, 9),
            (9, 10),
            (10, 11),
            (11, 22),
        ),
        *((8, 12), (12, 13), (13, 14), (14, 19)),
    ),
    "coco17": (
        *((5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15)),
        *((12, 14), (14, 16)),
    ),
}
UPWARDS = ("kinect20", "ntu25")  # their second number grows upwards; that of the others down, as in pictures


class Columns(NamedTuple):
    """Where the numbers of a frame stand.

    Attributes:
        coordinates: of each joint, the columns of its coordinates: lists of one, two or three.
        scores: of each joint, the column of its confidence; -1 where it has none.
    """

    coordinates: list[list[int]]
    scores: list[int]


def columns(name: str, features: int) -> Columns:
    """The columns of a layout in frames of so many numbers.

    Args:
        name: of the layout; "none" makes every number a joint with one coordinate.
        features: numbers of a frame.

    Raises:
        DataError: when a frame of this layout has other numbers.
    """
    if name == "none":
        return Columns([[column] for column in range(features)], [-1] * features)
    layout = LAYOUTS[name]
    if name == "mediapipe_holistic":
        if features not in HOLISTIC:
            raise DataError(
                f"{features} numbers a frame; {name} has {HOLISTIC[0]}, or {HOLISTIC[1]} without the face"
            )
        return _holistic(features)
    size = features // layout.joints
    if features % layout.joints or size not in layout.sizes:
        fitting = ", ".join(str(size * layout.joints) for size in layout.sizes)
        hint = "; prepare.layout: none takes any"
        raise DataError(f"{features} numbers a frame; {name} has {layout.joints} joints, so {fitting}{hint}")
    dims = size - layout.sizes[size]
    starts = range(0, features, size)
    scores = [start + dims if layout.sizes[size] else -1 for start in starts]
    return Columns([[start + axis for axis in range(dims)] for start in starts], scores)


def _holistic(features: int) -> Columns:
    """x, y, z and visibility of the body, x, y, z of the face, which is left out, and of the hands."""
    hands = features - 3 * 2 * HAND
    starts = [*range(0, 33 * 4, 4), *range(hands, features, 3)]
    scores = [start + 3 if start < 33 * 4 else -1 for start in starts]
    return Columns([[start, start + 1, start + 2] for start in starts], scores)


def partners(name: str, joints: int) -> np.ndarray:
    """The mirror image of each joint of a layout, `(joints,)` int32: its partner, or itself."""
    found = np.arange(joints, dtype="int32")
    if name != "none":
        left, right = np.array(LAYOUTS[name].pairs).T
        found[left], found[right] = right, left
    return found
