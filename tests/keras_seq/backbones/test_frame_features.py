"""The frames of clips as vectors."""

import keras
import numpy as np
import pytest

from keras_seq.backbones.frame_features import frame_features

FRAMES = np.random.default_rng(1).integers(0, 256, (2, 3, 32, 32, 1)).astype("uint8")
MASK = np.array([[True, True, True], [True, False, False]])


def model(backbone, pooled, motion):
    keras.utils.set_random_seed(1)
    frames = keras.Input((None, 32, 32, 1), dtype="uint8", name="frames")
    mask = keras.Input((None,), dtype="bool", name="mask")
    features = frame_features(frames, mask, backbone, "none", pooled, motion)
    return keras.Model([frames, mask], features)


@pytest.mark.parametrize(
    ("backbone", "pooled", "motion", "size"),
    [
        *[("scratch", True, False, 128), ("scratch", False, True, 512)],
        *[("mobilenet_v2", True, False, 1280), ("mobilenet_v2", True, True, 1408)],
    ],
)
def test_each_frame_is_one_vector_and_padding_is_0(backbone, pooled, motion, size):
    found = model(backbone, pooled, motion)([FRAMES, MASK]).numpy()
    assert found.shape == (2, 3, size)
    assert np.abs(found[MASK]).sum(axis=1).all()
    assert not found[~MASK].any()


def test_motion_sees_what_differs_from_the_frame_before():
    network = model("scratch", True, True)
    still = np.repeat(FRAMES[:, :1], 3, axis=1)
    assert not np.allclose(network([still, MASK])[0, 0], network([FRAMES, MASK])[0, 1], atol=1e-3)
    np.testing.assert_allclose(network([still, MASK])[0, 1], network([still, MASK])[0, 2], atol=1e-5)
