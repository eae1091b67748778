"""Frames that are turned and stretched in training: all of a clip alike, about the middle."""

import numpy as np
import pytest

from keras_seq.layers import WarpedFrames

SIDE = 41
ROWS, COLUMNS = np.indices((SIDE, SIDE)) - SIDE // 2


def box(height: int, width: int) -> np.ndarray:
    """Clips `(30, 2, side, side, 1)` with a white box in the middle of each frame."""
    frame = 255 * ((abs(ROWS) <= height // 2) & (abs(COLUMNS) <= width // 2)).astype("uint8")
    return np.tile(frame[:, :, None], (30, 2, 1, 1, 1))


def moments(frames: np.ndarray) -> tuple[np.ndarray, ...]:
    """Mean place, and the variances down and across and what both have in common, of each frame."""
    weight = frames[..., 0].astype(float) / frames[..., 0].sum(axis=(2, 3), keepdims=True)
    x, y = (weight * COLUMNS).sum((2, 3)), (weight * ROWS).sum((2, 3))
    across, down = (weight * COLUMNS**2).sum((2, 3)), (weight * ROWS**2).sum((2, 3))
    return x, y, down, across, (weight * ROWS * COLUMNS).sum((2, 3))


@pytest.mark.parametrize("layer", [WarpedFrames(), WarpedFrames(20.0, 0.2, seed=1)], ids=["none", "asked"])
def test_nothing_changes_but_in_training(layer):
    frames = box(9, 21)
    np.testing.assert_array_equal(layer(frames), frames)
    assert np.array_equal(layer(frames, training=True), frames) is not bool(layer.rotation)


def test_boxes_are_turned_about_the_middle_by_up_to_the_angle():
    x, y, down, across, both = moments(WarpedFrames(20.0, seed=1)(box(5, 25), training=True).numpy())
    np.testing.assert_allclose([x, y], np.zeros((2, 30, 2)), atol=0.1)
    angles = np.degrees(np.arctan2(2 * both, across - down) / 2)
    np.testing.assert_allclose(angles[:, 0], angles[:, 1])
    assert 15 < abs(angles).max() < 21
    assert angles.min() < -5
    assert angles.max() > 5


def test_sides_are_stretched_each_by_itself():
    _, _, down, across, both = moments(WarpedFrames(scale=0.3, seed=1)(box(21, 21), training=True).numpy())
    sides = np.sqrt(12 * np.stack([down, across]))[:, :, 0]
    assert 14.5 < sides.min() < 17
    assert 24 < sides.max() <= 28
    assert abs(np.corrcoef(sides)[0, 1]) < 0.5
    np.testing.assert_allclose(both, np.zeros_like(both), atol=0.2)
