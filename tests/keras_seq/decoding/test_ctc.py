"""Best paths, sums over paths and times of labels: against all alignments written out, on padding, on long
inputs.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf
from alignments import all_alignments, all_labels, cases, collapsed, padded, scores_of
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.decoding import ctc
from keras_seq.layers.ctc import IMPOSSIBLE

SIGNATURE = [tf.TensorSpec([None, None, None]), tf.TensorSpec([None, None], tf.int32)]


def all_answers(scores, labels):
    return {
        "greedy": ctc.greedy(scores),
        "log_probability": ctc.log_probability(scores, labels),
        "align": ctc.align(scores, labels),
        "align_greedy": ctc.align_greedy(scores, ctc.greedy(scores)[0]),
    }


@functools.cache
def graph(in_a_loop):
    """The answers as a graph, in which the sum over all paths of few labels is in a loop, or in one kernel."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ctc, "FEW_LABELS", -1 if in_a_loop else ctc.FEW_LABELS)
        return tf.function(all_answers, SIGNATURE, autograph=False).get_concrete_function()


def answers(scores, labels, in_a_loop=False):
    found = graph(in_a_loop)(tf.constant(scores), tf.constant(labels, tf.int32))
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), found)


def runs(path):
    """First and last step of each label of a path."""
    found, before = [], 0
    for step, label in enumerate(path):
        if label and label == before:
            found[-1][1] = step
        elif label:
            found.append([step, step])
        before = label
    return np.array(found, int).reshape(-1, 2).T


def times(row, labels):
    """What `align` says of one row, out of all its paths; and by how much its path is better than the next."""
    paths, totals = all_alignments(row)
    ours = [place for place, path in enumerate(paths.tolist()) if collapsed(path) == labels]
    if not ours:
        return [[0] * len(labels)] * 3, 1.0
    order = sorted(ours, key=lambda place: -totals[place])
    first, last = runs(paths[order[0]].tolist())
    confidence = [
        np.exp(row[a : b + 1, label]).mean() for a, b, label in zip(first, last, labels, strict=True)
    ]
    return [first, last, confidence], totals[order[0]] - totals[order[1]] if order[1:] else 1.0


@tried_on(40)
@given(cases(5), st.booleans())
def test_answers_are_those_of_all_alignments_written_out(case, in_a_loop):
    scores, lengths, truths = case
    found = answers(scores, padded(truths), in_a_loop)
    best, path_scores = found["greedy"]
    for index, (row, length, labels) in enumerate(zip(scores, lengths, truths, strict=True)):
        row, count = row[:length], len(labels)
        paths, totals = all_alignments(row)
        assert tuple(best[index][best[index] > 0].tolist()) == collapsed(paths[totals.argmax()].tolist())
        np.testing.assert_allclose(path_scores[index], totals.max(), rtol=1e-5, atol=1e-5)
        expected = all_labels(row).get(labels, IMPOSSIBLE)
        np.testing.assert_allclose(found["log_probability"][index], expected, rtol=1e-5, atol=1e-5)
        expected, lead = times(row, labels)
        for tensor, values in zip(found["align"], expected, strict=True):
            assert not tensor[index, count:].any()
            if lead > 1e-5:
                np.testing.assert_allclose(tensor[index, :count], values, rtol=1e-5)


def test_labels_are_packed_to_the_left_and_as_wide_as_the_longest():
    scores = np.log(np.eye(4, dtype="float32")[[[0, 2, 2, 0, 2, 3], [1, 1, 0, 0, 0, 0], [0] * 6]] + 1e-3)
    found, _ = ctc.greedy(scores)
    assert found.numpy().tolist() == [[2, 2, 3], [1, 0, 0], [0, 0, 0]]
    assert found.dtype == tf.int32


