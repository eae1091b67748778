"""Sums and best paths of a chain: against all paths written out, on padding, on long sequences and large
scores.
"""

import numpy as np
import pytest
import tensorflow as tf
from chains import built, cases, few, forward_backward, graph, padded, written_out
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.layers import CRF, CRFLoss
from keras_seq.layers.crf import legal_iobes, log_partition, posterior, viterbi


@few
@given(cases())
def test_the_partition_is_the_sum_over_all_paths(case):
    layer, emissions, lengths = case
    found = log_partition(layer(emissions, mask=padded(lengths, emissions.shape[1]))).numpy()
    expected = [written_out(layer, row, length)[2] for row, length in zip(emissions, lengths, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@few
@given(cases())
def test_viterbi_finds_a_best_path_and_repeats_its_last_tag_on_padding(case):
    layer, emissions, lengths = case
    tags = viterbi(layer(emissions, mask=padded(lengths, emissions.shape[1]))).numpy()
    for row, found, length in zip(emissions, tags, lengths, strict=True):
        paths, probabilities, _ = written_out(layer, row, length)
        chosen = probabilities[(paths == found[:length]).all(axis=1)]
        np.testing.assert_allclose(chosen, [probabilities.max()], rtol=1e-4)
        assert set(found[length:]) <= {found[length - 1] if length else 0}


@few
@given(cases())
def test_marginals_are_sums_over_the_paths_through_a_tag(case):
    layer, emissions, lengths = case
    marginals, _ = posterior(layer(emissions, mask=padded(lengths, emissions.shape[1])))
    for row, found, length in zip(emissions, marginals.numpy(), lengths, strict=True):
        paths, probabilities, _ = written_out(layer, row, length)
        for step, tag in np.ndindex(length, layer.num_tags):
            expected = probabilities[paths[:, step] == tag].sum()
            np.testing.assert_allclose(found[step, tag], expected, atol=1e-5)
        last = found[length - 1] if length else np.eye(layer.num_tags)[0]
        np.testing.assert_allclose(found[length:], np.broadcast_to(last, found[length:].shape), atol=1e-6)


@few
@given(cases())
def test_conditionals_are_the_shares_of_the_paths_through_the_tag_before(case):
    layer, emissions, lengths = case
    _, conditionals = posterior(layer(emissions, mask=padded(lengths, emissions.shape[1])))
    for row, found, length in zip(emissions, conditionals.numpy(), lengths, strict=True):
        paths, probabilities, _ = written_out(layer, row, length)
        before = np.concatenate([np.zeros((len(paths), 1), int), paths], axis=1)
        for step, i, j in np.ndindex(length, layer.num_tags, layer.num_tags):
            through = probabilities * (before[:, step] == i)
            if through.sum() > 0:
                expected = through[paths[:, step] == j].sum() / through.sum()
                np.testing.assert_allclose(found[step, i, j], expected, rtol=1e-4, atol=1e-5)
        after = np.broadcast_to(np.eye(layer.num_tags), found[length:].shape)
        np.testing.assert_allclose(found[length:], after, atol=1e-6)


@few
@given(cases())
def test_the_gradient_of_the_partition_is_the_edge_marginals(case):
    layer, emissions, lengths = case
    potentials = layer(emissions, mask=padded(lengths, emissions.shape[1]))
    with tf.GradientTape() as tape:
        tape.watch(potentials)
        total = log_partition(potentials)
    edges = tape.gradient(total, potentials).numpy()
    for row, found, length in zip(emissions, edges, lengths, strict=True):
        paths, probabilities, _ = written_out(layer, row, length)
        before = np.concatenate([np.zeros((len(paths), 1), int), paths], axis=1)
        for step, i, j in np.ndindex(length, layer.num_tags, layer.num_tags):
            expected = probabilities[(before[:, step] == i) & (paths[:, step] == j)].sum()
            np.testing.assert_allclose(found[step, i, j], expected, atol=1e-5)


@tried_on(15)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 9), min_size=2, max_size=5))
def test_a_sequence_alone_is_as_in_a_padded_batch(seed, lengths):
    random = np.random.default_rng(seed)
    layer, emissions = (
        built(5, legal_iobes(1), random),
        random.normal(size=(len(lengths), 9, 5)).astype("float32") * 5,
    )
    together = layer(emissions, mask=padded(lengths, 9))
    marginals, conditionals = posterior(together)
    for index, length in enumerate(lengths):
        alone = layer(emissions[index : index + 1, :length])
        np.testing.assert_allclose(log_partition(alone)[0], log_partition(together)[index], rtol=1e-5)
        np.testing.assert_array_equal(viterbi(alone)[0], viterbi(together)[index, :length])
        np.testing.assert_allclose(posterior(alone)[0][0], marginals[index, :length], atol=1e-6)
        np.testing.assert_allclose(posterior(alone)[1][0], conditionals[index, :length], atol=1e-6)


