"""Poses made alike: what is missing, where they are, how large, how they are turned, how long they take."""

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.preprocessing.pose_layouts import LAYOUTS
from keras_seq.preprocessing.poses import NormalizedPoses, filled, resampled

KINECT = LAYOUTS["kinect20"]


def clip(frames=6, seed=1):
    """Joints that move a little about a body that stands in a room."""
    random = np.random.default_rng(seed)
    body = random.normal(size=(1, 20, 3)) + np.array([0.5, 1.0, 3.0])
    return (body + 0.05 * random.normal(size=(frames, 20, 3))).astype("float32")


def normalized(*clips, **keywords):
    longest = max(map(len, clips))
    batch = np.zeros((len(clips), longest, 60), "float32")
    for row, poses in enumerate(clips):
        batch[row, : len(poses)] = poses.reshape(len(poses), 60)
    found = NormalizedPoses(60, "kinect20", **keywords)(batch)
    return {name: tensor.numpy() for name, tensor in found.items()}


def rotated(poses, degrees):
    angle = np.radians(degrees)
    x, y, z = np.moveaxis(poses, -1, 0)
    return np.stack([np.cos(angle) * x - np.sin(angle) * z, y, np.sin(angle) * x + np.cos(angle) * z], -1)


def test_place_size_and_side_make_no_difference():
    given = clip()
    expected = normalized(given)["poses"]
    changed = 1.7 * rotated(given, 75) + [4.0, -2.0, 1.0]
    np.testing.assert_allclose(normalized(changed.astype("float32"))["poses"], expected, atol=1e-4)


def test_the_hips_are_at_the_centre_the_torso_is_1_long_and_the_shoulders_point_along_x():
    poses = normalized(clip())["poses"][0]
    np.testing.assert_allclose(poses[:, 3].mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(poses[:, 1] - poses[:, 3], axis=1).mean(), 1, atol=1e-5)
    across = (poses[:, [4, 12]] - poses[:, [8, 16]]).mean((0, 1))
    assert across[0] > 0
    assert across[2] == pytest.approx(0, abs=1e-5)
    frames = normalized(clip(), centre="frame")["poses"][0]
    np.testing.assert_allclose(frames[:, 3], 0, atol=1e-5)


def test_without_turning_a_side_stays():
    given = clip()
    found = normalized(given, turn=False)["poses"][0]
    moved = given - given[:, 3].mean(0)
    torso = np.linalg.norm(given[:, 1] - given[:, 3], axis=1).mean()
    np.testing.assert_allclose(found, moved / torso, atol=1e-5)


@pytest.mark.parametrize("missing", [np.nan, np.inf, 0.0])
def test_a_missing_joint_is_on_the_line_between_the_frames_that_have_it(missing):
    given, holes = clip(), clip()
    holes[2:4, 7] = missing
    holes[0, 9] = missing
    expected, found = normalized(given), normalized(holes)
    assert found["valid"][0].min(axis=0).tolist() == [joint not in (7, 9) for joint in range(20)]
    assert found["valid"][0, :, 7].tolist() == [1, 1, 0, 0, 1, 1]
    for place, share in ((2, 1 / 3), (3, 2 / 3)):
        line = (1 - share) * expected["poses"][0, 1, 7] + share * expected["poses"][0, 4, 7]
        np.testing.assert_allclose(found["poses"][0, place, 7], line, atol=1e-5)
    np.testing.assert_allclose(found["poses"][0, 0, 9], expected["poses"][0, 1, 9], atol=1e-5)
    np.testing.assert_allclose(found["poses"][0, :, :7], expected["poses"][0, :, :7], atol=1e-5)


def test_a_joint_that_is_never_seen_is_at_the_centre():
    given = clip()
    given[:, 5] = np.nan
    found = normalized(given)
    assert not found["poses"][0, :, 5].any()
    assert not found["valid"][0, :, 5].any()


def test_a_batch_is_answered_as_its_rows_alone():
    clips = [clip(6), clip(1, 2), clip(60, 3), np.zeros((3, 20, 3), "float32")]
    clips[0][4:] = np.nan
    together = normalized(*clips, max_frames=16)
    assert together["lengths"].tolist() == [6, 1, 16, 1]
    for row, poses in enumerate(clips):
        alone = normalized(poses, max_frames=16)
        length = alone["lengths"][0]
        for name in ("poses", "valid"):
            np.testing.assert_allclose(together[name][row, :length], alone[name][0, :length], atol=1e-6)
            assert not together[name][row, length:].any()
    assert all(np.isfinite(values).all() for values in together.values())


@pytest.mark.parametrize("shape", [(2, 0, 60), (0, 3, 60), (0, 0, 60)])
def test_no_frames_are_one_of_nobody(shape):
    found = NormalizedPoses(60, "kinect20")(tf.zeros(shape))
    assert found["poses"].shape == (shape[0], max(shape[1], 1), 20, 3)
    assert found["lengths"].numpy().tolist() == [1] * shape[0]


def test_a_confidence_of_0_is_a_missing_joint():
    given = np.random.default_rng(1).uniform(1, 2, (1, 4, 25, 3)).astype("float32")
    given[0, 2, 6, 2] = 0
    found = NormalizedPoses(75, "openpose25")(given.reshape(1, 4, 75))
    assert found["poses"].shape == (1, 4, 25, 2)
    assert np.argwhere(found["valid"].numpy() == 0).tolist() == [[0, 2, 6]]


def test_plain_numbers_are_standardised_and_their_zeros_are_numbers():
    given = np.array([[[0.0, 3.0], [2.0, np.nan], [4.0, 5.0]]], "float32")
    found = NormalizedPoses(2, mean=[2.0, 3.0], deviation=[2.0, 1.0])(given)
    assert found["poses"].numpy()[0, :, :, 0].tolist() == [[-1, 0], [0, 1], [1, 2]]
    assert found["valid"].numpy()[0].tolist() == [[1, 1], [1, 0], [1, 1]]


def test_a_long_clip_is_resampled_from_its_first_to_its_last_frame():
    poses = tf.reshape(tf.range(9.0), [1, 9, 1, 1])
    found, valid, lengths = resampled(poses, tf.ones([1, 9, 1]), tf.constant([9]), 5)
    assert found.numpy().ravel().tolist() == [0, 2, 4, 6, 8]
    assert lengths.numpy().tolist() == [5]
    assert valid.numpy().min() == 1
    short, valid, lengths = resampled(poses, tf.ones([1, 9, 1]), tf.constant([3]), 5)
    assert short.numpy().ravel()[:3].tolist() == [0, 1, 2]
    assert valid.numpy().ravel().tolist() == [1, 1, 1, 0, 0]


def test_filling_leaves_what_is_there():
    poses = tf.random.stateless_normal([2, 5, 3, 2], [1, 2])
    np.testing.assert_allclose(filled(poses, tf.ones([2, 5, 3])), poses, atol=1e-6)
