"""Strips of JPEG files, and the sizes of the pictures in them."""

import types

import av
import numpy as np
import pytest
import videos

from keras_seq.frame_strips import in_8_bits, picture, shown_size, strip


def frame(width, height):
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = 200
    return av.VideoFrame.from_ndarray(pixels, "rgb24")


def stream(aspect=None):
    return types.SimpleNamespace(sample_aspect_ratio=aspect)


@pytest.mark.parametrize(
    ("size", "aspect", "side", "expected"),
    [
        ((64, 48), None, 24, (32, 24)),
        ((64, 48), None, 99, (64, 48)),
        ((48, 64), 1, 24, (24, 32)),
        ((64, 48), 2, 24, (64, 24)),
        ((64, 48), 0.5, None, (64, 96)),
        ((500, 1), None, 24, (500, 1)),
    ],
)
def test_a_picture_has_square_pixels_and_is_never_made_larger(size, aspect, side, expected):
    assert shown_size(frame(*size), stream(aspect), side) == expected


def test_what_does_not_fit_is_cut_off_on_both_sides():
    found = picture(frame(64, 32), stream(), (16, 16))
    assert found.shape == (16, 16, 3)
    assert found[:, :7].min() > 180
    assert found[:, 9:].max() < 20


@pytest.mark.parametrize("size", [(33, 21), (1, 1), (64, 48)], ids=str)
def test_strips_hold_the_pictures_in_order(size):
    made = [np.full((*size[::-1], 3), value, np.uint8) for value in (0, 100, 250)]
    found = videos.pictures(strip(made))
    assert [one.shape for one in found] == [one.shape for one in made]
    assert [one.mean() for one in found] == pytest.approx([0, 100, 250], abs=2)
    assert strip(made) == strip(made)


def test_16_bits_become_8_by_the_largest_of_all():
    dark, light = (np.full((2, 3), value, np.uint16) for value in (500, 2000))
    found = list(in_8_bits([dark, light]))
    assert [one.shape for one in found] == [(2, 3, 3)] * 2
    assert [int(one.max()) for one in found] == [64, 255]
    colour = np.zeros((2, 3, 3), np.uint8)
    assert next(in_8_bits([colour])) is colour
    assert next(in_8_bits([np.zeros((2, 3), np.uint16)])).max() == 0