@pytest.mark.parametrize("legal", [{}, legal_iobes(1)], ids=["free", "iobes"])
@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_five_thousand_steps_stay_exact(legal, scale):
    random = np.random.default_rng(2)
    layer = built(5, legal, random)
    emissions = (random.normal(size=(2, 5000, 5)) * scale).astype("float32")
    potentials = layer(emissions, mask=padded([5000, 4321], 5000))
    marginals, conditionals = graph(posterior)(potentials)
    totals = graph(log_partition)(potentials).numpy()
    np.testing.assert_allclose(tf.reduce_sum(marginals, axis=-1), np.ones((2, 5000)), atol=1e-6)
    np.testing.assert_allclose(tf.reduce_sum(conditionals, axis=-1), np.ones((2, 5000, 5)), atol=1e-6)
    for index in range(2):
        expected, total = forward_backward(potentials[index])
        np.testing.assert_allclose(marginals[index], expected, atol=1e-4)
        np.testing.assert_allclose(totals[index], total, rtol=1e-5)


def test_the_best_of_five_thousand_tags_stays_the_best():
    random = np.random.default_rng(10)
    potentials = random.normal(size=(1, 5000, 5, 5)).astype("float32") * 4 + 100
    found = graph(viterbi)(potentials).numpy()[0]
    ahead, scores = np.zeros(5), potentials[0].astype("float64")
    for step in range(4999, 0, -1):
        ahead = (scores[step] + ahead).max(axis=1)
    edges = scores[np.arange(5000), np.append(0, found[:-1]), found]
    np.testing.assert_allclose(edges.sum(), (scores[0, 0] + ahead).max(), rtol=1e-10)


@pytest.mark.parametrize("legal", [{}, legal_iobes(1)], ids=["free", "iobes"])
def test_large_scores_stay_exact(legal):
    random = np.random.default_rng(3)
    layer = built(5, legal, random)
    emissions = random.choice([-200.0, 200.0], size=(6, 40, 5)).astype("float32")
    emissions[2:4] = random.uniform(-200, 200, size=(2, 40, 5))
    emissions[4, 7, 2], emissions[5, 0, 2] = 1e4, 1e4
    emissions[4, 30, 0], emissions[5, 39, 0] = -1e4, -1e4
    potentials = layer(emissions)
    marginals, conditionals = (tensor.numpy() for tensor in posterior(potentials))
    assert np.isfinite(conditionals).all()
    np.testing.assert_allclose(marginals.sum(axis=-1), np.ones((6, 40)), atol=1e-5)
    for index in range(6):
        expected, total = forward_backward(potentials[index])
        np.testing.assert_allclose(marginals[index], expected, atol=1e-4 if index < 4 else 2e-3)
        np.testing.assert_allclose(log_partition(potentials)[index], total, rtol=1e-5)
    with tf.GradientTape() as tape:
        tape.watch(potentials)
        loss = CRFLoss()(np.zeros((6, 40)), potentials)
    assert np.isfinite(tape.gradient(loss, potentials)).all()


def test_a_sequence_without_steps_has_one_empty_path():
    potentials = CRF(5)(np.zeros((2, 0, 5), "float32"))
    assert viterbi(potentials).shape == (2, 0)
    assert [tensor.shape for tensor in posterior(potentials)] == [(2, 0, 5), (2, 0, 5, 5)]
    np.testing.assert_allclose(log_partition(potentials), [0, 0], atol=1e-6)
    np.testing.assert_allclose(CRFLoss(reduction=None)(np.zeros((2, 0), int), potentials), [0, 0], atol=1e-6)
