"""A network applied frame by frame."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import Framewise


@pytest.fixture
def framewise():
    keras.utils.set_random_seed(1)
    frame = keras.Input((4, 6, 2))
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(3, 3)(frame))
    return Framewise(keras.Model(frame, mean))


def test_every_frame_is_what_the_network_makes_of_it_alone(framewise):
    frames = np.random.default_rng(1).normal(size=(2, 3, 4, 6, 2)).astype("float32")
    mask = np.array([[True, True, True], [True, False, False]])
    found = framewise(frames, mask).numpy()
    for row, time in np.argwhere(mask):
        alone = framewise.network(frames[row, time][None]).numpy()[0]
        np.testing.assert_allclose(found[row, time], alone, atol=1e-6)
    assert not found[1, 1:].any()


def test_a_normalisation_does_not_see_padding():
    frame = keras.Input((1, 1, 1))
    layer = Framewise(keras.Model(frame, keras.layers.BatchNormalization(momentum=0.0)(frame)))
    frames = np.zeros((1, 4, 1, 1, 1), "float32")
    frames[0, :2] = [[[[3.0]]], [[[5.0]]]]
    layer(frames, np.array([[True, True, False, False]]), training=True)
    assert layer.network.layers[1].moving_mean.numpy() == [4.0]


def test_a_batch_without_frames_has_none(framewise):
    found = framewise(tf.zeros([2, 0, 4, 6, 2]), tf.zeros([2, 0], tf.bool))
    assert found.shape == (2, 0, 3)


def test_gradients_flow_to_the_network(framewise):
    frames, mask = tf.ones([1, 2, 4, 6, 2]), tf.constant([[True, False]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(framewise(frames, mask) ** 2)
    assert len(framewise.trainable_weights) == 2
    assert all(tf.reduce_any(one != 0) for one in tape.gradient(loss, framewise.trainable_weights))