def test_the_path_of_the_greedy_labels_is_the_best_path():
    scores = scores_of([40, 25, 0, 1], 40, 5, seed=1)
    best, path_scores = ctc.greedy(scores)
    first, last, confidence = (tensor.numpy() for tensor in ctc.align_greedy(scores, best))
    for ours, theirs in zip((first, last, confidence), ctc.align(scores, best), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for row, labels, a, b, sure in zip(scores, best.numpy(), first, last, confidence, strict=True):
        path = row.argmax(-1)
        expected, count = runs(path.tolist()), np.count_nonzero(labels)
        np.testing.assert_array_equal([a[:count], b[:count]], expected)
        means = [np.exp(row.max(-1)[i : j + 1]).mean() for i, j in expected.T]
        np.testing.assert_allclose(sure[:count], means, rtol=1e-5)
    assert (ctc.log_probability(scores, best).numpy() >= path_scores.numpy() - 1e-5).all()


def test_labels_that_no_path_gives_have_no_steps():
    scores, labels = scores_of([2, 0, 3], 3, 3, seed=2), padded([(1, 1), (2,), (1, 2)])
    found = answers(scores, labels)
    assert found["log_probability"][:2].tolist() == [IMPOSSIBLE, IMPOSSIBLE]
    assert not np.any([tensor[:2] for tensor in found["align"]])
    assert found["log_probability"][2] > -20
    assert found["align"][2][2].all()


@pytest.mark.parametrize(("batch", "time", "labels"), [(0, 4, 2), (2, 0, 3), (2, 0, 0), (2, 4, 0), (0, 0, 0)])
def test_a_batch_may_have_no_rows_no_steps_and_no_labels(batch, time, labels):
    found = answers(scores_of([time] * batch, time, 3), np.ones((batch, labels), "int32"))
    assert found["greedy"][0].shape[0] == batch
    assert found["log_probability"].shape == (batch,)
    assert [tensor.shape for tensor in found["align"]] == [(batch, labels)] * 3
    if not time:
        assert found["greedy"][1].tolist() == [0] * batch
        assert found["log_probability"].tolist() == [IMPOSSIBLE if labels else 0] * batch


@pytest.mark.parametrize("in_a_loop", [False, True])
def test_a_row_alone_is_as_in_a_padded_batch(in_a_loop):
    """There the sum over all paths may be in a loop, though it is in one kernel here."""
    lengths, truths = [30, 17, 0, 4], [(1, 2, 2, 3, 1), (3, 3), (), (1,)]
    together = answers(scores_of(lengths, 50, 6, seed=3), padded(truths, 9), in_a_loop)
    for row, (length, labels) in enumerate(zip(lengths, truths, strict=True)):
        alone = answers(
            scores_of(lengths, 50, 6, seed=3)[row : row + 1, :length], padded([labels], len(labels))
        )
        for ours, theirs in zip(tf.nest.flatten(alone), tf.nest.flatten(together), strict=True):
            width = ours.shape[1:]
            np.testing.assert_allclose(ours[0], theirs[row][tuple(map(slice, width))], rtol=1e-5)
            assert not width or not theirs[row][width[0] :].any()


def test_a_graph_may_know_its_shapes():
    scores, labels = scores_of([5, 3], 5, 4, seed=6), padded([(1, 2), (3,)])
    for shapes in [([2, 5, 4], [2, 2]), ([2, None, 4], [2, None]), ([None, 5, 4], [None, 2])]:
        signature = [tf.TensorSpec(shapes[0]), tf.TensorSpec(shapes[1], tf.int32)]
        found = tf.function(all_answers, signature, autograph=False)(scores, labels)
        for ours, theirs in zip(
            tf.nest.flatten(found), tf.nest.flatten(answers(scores, labels)), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, -np.inf, np.inf])
def test_a_row_of_no_numbers_leaves_its_neighbours_alone(bad):
    scores, labels = scores_of([6, 6], 6, 4, seed=4), padded([(1, 2), (3, 3)])
    expected = answers(scores, labels)
    scores[0] = bad
    for ours, theirs in zip(*map(tf.nest.flatten, (answers(scores, labels), expected)), strict=True):
        np.testing.assert_allclose(np.trim_zeros(ours[1:].flat), np.trim_zeros(theirs[1:].flat), rtol=1e-6)


def test_two_thousand_steps_stay_exact():
    scores, labels = scores_of([2000], 2000, 9, seed=5, scale=4.0), np.arange(700)[None] % 8 + 1
    extended = np.zeros(1401, int)
    extended[1::2] = labels[0]
    forward, best = np.full(1401, -np.inf), np.full(1401, -np.inf)
    forward[0] = best[0] = 0
    skips = np.append([False, False], (extended[2:] > 0) & (extended[2:] != extended[:-2]))
    for now in scores[0].astype("float64"):
        moves = [
            [s, np.append(-np.inf, s[:-1]), np.where(skips, np.append([-np.inf] * 2, s[:-2]), -np.inf)]
            for s in (forward, best)
        ]
        forward = np.logaddexp.reduce(moves[0]) + now[extended]
        best = np.max(moves[1], axis=0) + now[extended]
    found = answers(scores, labels)
    np.testing.assert_allclose(found["log_probability"], [np.logaddexp(*forward[-2:])], rtol=1e-6)
    first, last, _ = (tensor[0] for tensor in found["align"])
    assert (first <= last).all()
    assert (first[1:] > last[:-1]).all()
    path = np.zeros(2000, int)
    for a, b, label in zip(first, last, labels[0], strict=True):
        path[a : b + 1] = label
    total = scores[0].astype("float64")[np.arange(2000), path].sum()
    np.testing.assert_allclose(total, best[-2:].max(), rtol=1e-7)


