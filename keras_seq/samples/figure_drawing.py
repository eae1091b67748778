"""Joints of a stick figure -> a clip of grey frames, with smooth strokes, before some background.

After the joints there are sums, products and roots alone, each by itself, so that the pixels are the same on
every machine.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass

import numpy as np

from keras_seq.samples import backgrounds
from keras_seq.samples.figure_skeleton import BONES, HEAD, SPINE, Person

SIDE = 48  # pixels, of a frame
FOCAL = 1.25 * SIDE  # pixels
LEVELS = 64  # of grey
MARGIN = 3  # pixels, by which the camera moves at most
TORSO = 1.25  # of a trunk's thickness to that of the limbs
SKULL = 0.065  # radius of the head to the body's height
NOISE = 2**18  # numbers of noise, of which every clip takes a stretch
NOISE_SEED = 90


@dataclass(frozen=True)
class Scene:
    """What is in a clip but the figure.

    Args:
        background: grey from 0 to 255, with `MARGIN` more on each side than is seen.
        figure: grey of the figure.
        moves: of the camera, in pixels to the right and down, `(time, 2)` int.
        noise: standard deviation of each pixel's noise.
        start: where the stretch of noise begins.
    """

    background: np.ndarray
    figure: float
    moves: np.ndarray
    noise: float
    start: int


def scene(count: int, generator: random.Random) -> Scene:
    """A scene by chance for so many frames; the figure is lighter or darker than what is behind it."""
    contrast = generator.uniform(70, 150) * generator.choice((-1, 1))
    uneven = generator.uniform(0.1, 0.45) * abs(contrast)
    ground = generator.uniform(12 + max(-contrast, uneven), 243 - max(contrast, uneven))
    size = SIDE + 2 * MARGIN
    kind = generator.choice(backgrounds.KINDS)
    pattern = backgrounds.pattern(kind, size, generator)
    moves = np.stack([_drift(count, generator) for _ in range(2)], 1)
    noise = generator.uniform(0, 5)
    start = generator.randrange(NOISE - count * SIDE * SIDE)
    return Scene(ground + uneven * pattern, ground + contrast, moves, noise, start)


def _drift(count: int, generator: random.Random) -> np.ndarray:
    """Whole pixels, of a camera that is held by hand or stands."""
    size, period = generator.choice((0, 0, 1, 2, MARGIN)), generator.uniform(20, 60)
    phase = generator.uniform(0, 2 * np.pi)
    wave = size * np.sin(2 * np.pi * np.arange(count) / period + phase)
    return np.round(np.round(wave, 6)).astype(int)


def projected(joints: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Joints in metres `(time, joints, 3)` -> where they are seen, in pixels from the left and the top `(time,
    joints, 2)`; whole numbers are pixels' centres.
    """
    joints = joints.astype(float)
    middle = (SIDE - 1) / 2
    across = middle + FOCAL * joints[..., 0] / joints[..., 2]
    down = middle - FOCAL * joints[..., 1] / joints[..., 2]
    return np.stack([across, down], -1) + moves[:, None]


def drawn(joints: np.ndarray, person: Person, scene: Scene) -> np.ndarray:
    """The frames of a clip, `(time, SIDE, SIDE)` uint8, of `LEVELS` levels: multiples of 4.

    Args:
        joints: in metres from the camera, `(time, 20, 3)`.
        person: whose thickness and head are drawn.
        scene: all that is not the figure.
    """
    covered = coverage(projected(joints, scene.moves), joints[:, HEAD, 2].astype(float), person)
    frames = np.empty_like(covered)
    for frame, (across, down) in zip(frames, scene.moves, strict=True):
        top, left = MARGIN - down, MARGIN - across
        frame[:] = scene.background[top : top + SIDE, left : left + SIDE]
    frames += covered * (np.float32(scene.figure) - frames)
    noise = _noise()[scene.start : scene.start + frames.size].reshape(frames.shape)
    frames += np.float32(scene.noise) * noise
    step = 256 // LEVELS
    return np.clip(np.floor(frames / step + 0.5), 0, LEVELS - 1).astype(np.uint8) * step


def coverage(places: np.ndarray, distance: np.ndarray, person: Person) -> np.ndarray:
    """How much of each pixel is figure, `(time, SIDE, SIDE)` float32 from 0 to 1.

    Args:
        places: joints in pixels, `(time, 20, 2)`.
        distance: of the figure from the camera, in metres, `(time,)`.
        person: its measures.
    """
    scale = FOCAL / distance
    limb, skull = person.thickness * scale, SKULL * person.height * scale
    covered = np.zeros((len(places), SIDE, SIDE), np.float32)
    for bone in BONES:
        _stroke(covered, places[:, bone[0]], places[:, bone[1]], limb * (TORSO if SPINE in bone else 1))
    _stroke(covered, places[:, HEAD], places[:, HEAD], skull)
    return covered


def _stroke(covered: np.ndarray, start: np.ndarray, end: np.ndarray, radius: np.ndarray) -> None:
    """Add a stroke with round ends to `covered`, by the distance of pixels from the line `(time, 2)` to
    `(time, 2)`. Only a window around it is looked at, as large in all frames.
    """
    along = end - start
    size = min(SIDE, int(np.ceil(np.abs(along).max() + 2 * radius.max())) + 3)
    corner = np.floor((start + end - size) / 2 + 0.5).astype(int)
    corner = np.clip(corner, 0, SIDE - size)
    across, down = (corner[:, axis, None] + np.arange(size) for axis in range(2))  # (time, size)
    square = np.maximum(along[:, :1] ** 2 + along[:, 1:] ** 2, 1e-6)
    right, below = across - start[:, :1], down - start[:, 1:]
    part = (right * (along[:, :1] / square))[:, None, :] + (below * (along[:, 1:] / square))[:, :, None]
    part = np.clip(part, 0, 1)
    right = right[:, None, :] - part * along[:, :1, None]
    below = below[:, :, None] - part * along[:, 1:, None]
    inside = radius[:, None, None] + 0.5 - np.sqrt(right * right + below * below)
    window = np.arange(len(covered))[:, None, None], down[:, :, None], across[:, None, :]
    covered[window] = np.maximum(covered[window], np.clip(inside, 0, 1))


@functools.cache
def _noise() -> np.ndarray:
    """Noise of mean 0 and deviation 1, nearly normal: sums of uniform numbers, which are the same anywhere."""
    numbers = np.random.RandomState(NOISE_SEED).randint(0, 256, (4, NOISE))  # they never change
    return ((numbers.sum(0) - 510) / np.float32(147.8)).astype(np.float32)
