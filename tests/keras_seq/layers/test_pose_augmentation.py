"""Poses changed in training: by how much, and what stays."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import JointDropout, PoseJitter, PoseMirror, PoseSpeed, PoseStreams
from keras_seq.layers.pose_augmentation import VELOCITY_SCALE

LENGTHS = np.array([8, 5, 1], "int32")
REAL = (np.arange(8) < LENGTHS[:, None]).astype("float32")
VALID = np.repeat(REAL[..., None], 4, axis=2)
POSES = np.random.default_rng(1).normal(size=(3, 8, 4, 3)).astype("float32") * VALID[..., None]


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        (PoseSpeed(0.5, 0.5, seed=1), [POSES, VALID, LENGTHS]),
        (PoseJitter(90, 0.5, 1.0, 1.0), [POSES, VALID, LENGTHS]),
        (PoseMirror(0.5, seed=1), [POSES, VALID]),
        (JointDropout(0.5, 0.5, seed=1), [POSES, VALID]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_changes_but_in_training(layer, arguments):
    found = tf.nest.flatten(layer(*arguments))
    np.testing.assert_array_equal(found[0], POSES)
    changed = tf.nest.flatten(layer(*arguments, training=True))
    assert changed[0].shape != POSES.shape or not np.allclose(changed[0], POSES)


def test_a_slower_clip_has_more_frames_on_the_same_way():
    line = np.arange(8, dtype="float32").reshape(1, 8, 1, 1) * np.ones((200, 1, 1, 1), "float32")
    lengths = np.full(200, 8, "int32")
    poses, valid, found = PoseSpeed(0.5, 0.25, seed=1)(line, line[..., 0] * 0 + 1, lengths, training=True)
    assert found.numpy().min() >= int(8 * 0.75 / 1.5)
    assert 12 <= found.numpy().max() <= 16
    for row, length in enumerate(found.numpy()):
        way = poses.numpy()[row, :length, 0, 0]
        steps = np.diff(way)
        assert ((steps >= -1e-6) & (steps <= 1.5 + 1e-5)).all()
        assert 0 <= way[0] <= way[-1] <= 7
        assert not poses.numpy()[row, length:].any()
        assert valid.numpy()[row, :length].all()
        assert not valid.numpy()[row, length:].any()


def test_a_turn_keeps_heights_and_lengths():
    turned = PoseJitter(rotation=60, seed=1)(POSES, VALID, LENGTHS, training=True).numpy()
    np.testing.assert_allclose(turned[..., 1], POSES[..., 1], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=3), np.linalg.norm(POSES, axis=3), atol=1e-5)
    flat = PoseJitter(rotation=60, seed=1)(POSES[..., :2], VALID, LENGTHS, training=True).numpy()
    narrower = flat[..., 0][VALID > 0] / POSES[..., 0][VALID > 0]
    assert (narrower >= 0.5 - 1e-6).all()
    assert (narrower <= 1 + 1e-6).all()
    np.testing.assert_allclose(flat[..., 1], POSES[..., 1], atol=1e-6)


def test_scale_and_shift_are_of_a_row_and_noise_is_of_a_number():
    moved = PoseJitter(scale=0.1, shift=1.0, seed=1)(POSES, VALID, LENGTHS, training=True).numpy()
    for row, length in enumerate(LENGTHS[:2]):
        for axis in range(3):
            slope, _ = np.polyfit(
                POSES[row, :length, :, axis].ravel(), moved[row, :length, :, axis].ravel(), 1
            )
            assert 0.9 - 1e-4 <= slope <= 1.1 + 1e-4
        assert not moved[row, length:].any()
    noisy = PoseJitter(noise=0.1, seed=1)(POSES, VALID, LENGTHS, training=True).numpy()
    assert 0.07 < (noisy - POSES)[VALID > 0].std() < 0.13


def test_a_mirror_exchanges_left_and_right_and_says_so():
    layer = PoseMirror(0.5, seed=1)
    layer.build(POSES.shape)
    layer.partners.assign([1, 0, 2, 3])
    many, valid = np.repeat(POSES[:1], 200, axis=0), np.repeat(VALID[:1], 200, axis=0)
    valid[:, :, 0] = 0
    poses, found, flags = (tensor.numpy() for tensor in layer(many, valid, training=True))
    assert 60 < flags.sum() < 140
    mirrored = POSES[0][:, [1, 0, 2, 3]] * [-1, 1, 1]
    for row in range(200):
        np.testing.assert_allclose(poses[row], mirrored if flags[row] else POSES[0], atol=1e-6)
        assert found[row, 0].tolist() == ([1, 0, 1, 1] if flags[row] else [0, 1, 1, 1])


def test_joints_are_missing_in_whole_clips_and_frames_as_a_whole():
    poses, valid = np.ones((100, 8, 20, 3), "float32"), np.ones((100, 8, 20), "float32")
    dropped, seen = (t.numpy() for t in JointDropout(0.2, seed=1)(poses, valid, training=True))
    assert (seen.min(axis=1) == seen.max(axis=1)).all()
    assert 0.15 < 1 - seen.mean() < 0.25
    np.testing.assert_array_equal(dropped, poses * seen[..., None])
    _, seen = (t.numpy() for t in JointDropout(0.0, 0.2, seed=1)(poses, valid, training=True))
    assert (seen.min(axis=2) == seen.max(axis=2)).all()
    assert 0.15 < 1 - seen.mean() < 0.25


def test_velocities_are_changes_of_joints_that_both_frames_have():
    valid = VALID.copy()
    valid[0, 3, 2] = 0
    positions, velocities, mask = (t.numpy() for t in PoseStreams()(POSES, valid, LENGTHS))
    assert positions.shape == (3, 8, 16)
    np.testing.assert_array_equal(positions[..., :12], POSES.reshape(3, 8, 12))
    np.testing.assert_array_equal(positions[..., 12:], valid)
    expected = np.zeros_like(POSES)
    expected[:, 1:] = VELOCITY_SCALE * np.diff(POSES, axis=1) * (REAL[:, 1:] * REAL[:, :-1])[..., None, None]
    expected[0, 3:5, 2] = 0
    np.testing.assert_allclose(velocities, expected.reshape(3, 8, 12), atol=1e-5)
    assert mask.tolist() == (REAL > 0).tolist()
    one = PoseStreams()(POSES[:, :1], VALID[:, :1], np.ones(3, "int32"))
    assert not one[1].numpy().any()


def test_the_same_seed_changes_alike():
    changes = [
        [
            layer(POSES, VALID, LENGTHS, training=True)[0]
            for layer in (PoseSpeed(0.5, seed=s), PoseSpeed(0.5, seed=s))
        ]
        for s in (1, 2)
    ]
    np.testing.assert_array_equal(changes[0][0], changes[0][1])
    assert changes[0][0].shape != changes[1][0].shape or not np.allclose(changes[0][0], changes[1][0])
    assert keras.saving.serialize_keras_object(PoseJitter(5, seed=3))["config"]["seed"] == 3
