"""Clips without their black borders."""

import numpy as np

from keras_seq.preprocessing.trimming import evenly_lit, trimmed


def clip(*boxes, rows=40, columns=60, time=None):
    """Frames with a white box each: top, left, height, width."""
    frames = np.zeros((1, time or len(boxes), rows, columns, 1), "uint8")
    for number, (top, left, height, width) in enumerate(boxes):
        frames[0, number, top : top + height, left : left + width] = 255
    return frames


def sides(frame):
    """Where the white of a frame begins and ends, in rows and in columns."""
    rows, columns = np.nonzero(frame[..., 0] > 127)
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def test_what_is_not_black_is_as_large_as_fits_and_in_the_middle():
    found = trimmed(clip((4, 30, 20, 10)), 40, 40).numpy()
    assert sides(found[0, 0]) == (0, 40, 10, 30)


def test_all_frames_of_a_clip_are_cut_alike():
    found = trimmed(clip((0, 10, 10, 10), (10, 20, 10, 10)), 20, 20).numpy()
    assert sides(found[0, 0]) == (0, 10, 0, 10)
    assert sides(found[0, 1]) == (10, 20, 10, 20)


def test_pixels_of_a_clip_without_borders_stay_as_they_are():
    frames = np.random.default_rng(1).integers(9, 256, (2, 3, 12, 16, 3)).astype("uint8")
    np.testing.assert_array_equal(trimmed(frames, 12, 16).numpy(), frames)


def test_neither_padding_nor_other_clips_change_what_is_cut():
    one, other = clip((4, 30, 20, 10)), clip((0, 0, 40, 60))
    padded = np.concatenate([clip((4, 30, 20, 10), time=2), np.repeat(other, 2, axis=1)])
    np.testing.assert_array_equal(trimmed(padded, 20, 20).numpy()[0, 0], trimmed(one, 20, 20).numpy()[0, 0])


def test_a_black_clip_stays_black():
    assert not trimmed(clip(time=2), 8, 8).numpy().any()


def test_what_is_not_black_has_one_brightness_and_contrast_in_every_clip():
    frames = np.zeros((2, 3, 20, 20, 1), "uint8")
    frames[0, :, 5:15, 5:15] = np.random.default_rng(1).integers(100, 110, (3, 10, 10, 1))
    frames[1, :2, 5:15, 5:15] = np.random.default_rng(2).integers(30, 200, (2, 10, 10, 1))
    found = evenly_lit(frames).numpy()
    np.testing.assert_array_equal(found == 0, frames == 0)
    for clip, before in zip(found, frames, strict=True):
        seen = clip[before > 0].astype(float)
        assert abs(seen.mean() - 160) < 1
        assert abs(seen.std() - 40) < 1
    alone = evenly_lit(frames[1:, :2]).numpy()
    np.testing.assert_array_equal(alone[0], found[1, :2])


def test_a_clip_of_one_brightness_is_lit_alike():
    assert set(evenly_lit(np.full((1, 1, 4, 4, 1), 99, "uint8")).numpy().ravel()) == {160}
    assert not evenly_lit(np.zeros((1, 2, 4, 4, 1), "uint8")).numpy().any()
