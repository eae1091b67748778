"""Pictures of scenes show what is said of them, each in another way."""

import random

import numpy as np
import pytest

from keras_seq.samples import scene_drawing as drawing
from keras_seq.samples.scene_drawing import SIDE, Thing, box, coverage, drawn, placed
from keras_seq.samples.scene_wording import COLOURS, OPPOSITES, SHAPES, Group, Scene

RED, BLUE = Group(2, "large", "red", "square"), Group(3, "small", "blue", "circle")


def where(picture, colour):
    """The middle of what has a colour, x and y, and how many pixels have it."""
    distance = np.abs(picture.astype(int) - drawing.COLOURS[colour]).sum(-1)
    rows, columns = np.nonzero(distance < 75)
    return columns.mean(), rows.mean(), len(rows)


@pytest.mark.parametrize("relation", OPPOSITES)
def test_groups_stand_to_each_other_as_the_scene_says(relation):
    for seed in range(4):
        picture = drawn(Scene((RED, BLUE), relation), random.Random(seed))
        assert (picture.shape, picture.dtype) == ((SIDE, SIDE, 3), np.uint8)
        assert not (picture % 4).any()
        (x, y, red), (other_x, other_y, blue) = where(picture, "red"), where(picture, "blue")
        apart = {"above": other_y - y, "below": y - other_y, "left": other_x - x, "right": x - other_x}
        assert apart[relation] > 12
        assert red > 1.3 * blue > 200


@pytest.mark.parametrize("half", drawing.HALVES)
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_are_within_their_part_and_none_is_over_another(half, shape):
    left, top, right, bottom = box(half)
    group = Group(2, "large", "red", shape) if half else Group(3, "large", "red", shape)
    for seed in range(5):
        things = placed(group, (left, top, right, bottom), random.Random(seed))
        assert len(things) == group.number
        covered = [coverage(thing) for thing in things]
        assert np.max(sum(one > 0 for one in covered)) == 1
        rows, columns = np.nonzero(sum(covered))
        assert left < columns.min() <= columns.max() < right
        assert top < rows.min() <= rows.max() < bottom


def test_small_and_large_are_never_alike():
    sizes = {}
    for size in drawing.RADII:
        for shape in SHAPES:
            group = Group(1, size, "red", shape)
            areas = [coverage(placed(group, box(""), random.Random(seed))[0]).sum() for seed in range(20)]
            sizes.setdefault(size, []).extend(areas)
    assert 1.8 * max(sizes["small"]) < min(sizes["large"])


@pytest.mark.parametrize("lean", [0.0, 0.15, -0.15])
def test_areas_are_those_of_the_shapes_with_smooth_edges(lean):
    areas = {shape: coverage(Thing(shape, 31.3, 30.8, 8.0, lean, (0.0,) * 3)) for shape in SHAPES}
    expected = {"circle": np.pi * 64, "square": (2 * 0.88 * 8) ** 2, "triangle": 1.15 * 8 * 2 * 1.05 * 8}
    for shape, covered in areas.items():
        assert covered.sum() == pytest.approx(expected[shape], rel=0.03)
        assert 10 < ((covered > 0) & (covered < 1)).sum() < 120


def test_colours_are_told_apart_whatever_their_shade():
    for colour in COLOURS:
        for seed in range(20):
            shade = drawing._shade(colour, random.Random(seed))
            distances = {name: np.abs(np.subtract(shade, rgb)).sum() for name, rgb in drawing.COLOURS.items()}
            assert min(distances, key=distances.get) == colour


def test_the_same_scene_is_another_picture_with_another_seed_and_the_same_with_the_same():
    scene = Scene((RED, BLUE), "left")
    pictures = [drawn(scene, random.Random(seed)) for seed in range(6)]
    assert len({picture.tobytes() for picture in pictures}) == 6
    np.testing.assert_array_equal(pictures[3], drawn(scene, random.Random(3)))
