"""A stick figure of twenty joints: where its hands and feet are to be -> where all joints are.

The joints and their order are those of Kinect's first skeleton; coordinates are in metres, x to the right, y
up, z away from who looks. As in a mirror, and in Kinect's data, the left hand of a figure that faces the
viewer is on the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

JOINTS = (
    *("head", "shoulder_centre", "spine", "hip_centre"),
    *("left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    *("right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    *("left_hip", "left_knee", "left_ankle", "left_foot"),
    *("right_hip", "right_knee", "right_ankle", "right_foot"),
)
HEAD, SHOULDER_CENTRE, SPINE, HIP_CENTRE = range(4)
ARMS, LEGS = (4, 8), (12, 16)  # the first of four joints, left and right
SIDES = np.array([-1.0, 1.0])  # left, right
BONES = (
    *((HEAD, SHOULDER_CENTRE), (SHOULDER_CENTRE, SPINE), (SPINE, HIP_CENTRE)),
    *((SHOULDER_CENTRE, arm) for arm in ARMS),
    *((HIP_CENTRE, leg) for leg in LEGS),
    *((first + place, first + place + 1) for first in (*ARMS, *LEGS) for place in range(3)),
)
UP = np.array([0.0, 1.0, 0.0])
LONGEST = 0.999  # part of a limb's length that it is stretched to
SHORTEST = 0.25  # likewise, bent


@dataclass(frozen=True)
class Person:
    """Who moves. Lengths in metres, of a body 1.7 m high: Drillis and Contini 1966 (see Winter, "Biomechanics
    and Motor Control of Human Movement", figure 4.1).

    Args:
        name: what the person is called.
        height: in metres.
        legs: factor of the legs' length.
        arms: factor of the arms' length.
        breadth: factor of the breadth of shoulders and hips.
        thickness: radius of the limbs, in metres.
    """

    name: str
    height: float = 1.7
    legs: float = 1.0
    arms: float = 1.0
    breadth: float = 1.0
    thickness: float = 0.05

    @property
    def thigh(self) -> float:
        """Hip to knee, in metres; the shank is as long."""
        return 0.245 * self.height * self.legs

    @property
    def arm(self) -> float:
        """Shoulder to wrist, in metres."""
        return 0.332 * self.height * self.arms

    @property
    def torso(self) -> float:
        """Centre of the hips to that of the shoulders, in metres."""
        return 0.3 * self.height

    @property
    def hips(self) -> float:
        """From the middle to a hip joint, in metres."""
        return 0.05 * self.height * self.breadth

    @property
    def shoulders(self) -> float:
        """From the middle to a shoulder joint, in metres."""
        return 0.11 * self.height * self.breadth

    @property
    def ankle(self) -> float:
        """An ankle above the floor, in metres."""
        return 0.039 * self.height

    @property
    def drop(self) -> float:
        """Hip joints and shoulders below their centres, in metres."""
        return 0.03 * self.height


@dataclass
class Tracks:
    """What a movement says of each moment; the rest follows.

    Args:
        yaw: where the body faces: 0 to the viewer, pi / 2 to the right; one for all times.
        hips: the centre of the hips, `(time, 3)`.
        torso: from there to the centre of the shoulders, of any length, `(time, 3)`.
        ankles: where the ankles are to be, left and right, `(time, 2, 3)`.
        wrists: where the wrists are to be, seen from their shoulders, `(time, 2, 3)`.
        elbows: where elbows point to, left and right, `(2, 3)`.
    """

    yaw: float
    hips: np.ndarray
    torso: np.ndarray
    ankles: np.ndarray
    wrists: np.ndarray
    elbows: np.ndarray


def axes(yaw: float) -> tuple[np.ndarray, np.ndarray]:
    """The directions to the right hand and to the front of a body, each `(3,)`."""
    sine, cosine = np.sin(yaw), np.cos(yaw)
    return np.array([cosine, 0.0, sine]), np.array([sine, 0.0, -cosine])


def posed(person: Person, tracks: Tracks) -> np.ndarray:
    """The joints `(time, 20, 3)`; a limb that is too short for where it is to be only points there."""
    right, front = axes(tracks.yaw)
    torso = _unit(tracks.torso)
    across = _unit(right - (torso * right).sum(-1, keepdims=True) * torso)  # a lean takes the shoulders along
    joints = np.zeros((len(torso), len(JOINTS), 3))
    joints[:, HIP_CENTRE] = tracks.hips
    joints[:, SPINE] = tracks.hips + 0.25 * person.torso * torso
    joints[:, SHOULDER_CENTRE] = tracks.hips + person.torso * torso
    joints[:, HEAD] = joints[:, SHOULDER_CENTRE] + 0.11 * person.height * torso
    upper, lower = 0.56 * person.arm, 0.44 * person.arm
    for side, (arm, leg) in enumerate(zip(ARMS, LEGS, strict=True)):
        outward = SIDES[side] * right
        shoulder = joints[:, SHOULDER_CENTRE] + person.shoulders * SIDES[side] * across - person.drop * torso
        wanted = shoulder + tracks.wrists[:, side]
        joints[:, arm] = shoulder
        joints[:, arm + 1], joints[:, arm + 2] = bent(shoulder, wanted, upper, lower, tracks.elbows[side])
        forearm = _unit(joints[:, arm + 2] - joints[:, arm + 1])
        joints[:, arm + 3] = joints[:, arm + 2] + 0.05 * person.height * forearm
        hip = tracks.hips + person.hips * SIDES[side] * across - person.drop * torso
        knees = front + 0.15 * outward
        joints[:, leg] = hip
        joints[:, leg + 1], joints[:, leg + 2] = bent(
            hip, tracks.ankles[:, side], person.thigh, person.thigh, knees
        )
        toe = _unit(front + 0.3 * outward - 0.4 * UP)
        joints[:, leg + 3] = joints[:, leg + 2] + 0.09 * person.height * toe
    return joints


def bent(
    root: np.ndarray, target: np.ndarray, upper: float, lower: float, towards: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The middle joint and the end of a limb of two bones, each `(time, 3)`.

    Args:
        root: where it begins, `(time, 3)`.
        target: where its end is to be, `(time, 3)`.
        upper: length of the bone at the root.
        lower: length of the other.
        towards: where the middle joint points to, `(3,)`.
    """
    reach = target - root
    distance = np.sqrt((reach**2).sum(-1, keepdims=True))
    along = reach / np.maximum(distance, 1e-9)
    distance = np.clip(distance, SHORTEST * (upper + lower), LONGEST * (upper + lower))
    across = _unit(towards - (towards * along).sum(-1, keepdims=True) * along)
    part = (distance**2 + upper**2 - lower**2) / (2 * distance)
    off = np.sqrt(np.maximum(upper**2 - part**2, 0))
    return root + part * along + off * across, root + distance * along


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.sqrt((vectors**2).sum(-1, keepdims=True))