def test_a_sum_over_improbable_paths_is_no_less_exact_in_the_kernel():
    """A class of probability 1e-200 is 0 in float32."""
    scores = np.full((1, 6, 3), -460.0, "float32")
    scores[..., 0] = 0
    found = [answers(scores, np.array([[1, 2]], "int32"), in_a_loop) for in_a_loop in (False, True)]
    np.testing.assert_allclose(*(one["log_probability"] for one in found), rtol=1e-6)
    assert found[0]["log_probability"][0] > -920


def test_a_silence_beside_long_labels_keeps_its_probability():
    """The padding of labels has no paths, which would be more than those of the labels."""
    scores = np.full([2, 300, 3], np.log(1e-7), "float32")
    scores[..., 0] = -2e-7
    labels = padded([(), (1, 2) * 20])
    alone = answers(scores[:1], labels[:1, :0])["log_probability"][0]
    np.testing.assert_allclose(alone, -6e-5, rtol=1e-4)
    np.testing.assert_allclose(answers(scores, labels)["log_probability"][0], alone, rtol=1e-4)


def test_words_are_what_separators_divide():
    labels = padded([(1, 2, 9, 3), (9, 9, 4, 4, 9), (9,), (), (5,)], 6)
    first, last, counts = (tensor.numpy() for tensor in ctc.word_places(tf.constant(labels), 9))
    assert first.tolist() == [[0, 3], [2, 0], [0, 0], [0, 0], [0, 0]]
    assert last.tolist() == [[1, 3], [3, 0], [0, 0], [0, 0], [0, 0]]
    assert counts.tolist() == [2, 1, 0, 0, 1]
    values = np.arange(30, dtype="float32").reshape(5, 6)
    means = ctc.means_of_words(tf.constant(values), tf.constant(labels), 9)
    np.testing.assert_allclose(means, [[0.5, 3], [8.5, 0], [0, 0], [0, 0], [24, 0]])
    for empty in (np.zeros((0, 3), "int32"), np.zeros((2, 0), "int32")):
        places = ctc.word_places(tf.constant(empty), 9)
        assert [tensor.shape for tensor in places] == [(len(empty), 0)] * 2 + [(len(empty),)]
        assert ctc.means_of_words(tf.zeros(empty.shape), tf.constant(empty), 9).shape == (len(empty), 0)


def test_words_begin_at_labels_that_say_so_too():
    labels = padded([(1, 7, 2, 8, 7), (9, 7, 3, 9, 9, 4), (9, 9, 7), (9,)], 6)
    first, last, counts = (tensor.numpy() for tensor in ctc.word_places(tf.constant(labels), 9, (7, 8)))
    assert first.tolist() == [[0, 1, 3, 4], [1, 5, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]]
    assert last.tolist() == [[0, 2, 3, 4], [2, 5, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]]
    assert counts.tolist() == [4, 2, 1, 0]
    values = np.arange(24, dtype="float32").reshape(4, 6)
    means = ctc.means_of_words(tf.constant(values), tf.constant(labels), 9, (7, 8))
    np.testing.assert_allclose(means, [[0, 1.5, 3, 4], [7.5, 11, 0, 0], [14, 0, 0, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("in_a_loop", [False, True])
def test_long_padding_changes_no_bit(in_a_loop):
    random = np.random.default_rng(8)
    scores = np.log(random.dirichlet(np.ones(4), (2, 12))).astype("float32")
    padding = np.tile(np.array([0, *[IMPOSSIBLE] * 3], "float32"), (2, 3000, 1))
    labels = np.array([[1, 2, 0], [3, 3, 1]])
    long = answers(np.concatenate([scores, padding], axis=1), labels, in_a_loop)
    for ours, theirs in zip(*map(tf.nest.flatten, (long, answers(scores, labels, in_a_loop))), strict=True):
        np.testing.assert_array_equal(ours, theirs)
