"""The loss of the next word, beside Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import SmoothedCrossEntropy


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_the_loss_is_keras_s_with_label_smoothing_over_what_is_not_padding(smoothing):
    draw = np.random.default_rng(3)
    logits = tf.constant(draw.normal(size=(2, 4, 9)) * 5, tf.float32)
    ids = np.array([[4, 8, 3, 0], [5, 3, 0, 0]])
    one_hot = tf.one_hot(ids, 9)
    losses = keras.losses.categorical_crossentropy(
        one_hot, logits, from_logits=True, label_smoothing=smoothing
    )
    expected = np.mean(losses.numpy()[ids > 0])
    loss = SmoothedCrossEntropy(smoothing)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        found = loss(ids, logits)
        kept = keras.losses.categorical_crossentropy(
            one_hot, logits, from_logits=True, label_smoothing=smoothing
        )
        theirs = tf.reduce_mean(tf.boolean_mask(kept, ids > 0))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(found, logits), tape.gradient(theirs, logits), atol=1e-6)


def test_the_loss_of_padding_alone_is_nothing_and_of_huge_logits_finite():
    assert float(SmoothedCrossEntropy(0.1)(np.zeros((1, 3), int), np.ones((1, 3, 5), "float32"))) == 0
    huge = tf.constant([[[1e4, -1e4, 0.0]]])
    with tf.GradientTape() as tape:
        tape.watch(huge)
        loss = SmoothedCrossEntropy(0.1)(np.array([[1]]), huge)
    assert np.isfinite(loss)
    assert np.all(np.isfinite(tape.gradient(loss, huge)))
    assert SmoothedCrossEntropy.from_config(SmoothedCrossEntropy(0.2).get_config()).smoothing == 0.2
