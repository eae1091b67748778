"""What the tests of the CRF share: random cases, all paths written out, forward-backward in float64."""

import itertools
import re

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.layers import CRF
from keras_seq.layers.crf import legal_iobes

few = tried_on(25)


def built(num_tags, legal, random, scale=1.0):
    """A layer with random weights."""
    layer = CRF(num_tags, **legal)
    layer.build((None, None, num_tags))
    layer.set_weights([random.normal(size=weight.shape) * scale for weight in layer.weights])
    return layer


def padded(lengths, time):
    return np.arange(time) < np.asarray(lengths)[:, None]


@st.composite
def cases(draw):
    """A layer, emissions `(batch, time, tags)` and the lengths of the rows, of which any may be 0."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    num_types = draw(st.sampled_from([None, None, 1]))
    num_tags = draw(st.integers(1, 4)) if num_types is None else 5
    time = draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(0, time), min_size=1, max_size=3))
    scale = draw(st.sampled_from([0.5, 2.0, 10.0]))
    layer = built(num_tags, legal_iobes(1) if num_types else {}, random)
    return layer, (random.normal(size=(len(lengths), time, num_tags)) * scale).astype("float32"), lengths


def all_paths(length, num_tags):
    return np.array(list(itertools.product(range(num_tags), repeat=length)), int).reshape(
        num_tags**length, length
    )


def path_scores(paths, emissions, transitions, start, end):
    """The score of every path `(paths, length)` from the definition; `emissions` has `length` steps. In
    TensorFlow.
    """
    length = paths.shape[1]
    if not length:
        return tf.zeros([1], emissions.dtype)
    scores = tf.gather(start, paths[:, 0]) + tf.gather(end, paths[:, -1])
    scores += sum(tf.gather(emissions[step], paths[:, step]) for step in range(length))
    edges = (np.stack([paths[:, step - 1], paths[:, step]], axis=1) for step in range(1, length))
    return scores + sum((tf.gather_nd(transitions, edge) for edge in edges), tf.zeros((), emissions.dtype))


def weights_of(layer):
    """Transitions, start and end in float64, minus infinity where a tag is not legal."""
    legal = (layer.legal_transitions, layer.legal_start, layer.legal_end)
    weights = (layer.transitions, layer.start, layer.end)
    return [
        tf.constant(np.where(True if flags is None else flags, weight.numpy().astype("float64"), -np.inf))
        for weight, flags in zip(weights, legal, strict=True)
    ]


def written_out(layer, emissions, length):
    """All paths over the first `length` steps of one row, and their probabilities, then the log of their sum."""
    paths = all_paths(length, layer.num_tags)
    scores = path_scores(paths, tf.constant(emissions[:length], tf.float64), *weights_of(layer)).numpy()
    total = np.logaddexp.reduce(scores)
    return paths, np.exp(scores - total), total


def is_legal(tags):
    """IOBES as a pattern, tags written as a letter and a digit."""
    text = "".join("O-" if tag == 0 else "BIES"[(tag - 1) % 4] + str((tag - 1) // 4) for tag in tags)
    return re.fullmatch(r"(?:O-|S\d|B(\d)(?:I\1)*E\1)*", text) is not None


def forward_backward(potentials):
    """Marginals and log-partition of one row of log-potentials, in float64, from the textbook."""
    potentials = np.asarray(potentials, "float64")
    alphas, betas = [potentials[0, 0]], [np.zeros(potentials.shape[-1])]
    for scores in potentials[1:]:
        alphas.append(np.logaddexp.reduce(alphas[-1][:, None] + scores, axis=0))
    for scores in potentials[:0:-1]:
        betas.append(np.logaddexp.reduce(scores + betas[-1], axis=1))
    total = np.logaddexp.reduce(alphas[-1])
    return np.exp(np.stack(alphas) + np.stack(betas[::-1]) - total), total


def graph(function):
    """The function of log-potentials as a graph, for any batch and time, of 5 tags: many steps are faster in
    it.
    """
    return tf.function(function, input_signature=[tf.TensorSpec([None, None, 5, 5])], autograph=False)
