"""A dataset that is started once."""

import keras
import tensorflow as tf

from keras_seq.endless import Endless


def test_every_reader_gets_the_one_iterator():
    data = Endless(tf.data.Dataset.range(3).repeat())
    assert [int(next(iter(data))) for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]
    assert data.element_spec == tf.TensorSpec([], tf.int64)
    assert [int(one) for one in data.map(lambda one: one + 1).take(2)] == [1, 2]


def test_keras_starts_it_once_for_all_epochs():
    started = []

    def rows():
        started.append(len(started))
        for number in range(100):
            yield [[float(number)]], [[0.0]]

    spec = tf.TensorSpec([1, 1])
    data = Endless(tf.data.Dataset.from_generator(rows, output_signature=(spec, spec)))
    network = keras.Sequential([keras.Input([1]), keras.layers.Rescaling(1.0)])
    network.compile("sgd", "mae")
    assert [network.evaluate(data, steps=4, verbose=0) for _ in range(3)] == [1.5, 5.5, 9.5]
    assert started == [0]
