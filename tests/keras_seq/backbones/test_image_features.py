"""Features of pictures and of the frames of clips; only real frames go through the backbone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.backbones import ImageFeatures
from keras_seq.backbones.scratch import scratch

CLIPS = np.random.default_rng(1).uniform(0, 255, (2, 3, 16, 16, 3)).astype("float32")
MASK = np.array([[True, True, False], [True, False, False]])


@pytest.fixture(scope="module")
def backbone():
    keras.utils.set_random_seed(1)
    return scratch(None, None, 4, 3)


def test_places_of_a_picture_row_by_row(backbone):
    grid = backbone(CLIPS[0]).numpy()
    features = ImageFeatures(backbone)(CLIPS[0])
    np.testing.assert_array_equal(features, grid.reshape(3, 4, 16))
    np.testing.assert_allclose(ImageFeatures(backbone, pooled=True)(CLIPS[0]), grid.mean((1, 2)), atol=1e-6)


@pytest.mark.parametrize("pooled", [False, True])
def test_frames_have_the_features_of_pictures(backbone, pooled):
    layer = ImageFeatures(backbone, pooled)
    expected = np.stack([layer(clip) for clip in CLIPS])
    np.testing.assert_allclose(layer(CLIPS), expected, atol=1e-5)
    masked = np.where(MASK.reshape(2, 3, *[1] * (expected.ndim - 2)), expected, 0)
    np.testing.assert_allclose(layer(CLIPS, MASK), masked, atol=1e-5)


def test_clips_without_a_real_frame_and_none_at_all(backbone):
    layer = ImageFeatures(backbone, pooled=True)
    np.testing.assert_array_equal(layer(CLIPS, np.zeros_like(MASK)), np.zeros((2, 3, 16)))
    assert layer(CLIPS[:, :0], MASK[:, :0]).shape == (2, 0, 16)
    assert layer(CLIPS[:0], MASK[:0]).shape == (0, 3, 16)


@pytest.mark.parametrize("sides", [16, None])
def test_its_shapes_are_known_before_it_runs(sides, tmp_path):
    backbone = scratch(sides, sides, 4, 3)
    frames = keras.Input((None, sides, sides, 3), name="frames")
    mask = keras.Input((None,), dtype="bool", name="mask")
    features = ImageFeatures(backbone, name="backbone")(frames, mask)
    assert features.shape == (None, None, 4 if sides else None, 16)
    model = keras.Model([frames, mask], features)
    found = tf.function(model)([CLIPS, MASK])
    model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(
        keras.saving.load_model(tmp_path / "model.keras")([CLIPS, MASK]), found, atol=1e-5
    )


def test_statistics_stay_while_a_backbone_is_trained_and_weights_while_it_is_frozen():
    pixels = keras.Input((16, 16, 3))
    x = keras.layers.BatchNormalization(name="normalization")(
        keras.layers.Conv2D(4, 3, name="convolution")(pixels)
    )
    backbone = keras.Model(pixels, x, name="backbone")
    layer = ImageFeatures(backbone, pooled=True, name="features")
    model = keras.Sequential([layer, keras.layers.Dense(1)])
    for trainable in (True, False):
        layer.trainable = trainable
        model.compile("sgd", "mse")
        before = backbone.get_weights()
        model.fit(CLIPS[0] / 255, np.ones((3, 1)), verbose=0)
        same = [np.array_equal(one, other) for one, other in zip(before, backbone.get_weights(), strict=True)]
        assert same[4:] == [True, True], "mean and variance"
        assert all(same) is not trainable


@pytest.mark.parametrize("learns", [False, True])
def test_a_backbone_without_weights_learns_the_statistics_of_real_frames(learns):
    keras.utils.set_random_seed(1)
    pixels = keras.Input((16, 16, 3))
    x = keras.layers.BatchNormalization(momentum=0.0, epsilon=1e-6, name="normalization")(pixels)
    backbone = keras.Model(pixels, x, name="backbone")
    layer = ImageFeatures(backbone, learns_statistics=learns)
    found = layer(CLIPS, MASK, training=True)
    real = CLIPS[MASK]
    if learns:
        mean = backbone.get_layer("normalization").moving_mean
        np.testing.assert_allclose(mean, real.mean((0, 1, 2)), rtol=1e-5)
        np.testing.assert_allclose(found.numpy()[MASK].mean((0, 1)), np.zeros(3), atol=1e-4)
        same = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
        assert same.learns_statistics
    else:
        np.testing.assert_allclose(found.numpy()[MASK], real.reshape(3, 256, 3), rtol=1e-5)
    layer.trainable = False
    np.testing.assert_array_equal(layer(CLIPS, MASK, training=True), layer(CLIPS, MASK))
