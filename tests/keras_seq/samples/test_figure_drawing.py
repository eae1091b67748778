"""The drawing: joints are on the figure, what is far from it is background, and scenes differ."""

import random

import numpy as np
import pytest

from keras_seq.samples import backgrounds, figure_drawing
from keras_seq.samples.figure_actions import action
from keras_seq.samples.figure_drawing import (
    LEVELS,
    MARGIN,
    SIDE,
    Scene,
    coverage,
    drawn,
    projected,
)
from keras_seq.samples.figure_skeleton import BONES, HEAD, Person

SOMEBODY = Person("somebody")


@pytest.fixture(scope="module")
def joints():
    return action("walk_left", SOMEBODY, random.Random(3))


def plain(count, moves=(0, 0), noise=0.0):
    background = np.full((SIDE + 2 * MARGIN, SIDE + 2 * MARGIN), 200.0)
    return Scene(background, 40.0, np.tile(moves, (count, 1)), noise, 5)


@pytest.mark.parametrize("moves", [(0, 0), (2, -3)])
def test_joints_are_on_the_figure_and_what_is_far_is_not(joints, moves):
    scene = plain(len(joints), moves)
    frames = drawn(joints, SOMEBODY, scene)
    assert frames.shape == (len(joints), SIDE, SIDE)
    assert frames.dtype == np.uint8
    places = projected(joints, scene.moves)
    rows = np.arange(SIDE)
    seen = 0
    for frame, points in zip(frames, places, strict=True):
        pixels = np.round(points).astype(int)
        inside = ((pixels >= 0) & (pixels < SIDE)).all(-1)
        assert (frame[pixels[inside, 1], pixels[inside, 0]] < 120).all()
        seen += inside.sum()
        far = np.hypot(rows - points[:, :1, None], (rows[:, None] - points[:, 1:, None])).min(0) > 8
        assert (frame[far] == 200).all()
    assert seen > 0.9 * places.shape[0] * places.shape[1]


def test_a_stroke_is_what_its_formula_says(joints):
    """Every pixel's distance from every line, without windows."""
    places = projected(joints, np.zeros((len(joints), 2), int))
    distance = joints[:, HEAD, 2].astype(float)
    found = coverage(places, distance, SOMEBODY)
    columns, rows = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    for time in (0, len(joints) - 1):
        scale = figure_drawing.FOCAL / distance[time]
        expected = np.zeros((SIDE, SIDE))
        for start, end in (*BONES, (HEAD, HEAD)):
            a, b = places[time, start], places[time, end]
            part = ((columns - a[0]) * (b - a)[0] + (rows - a[1]) * (b - a)[1]) / max(
                ((b - a) ** 2).sum(), 1e-6
            )
            nearest = a + np.clip(part, 0, 1)[..., None] * (b - a)
            radius = SOMEBODY.thickness * (figure_drawing.TORSO if 2 in (start, end) else 1)
            radius = figure_drawing.SKULL * SOMEBODY.height if start == end else radius
            away = np.hypot(columns - nearest[..., 0], rows - nearest[..., 1])
            expected = np.maximum(expected, np.clip(radius * scale + 0.5 - away, 0, 1))
        np.testing.assert_allclose(found[time], expected, atol=1e-5)
    assert 0.02 < found.mean() < 0.2


def test_a_figure_that_is_out_of_sight_is_not_drawn(joints):
    far = joints + np.float32([9, 0, 0])
    assert (drawn(far, SOMEBODY, plain(len(far))) == 200).all()


def test_noise_has_its_deviation_and_is_another_in_each_frame(joints):
    quiet, loud = (drawn(joints, SOMEBODY, plain(len(joints), noise=noise)).astype(float) for noise in (0, 5))
    background = quiet == 200
    assert 4.5 < (loud - quiet)[background].std() < 5.6
    assert abs((loud - quiet)[background].mean()) < 0.2
    assert not np.array_equal(loud[0][:9], loud[1][:9])


def test_there_are_all_backgrounds_lighter_and_darker_figures_and_cameras_that_move(joints):
    scenes = [figure_drawing.scene(30, random.Random(seed)) for seed in range(80)]
    kinds = [len(np.unique(scene.background)) for scene in scenes]
    assert {"plain": 1 in kinds, "boxes": any(1 < kind < 20 for kind in kinds)} == {
        "plain": True,
        "boxes": True,
    }
    assert sum(kind > 1000 for kind in kinds) > 20  # clouds and gradients
    assert len(backgrounds.KINDS) == 4
    lighter = [scene.figure > scene.background.max() for scene in scenes]
    darker = [scene.figure < scene.background.min() for scene in scenes]
    assert all(np.logical_xor(lighter, darker))
    assert 20 < sum(lighter) < 60
    still = [not scene.moves.any() for scene in scenes]
    assert 5 < sum(still) < 60
    assert max(np.abs(scene.moves).max() for scene in scenes) == MARGIN
    for scene in scenes:
        assert scene.background.min() > 0
        assert max(scene.background.max(), scene.figure) < 255


def test_frames_have_few_levels(joints):
    frames = drawn(joints, SOMEBODY, figure_drawing.scene(len(joints), random.Random(2)))
    assert not (frames % (256 // LEVELS)).any()
