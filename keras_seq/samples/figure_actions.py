"""Ten actions of a stick figure, as joints over time.

Walking or running to the left is the same to the right, backwards in time, and standing up is sitting down: a
single moment does not tell which of the two it is. So a figure that walks faces the viewer more or less,
and lifts its feet in a way that does not tell front from back. (That feet do not slide, and hips are as low as a
stride is long, is all that is taken from how people walk.)
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from keras_seq.samples.figure_skeleton import SIDES, UP, Person, Tracks, axes, posed

RATE = 12.5  # frames a second
FRAMES = (15, 50)  # the fewest and the most
REVERSED = {"walk_left": "walk_right", "run_left": "run_right", "stand_up": "sit_down"}
FIELD = 0.4  # half of the breadth that is seen, at a distance of 1
MARGIN = 0.35  # m, between a figure that comes or goes and the edge
HIGH = (0.75, 1.05)  # m, of the camera above the floor


def action(label: str, person: Person, generator: random.Random) -> np.ndarray:
    """The joints of a figure that does something, `(time, 20, 3)` in metres from the camera, float32, of whole
    tenths of millimetres.

    Args:
        label: a key of `ACTIONS`, or of `REVERSED`.
        person: who does it.
        generator: draws how, where, how fast and how long.
    """
    tracks = ACTIONS[REVERSED.get(label, label)](person, generator)
    joints = posed(person, tracks)
    joints[..., 1] -= generator.uniform(*HIGH)
    if label in REVERSED:
        joints = joints[::-1]
    return np.round(joints, 4).astype(np.float32)


class _Stage:
    """A figure that stands, at a drawn place, for a drawn time; an action changes it.

    Args:
        yaw: the least and the greatest turn from the viewer, in degrees, to either side.
        frames: the fewest and the most.
        distance: the least and the greatest, in metres.
    """

    def __init__(
        self,
        person: Person,
        generator: random.Random,
        yaw: tuple[float, float],
        frames: tuple[int, int] = FRAMES,
        distance: tuple[float, float] = (2.9, 4.6),
    ) -> None:
        self.person, self.generator = person, generator
        self.yaw = np.radians(generator.choice((-1, 1)) * generator.uniform(*yaw))
        self.right, self.front = axes(self.yaw)
        self.count = generator.randint(*frames)
        self.time = np.arange(self.count) / RATE
        depth = generator.uniform(*distance)
        self.place = np.array([generator.uniform(-1, 1) * (FIELD * depth - 0.8), 0.0, depth])
        self.stand = person.drop + person.ankle + 1.98 * person.thigh
        self.hips = np.repeat((self.place + self.stand * UP)[None], self.count, 0)
        self.hips = self.hips + self.sway(0.02)[:, None] * self.right
        self.torso = UP + self.sway(0.04)[:, None] * self.right + self.sway(0.03)[:, None] * self.front
        apart = person.hips * generator.uniform(0.9, 1.7)
        feet = self.place + person.ankle * UP + SIDES[:, None] * apart * self.right
        self.ankles = np.repeat(feet[None], self.count, 0)
        hanging = self.body(generator.uniform(0.06, 0.25), -0.96, generator.uniform(0.0, 0.15))
        self.wrists = np.repeat(hanging[None], self.count, 0)
        self.elbows = self.body(0.5, 0.0, -1.0)

    def sway(self, size: float) -> np.ndarray:
        """A slow wave `(time,)`, as nobody stands still."""
        frequency, phase = self.generator.uniform(0.15, 0.5), self.generator.uniform(0, 2 * np.pi)
        return self.generator.uniform(0.2, 1) * size * np.sin(2 * np.pi * frequency * self.time + phase)

    def body(self, outward: Any, up: Any, front: Any) -> np.ndarray:
        """Lengths in arms, `(time,)` or one -> left and right `(time, 2, 3)` or `(2, 3)`."""
        outward, up, front = (np.asarray(value, float)[..., None, None] for value in (outward, up, front))
        return self.person.arm * (outward * SIDES[:, None] * self.right + up * UP + front * self.front)

    def eased(self, start: float, end: float) -> np.ndarray:
        """From 0 to 1 between two parts of the time, `(time,)`, softly or less so."""
        part = np.clip((np.arange(self.count) / (self.count - 1) - start) / (end - start), 0, 1)
        soft = self.generator.random()
        return (1 - soft) * part**2 * (3 - 2 * part) + soft * part**3 * (10 - 15 * part + 6 * part**2)

    def tracks(self) -> Tracks:
        return Tracks(self.yaw, self.hips, self.torso, self.ankles, self.wrists, self.elbows)


def _mixed(first: np.ndarray, second: np.ndarray, part: np.ndarray) -> np.ndarray:
    part = part.reshape(-1, *[1] * (first.ndim - 1))
    return (1 - part) * first + part * second


def _stride(phase: np.ndarray, duty: float) -> tuple[np.ndarray, np.ndarray]:
    """Phases in cycles -> a foot before the hips, -1 to 1, and above the floor, 0 to 1. For a part `duty` of a
    cycle it stands, while the body goes on evenly.
    """
    phase = phase % 1
    swing = np.clip((phase - duty) / (1 - duty), 0, 1)
    before = np.where(phase < duty, 1 - 2 * phase / duty, 2 * swing**2 * (3 - 2 * swing) - 1)
    return before, np.sin(np.pi * swing)


def _gait(stage: _Stage, speed: float, cadence: float, duty: float, lift: float) -> None:
    """Move a figure to the right: `speed` in m/s, `cadence` in cycles a second, `lift` of the feet in m."""
    generator, person = stage.generator, stage.person
    edge = FIELD * stage.place[2] - MARGIN
    length = speed * stage.time[-1]
    stage.hips[:, 0] += generator.uniform(-1, 1) * max(edge - length / 2, 0) - stage.place[0] - length / 2
    stage.hips[:, 0] += speed * stage.time
    phase = cadence * stage.time + generator.random()
    phases = np.stack([phase, phase + 0.5], 1)
    before, above = _stride(phases, duty)
    half = speed * duty / (2 * cadence)  # of a step
    reach = np.sqrt((1.99 * person.thigh) ** 2 - half**2)
    bounce = generator.uniform(0.01, 0.03) + max(0.5 - duty, 0) * generator.uniform(0.3, 0.8)
    stage.hips[:, 1] = person.drop + person.ankle + reach - 0.02
    stage.hips[:, 1] += bounce * np.abs(np.sin(2 * np.pi * (phase + (1 - duty) / 2)))
    stage.ankles = stage.hips[:, None] + SIDES[:, None] * person.hips * stage.right
    stage.ankles[..., 0] += half * before
    airborne = bounce * max(0.5 - duty, 0) * 2
    stage.ankles[..., 1] = person.ankle + lift * above + airborne


def _swung(stage: _Stage, phase_of_feet: np.ndarray, size: float, down: float, front: float) -> None:
    """Swing the arms, each against the foot of its side."""
    swing = size * stage.person.arm * phase_of_feet
    stage.wrists = np.repeat(stage.body(0.08, -down, front)[None], stage.count, 0)
    stage.wrists[..., 0] -= swing


def _walk(person: Person, generator: random.Random) -> Tracks:
    return _moved(person, generator, (0.65, 1.15), (0.75, 1.0), 0.6, (0.08, 0.16), (3.4, 5.0))


def _run(person: Person, generator: random.Random) -> Tracks:
    return _moved(person, generator, (1.4, 2.2), (1.25, 1.6), 0.4, (0.22, 0.36), (4.2, 5.8))


def _moved(
    person: Person,
    generator: random.Random,
    speeds: tuple[float, float],
    cadences: tuple[float, float],
    duty: float,
    lifts: tuple[float, float],
    distance: tuple[float, float],
) -> Tracks:
    speed = generator.uniform(*speeds)
    nearest = (speed * FRAMES[0] / RATE / 2 + MARGIN) / FIELD  # so that the shortest clip has room
    depth = generator.uniform(max(distance[0], nearest), distance[1])
    most = min(FRAMES[1], int((FIELD * depth - MARGIN) * 2 / speed * RATE))
    stage = _Stage(person, generator, (0, 40), (FRAMES[0], most), (depth, depth))
    _gait(stage, speed, generator.uniform(*cadences), duty, generator.uniform(*lifts))
    feet = (stage.ankles[..., 0] - stage.hips[:, None, 0]) / (0.5 * person.thigh)
    feet -= feet.mean(1, keepdims=True)
    if duty < 0.5:
        _swung(stage, feet, generator.uniform(0.3, 0.5), generator.uniform(0.3, 0.5), 0.4)
    else:
        _swung(stage, feet, generator.uniform(0.25, 0.55), generator.uniform(0.8, 0.9), 0.1)
    return stage.tracks()


def _sit(person: Person, generator: random.Random) -> Tracks:
    stage = _Stage(person, generator, (25, 85), (15, 40))
    down = stage.eased(generator.uniform(0.0, 0.3), generator.uniform(0.7, 1.0))
    depth = generator.uniform(0.75, 0.95) * person.thigh
    back = np.sqrt(person.thigh**2 - (person.thigh - depth) ** 2)
    stage.hips = stage.hips - (down * depth)[:, None] * UP - (down * back)[:, None] * stage.front
    lean = generator.uniform(0.4, 0.8) * 4 * down * (1 - down) + generator.uniform(0, 0.12) * down
    stage.torso = stage.torso + lean[:, None] * stage.front
    resting = stage.body(0.05, -generator.uniform(0.6, 0.72), generator.uniform(0.45, 0.6))
    stage.wrists = _mixed(stage.wrists, resting, down)
    return stage.tracks()


def _jump(person: Person, generator: random.Random) -> Tracks:
    stage = _Stage(person, generator, (0, 35), (15, 36), (3.6, 4.6))
    height, crouch = generator.uniform(0.22, 0.42), generator.uniform(0.15, 0.3)
    flight = 2 * np.sqrt(2 * height / 9.81)
    period = flight + generator.uniform(0.5, 0.8)
    moment = (stage.time + generator.uniform(0, 1) * period) % period
    air = np.clip(moment / flight, 0, 1)
    ground = np.clip((moment - flight) / (period - flight), 0, 1)
    above = height * 4 * air * (1 - air)
    low = crouch * np.sin(np.pi * ground) ** 2
    stage.hips[:, 1] += above - low
    stage.ankles[..., 1] += above[:, None]
    stage.torso = stage.torso + (1.2 * low)[:, None] * stage.front
    swing = generator.uniform(0.5, 1.0)
    raised = stage.body(0.5, swing, 0.3)
    stage.wrists = _mixed(stage.wrists, raised, np.clip(0.35 + above / height - 1.5 * low / crouch, 0, 1))
    return stage.tracks()


def _wave(person: Person, generator: random.Random) -> Tracks:
    stage = _Stage(person, generator, (0, 35))
    side = generator.randrange(2)
    frequency, phase = generator.uniform(1.2, 2.2), generator.uniform(0, 2 * np.pi)
    swing = generator.uniform(0.2, 0.4) * np.sin(2 * np.pi * frequency * stage.time + phase)
    raised = stage.body(generator.uniform(0.35, 0.6) + swing, generator.uniform(0.55, 0.75), 0.15)
    stage.wrists[:, side] = raised[:, side]
    stage.elbows[side] = stage.body(1.0, -0.6, 0.0)[side]
    return stage.tracks()


def _bend(person: Person, generator: random.Random) -> Tracks:
    stage = _Stage(person, generator, (35, 85), (18, 44))
    start, end = generator.uniform(0.0, 0.2), generator.uniform(0.8, 1.0)
    lowest = generator.uniform(0.42, 0.52), generator.uniform(0.52, 0.62)
    bent = stage.eased(start, lowest[0]) - stage.eased(lowest[1], end)
    angle = np.radians(generator.uniform(75, 115)) * bent
    stage.torso = np.cos(angle)[:, None] * stage.torso + np.sin(angle)[:, None] * stage.front
    back, low = generator.uniform(0.12, 0.22), generator.uniform(0.05, 0.2)
    stage.hips = stage.hips - (back * bent)[:, None] * stage.front - (low * bent)[:, None] * UP
    stage.wrists = _mixed(stage.wrists, stage.body(0.05, -0.95, 0.2), bent)
    return stage.tracks()


def _clap(person: Person, generator: random.Random) -> Tracks:
    stage = _Stage(person, generator, (0, 35))
    frequency, phase = generator.uniform(1.1, 2.0), generator.uniform(0, 2 * np.pi)
    opened = 0.5 + 0.5 * np.sin(2 * np.pi * frequency * stage.time + phase)
    meet = 0.03 - person.shoulders / person.arm  # in front of the middle
    outward = meet + generator.uniform(0.6, 1.1) * opened
    stage.wrists = stage.body(outward, generator.uniform(-0.45, 0.05) + 0 * opened, 0.6 - 0.2 * opened)
    stage.elbows = stage.body(0.8, -1.0, 0.0)
    return stage.tracks()


ACTIONS = {
    "walk_right": _walk,
    "run_right": _run,
    "sit_down": _sit,
    "jump": _jump,
    "wave": _wave,
    "bend": _bend,
    "clap": _clap,
}
