"""A scene of coloured shapes -> a picture, with smooth edges, before some background; another one each time.

After what chance decides there are sums, products and roots alone, each by itself, so that the pixels are the same
on every machine.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np

from keras_seq.samples import backgrounds
from keras_seq.samples.scene_wording import Group, Scene

SIDE = 64  # pixels, of a picture
LEVELS = 64  # of each colour
RADII = {"small": (5.4, 6.2), "large": (10.0, 11.0)}  # pixels, of the circle
UNEVEN = 0.04  # part by which shapes of a group differ in size
REACH = 1.2  # of a shape beyond the radius
GAP = 1.5  # pixels, between shapes
SIDEWAYS = 0.6  # of two groups, how far they are apart sideways, at most, to how far along their relation
TRIES = 200  # places for a shape, before all begin anew
COLOURS = {
    "red": (215, 40, 40),
    "green": (40, 160, 60),
    "blue": (40, 70, 220),
    "yellow": (235, 215, 40),
    "orange": (235, 125, 30),
    "purple": (150, 50, 190),
}
SHADES = 22  # by which colours differ from these, at most
BACKGROUNDS = ("plain", "gradient", "clouds")
HALVES = {
    "above": (0, 0, 2, 1),
    "below": (0, 1, 2, 2),
    "left": (0, 0, 1, 2),
    "right": (1, 0, 2, 2),
    "": (0, 0, 2, 2),
}
Box = tuple[float, float, float, float]  # left, top, right, bottom


class Thing(NamedTuple):
    """A shape at its place.

    Attributes:
        shape: circle, square or triangle.
        x: of its middle, in pixels from the left; whole numbers are pixels' centres.
        y: from the top.
        radius: of the circle; the others look as large.
        lean: how far it leans to the right, to its height.
        colour: red, green and blue, from 0 to 255.
    """

    shape: str
    x: float
    y: float
    radius: float
    lean: float
    colour: tuple[float, ...]


def drawn(scene: Scene, generator: random.Random) -> np.ndarray:
    """A picture of a scene, `(SIDE, SIDE, 3)` uint8, of `LEVELS` levels: multiples of 4.

    Args:
        scene: what is in it.
        generator: decides on the places, the shades and the background.
    """
    things = [thing for group in _apart(scene, generator) for thing in group]
    picture = _background(generator)
    for thing in things:
        covered = coverage(thing)[..., None]
        picture += covered * (np.array(thing.colour) - picture)
    step = 256 // LEVELS
    return np.clip(np.floor(picture / step + 0.5), 0, LEVELS - 1).astype(np.uint8) * np.uint8(step)


def _apart(scene: Scene, generator: random.Random) -> list[list[Thing]]:
    """The shapes of each group, placed so that no other relation could be said of two groups with as much right."""
    halves = (scene.relation, scene.turned.relation)
    while True:
        groups = [
            placed(group, box(half), generator) for group, half in zip(scene.groups, halves, strict=False)
        ]
        if not scene.relation:
            return groups
        across, along = (abs(middle[0] - middle[1]) for middle in zip(*map(_middle, groups), strict=True))
        if scene.relation in ("left", "right"):
            across, along = along, across
        if across <= SIDEWAYS * along:
            return groups


def _middle(things: list[Thing]) -> tuple[float, float]:
    return sum(one.x for one in things) / len(things), sum(one.y for one in things) / len(things)


def box(half: str) -> Box:
    """The part of the picture where a group is: a half by its relation to the other one, or, with "", all."""
    left, top, right, bottom = (SIDE / 2 * edge - 0.5 for edge in HALVES[half])
    return left, top, right, bottom


def placed(group: Group, within: Box, generator: random.Random) -> list[Thing]:
    """The shapes of a group, none over another, by chance.

    Args:
        group: how many of which.
        within: where they are.
        generator: decides on all else.
    """
    radius, colour = generator.uniform(*RADII[group.size]), _shade(group.colour, generator)
    things: list[Thing] = []
    tries = 0
    while len(things) < group.number:
        tries += 1
        if tries % TRIES == 0:
            things.clear()
        own = radius * generator.uniform(1 - UNEVEN, 1 + UNEVEN)
        edge = REACH * own + GAP / 2
        x = generator.uniform(within[0] + edge, within[2] - edge)
        y = generator.uniform(within[1] + edge, within[3] - edge)
        free = all(
            (x - one.x) ** 2 + (y - one.y) ** 2 >= (REACH * (own + one.radius) + GAP) ** 2 for one in things
        )
        if free:
            things.append(Thing(group.shape, x, y, own, generator.uniform(-0.15, 0.15), colour))
    return things


def coverage(thing: Thing) -> np.ndarray:
    """How much of each pixel a shape covers, `(SIDE, SIDE)` from 0 to 1."""
    place = np.arange(SIDE, dtype=float)
    scale = 1 / np.sqrt(1 + thing.lean * thing.lean)
    right, down = (place - thing.x)[None, :], (place - thing.y)[:, None]
    across, along = scale * (right + thing.lean * down), scale * (down - thing.lean * right)
    inside = {"circle": _circle, "square": _square, "triangle": _triangle}[thing.shape](
        across, along, thing.radius
    )
    return np.clip(inside + 0.5, 0, 1)


def _circle(across: np.ndarray, along: np.ndarray, radius: float) -> np.ndarray:
    return radius - np.sqrt(across * across + along * along)


def _square(across: np.ndarray, along: np.ndarray, radius: float) -> np.ndarray:
    return 0.88 * radius - np.maximum(np.abs(across), np.abs(along))


def _triangle(across: np.ndarray, along: np.ndarray, radius: float) -> np.ndarray:
    """With its tip above; as high as wide."""
    side, height = 1.15 * radius, 1.05 * radius
    slope = 1 / np.sqrt(4 * height * height + side * side)
    edges = (side * (along + height) - 2 * height * np.abs(across)) * slope
    return np.minimum(edges, height - along)


def _shade(colour: str, generator: random.Random) -> tuple[float, ...]:
    return tuple(level + generator.uniform(-SHADES, SHADES) for level in COLOURS[colour])


def _background(generator: random.Random) -> np.ndarray:
    """Greyish, `(SIDE, SIDE, 3)` from 0 to 255."""
    grey, uneven = generator.uniform(60, 200), generator.uniform(8, 40)
    tint = np.array([generator.uniform(-12, 12) for _ in range(3)])
    pattern = backgrounds.pattern(generator.choice(BACKGROUNDS), SIDE, generator)
    return grey + tint + uneven * pattern[..., None]
