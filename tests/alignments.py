"""What the tests of CTC share: random cases, and all alignments of short inputs written out in float64."""

import itertools

import numpy as np
from hypothesis import strategies as st

from keras_seq.layers import CTCScores


def collapsed(path):
    """The labels of a path of classes: repeats made one, blanks left out."""
    return tuple(label for label, _ in itertools.groupby(path) if label)


def padded(sequences, width=0):
    """Sequences of labels as one array, with zeros behind."""
    width = max([width, *map(len, sequences)])
    return np.array([[*labels, *[0] * (width - len(labels))] for labels in sequences], "int32").reshape(
        len(sequences), width
    )


def mask_of(lengths, time):
    return np.arange(time) < np.reshape(lengths, [-1, 1])


def scores_of(lengths, time, classes, seed=0, scale=2.0):
    """Scores `(batch, time, classes)` float32 of rows with so many real steps."""
    logits = np.random.default_rng(seed).normal(size=(len(lengths), time, classes)) * scale
    return CTCScores()(logits.astype("float32"), mask=mask_of(lengths, time)).numpy()


def all_alignments(scores):
    """Every path over one row of scores `(time, classes)`, and its log-probability."""
    time, classes = scores.shape
    paths = np.array(list(itertools.product(range(classes), repeat=time)), int).reshape(classes**time, time)
    return paths, scores.astype("float64")[np.arange(time), paths].sum(axis=1)


def all_labels(scores):
    """Labels -> their log-probability over all paths of one row of scores; the paths are written out."""
    found = {}
    for path, score in zip(*all_alignments(scores), strict=True):
        labels = collapsed(path.tolist())
        found[labels] = np.logaddexp(found.get(labels, -np.inf), score)
    return found


@st.composite
def cases(draw, most_steps=4):
    """Scores of a few rows with the lengths of these, of which any may be 0, and labels that may be too long."""
    lengths = draw(st.lists(st.integers(0, most_steps), min_size=1, max_size=3))
    time = max(1, *lengths, draw(st.integers(0, most_steps + 2)))
    classes = draw(st.integers(2, 4))
    labels = st.lists(st.integers(1, classes - 1), max_size=most_steps + 1)
    truths = [tuple(draw(labels)) for _ in lengths]
    scale = draw(st.sampled_from([0.5, 2.0, 8.0]))
    return scores_of(lengths, time, classes, draw(st.integers(0, 2**32)), scale), lengths, truths
