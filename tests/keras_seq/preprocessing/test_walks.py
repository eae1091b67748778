"""Walks from place to place: the same as one step at a time."""

import numpy as np
import tensorflow as tf

from keras_seq.preprocessing.walks import ends, walked


def one_by_one(first, following):
    places = [first]
    while following[places[-1]] != places[-1]:
        places.append(int(following[places[-1]]))
    return places


def test_walks_are_those_of_one_step_at_a_time():
    random = np.random.default_rng(1)
    for count in (1, 2, 3, 40, 300):
        steps = random.integers(0, 4, count) * random.integers(0, 3, count)
        following = np.minimum(np.arange(count) + steps, count - 1).astype("int32")
        walks = [one_by_one(first, following) for first in range(count)]
        assert ends(tf.constant(following)).numpy().tolist() == [walk[-1] for walk in walks]
        for first in {0, count // 2, count - 1}:
            assert walked(first, tf.constant(following)).numpy().tolist() == walks[first]
