"""Frames that are taken: from all over a clip, each once, and by chance in training alone."""

import keras
import numpy as np
import pytest

from keras_seq.layers import FrameSampling

LENGTHS = np.array([20, 9, 4, 1, 0])
MASK = np.arange(20) < LENGTHS[:, None]
FRAMES = np.where(MASK, np.arange(1, 21), 0).astype("uint8")[..., None, None, None] * np.ones(
    (1, 1, 2, 3, 1), "uint8"
)


def numbers(layer, training):
    """Which frames are taken of each clip, from 0."""
    frames, mask = (tensor.numpy() for tensor in layer(FRAMES, MASK, training=training))
    assert frames.dtype == np.uint8
    assert not frames[~mask].any()
    return [row[: kept.sum(), 0, 0, 0].astype(int) - 1 for row, kept in zip(frames, mask, strict=True)]


def test_the_middle_of_each_part_is_taken_and_short_clips_are_left():
    for training in (False, None):
        found = numbers(FrameSampling(5, speed=0.5, seed=1), training)
        assert [row.tolist() for row in found] == [[2, 6, 10, 14, 18], [0, 2, 4, 6, 8], [0, 1, 2, 3], [0], []]
    frames, mask = FrameSampling(30)(FRAMES, MASK)
    np.testing.assert_array_equal(frames, FRAMES)
    np.testing.assert_array_equal(mask, MASK)


def test_in_training_any_frame_of_each_part_and_none_twice():
    layer, seen = FrameSampling(5, seed=1), set()
    for _ in range(60):
        found = numbers(layer, training=True)
        assert [len(row) for row in found] == [5, 5, 4, 1, 0]
        assert (found[0] // 4 == np.arange(5)).all()
        assert all((np.diff(row) > 0).all() for row in found)
        assert found[2].tolist() == [0, 1, 2, 3]
        seen |= set(found[0].tolist())
    assert seen == set(range(20))


def test_speed_leaves_a_part_of_the_clip_anywhere():
    layer = FrameSampling(5, speed=0.5, seed=1)
    found = [numbers(layer, training=True) for _ in range(80)]
    spans = [row[0][-1] - row[0][0] for row in found]
    assert min(spans) < 8 < 16 < max(spans)
    assert {row[0][0] for row in found} > set(range(6))
    assert {len(row[2]) for row in found} == {3, 4}
    assert all((np.diff(row[2]) == 1).all() for row in found)
    assert all(len(row[3]) == 1 and len(row[4]) == 0 for row in found)


def test_the_seed_decides():
    one, same = (FrameSampling(5, speed=0.5, seed=4) for _ in range(2))
    for _ in range(3):
        for ours, theirs in zip(numbers(one, True), numbers(same, True), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("time", "expected"), [(None, None), (20, 5), (3, 3)])
def test_a_model_knows_its_shapes(time, expected):
    frames, mask = keras.Input((time, 2, 3, 1), dtype="uint8"), keras.Input((time,), dtype="bool")
    taken, new_mask = FrameSampling(5)(frames, mask)
    assert taken.shape == (None, expected, 2, 3, 1)
    assert new_mask.shape == (None, expected)
    assert (taken.dtype, new_mask.dtype) == ("uint8", "bool")
