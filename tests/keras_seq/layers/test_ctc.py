"""CTC's scores and its loss: against `tf.nn.ctc_loss`, against all alignments written out, on padding."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from alignments import all_alignments, all_labels, cases, collapsed, mask_of, padded, scores_of
from hypothesis import given
from properties import tried_on

from keras_seq.layers import CTCLoss, CTCScores
from keras_seq.layers.ctc import BLANK, IMPOSSIBLE, steps_needed, steps_of

few = tried_on(25)


def losses(truths, scores):
    return CTCLoss(reduction=None)(truths, scores)


@few
@given(cases())
def test_the_loss_is_the_negative_log_of_the_sum_over_all_alignments(case):
    scores, lengths, truths = case
    sums = [all_labels(row[:length]) for row, length in zip(scores, lengths, strict=True)]
    expected = [-found.get(labels, 0.0) for found, labels in zip(sums, truths, strict=True)]
    np.testing.assert_allclose(losses(padded(truths), scores), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(CTCLoss()(padded(truths), scores), np.mean(expected), rtol=1e-5, atol=1e-5)


def test_loss_and_gradient_are_those_of_tensorflow():
    random = np.random.default_rng(1)
    logits = tf.constant(random.normal(size=(4, 30, 6)) * 3, tf.float32)
    lengths, counts = np.array([30, 30, 17, 25]), np.array([9, 12, 5, 1])
    truths = np.where(mask_of(counts, 12), random.integers(1, 6, size=(4, 12)), 0).astype("int32")
    found, expected = [], []
    for answers in (found, expected):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            if answers is found:
                loss = losses(truths, CTCScores()(logits, mask=mask_of(lengths, 30)))
            else:
                arguments = {"logits_time_major": False, "blank_index": 0}
                loss = tf.nn.ctc_loss(truths, logits, counts, lengths, **arguments)
            weighted = tf.reduce_sum(loss * [1.0, -2.0, 0.5, 3.0])
        answers += [loss, tape.gradient(weighted, logits)]
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
    np.testing.assert_allclose(found[1], expected[1], atol=2e-4)


@few
@given(cases(3))
def test_the_gradient_is_that_of_all_alignments_written_out(case):
    scores, lengths, truths = case
    logits = tf.constant(np.maximum(scores, -10.0))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.reduce_sum(
            losses(padded(truths), CTCScores()(logits, mask=mask_of(lengths, len(scores[0]))))
        )
    found = tape.gradient(loss, logits).numpy()
    for row, length, labels, gradient in zip(logits.numpy(), lengths, truths, found, strict=True):
        probabilities = tf.nn.softmax(tf.constant(row[:length], tf.float64)).numpy()
        paths, totals = all_alignments(np.log(probabilities))
        ours = [place for place, path in enumerate(paths.tolist()) if collapsed(path) == labels]
        expected = np.zeros(row.shape)
        if ours:  # softmax less how often, on an average over the labels' own paths, a class stands at a step
            share = np.exp(totals[ours] - np.logaddexp.reduce(totals[ours]))
            visits = np.einsum("p,ptc->tc", share, np.eye(row.shape[-1])[paths[ours]])
            expected[:length] = probabilities - visits
        np.testing.assert_allclose(gradient, expected, atol=2e-5)


def test_padding_and_neighbours_change_nothing():
    scores, truths = scores_of([6, 3, 0], 6, 4, seed=2), [(1, 2, 2), (3,), ()]
    together = losses(padded(truths), scores).numpy()
    longer = np.concatenate([scores, scores_of([0] * 3, 5, 4)], axis=1)
    np.testing.assert_allclose(losses(padded(truths, 7), longer), together, rtol=1e-6)
    for row, length in enumerate([6, 3, 1]):
        alone = losses(padded(truths[row : row + 1], 1), scores[row : row + 1, :length])
        np.testing.assert_allclose(alone, together[row : row + 1], rtol=1e-6)


def test_padding_is_a_sure_blank_and_the_mask_ends_there():
    logits = np.random.default_rng(3).normal(size=(2, 3, 4)).astype("float32")
    masked = keras.layers.Masking()(np.where(mask_of([3, 1], 3)[..., None], logits, 0))
    scores = CTCScores()(masked)
    assert getattr(scores, "_keras_mask", None) is None
    np.testing.assert_allclose(scores[0], np.log(tf.nn.softmax(logits[0])), rtol=1e-5)
    np.testing.assert_array_equal(scores[1, 1:], [[0.0] + [IMPOSSIBLE] * 3] * 2)
    np.testing.assert_array_equal(steps_of(scores), [3, 1])
    np.testing.assert_array_equal(steps_of(CTCScores()(logits)), [3, 3])


@pytest.mark.parametrize(
    ("labels", "steps"), [((), 0), ((1,), 1), ((1, 2), 2), ((1, 1), 3), ((2, 2, 2, 1), 6), ((1, 2, 1), 3)]
)
def test_labels_that_are_alike_need_a_step_between_them(labels, steps):
    assert steps_needed(padded([labels, (3,)])).numpy().tolist() == [steps, 1]
    for length in range(1, 7):
        paths, _ = all_alignments(np.zeros((length, 3)))
        assert (length >= steps) == any(collapsed(path) == labels for path in paths.tolist())


@pytest.mark.parametrize(("labels", "length"), [((1, 1), 2), ((1, 2, 3), 2), ((1,), 0), ((2, 2, 2), 4)])
def test_labels_too_many_for_the_steps_have_no_loss_and_no_gradient(labels, length):
    logits = tf.constant(np.random.default_rng(4).normal(size=(2, 5, 4)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = losses(padded([labels, (1, 2)]), CTCScores()(logits, mask=mask_of([length, 5], 5)))
    gradient = tape.gradient(loss, logits).numpy()
    assert loss[0] == 0 < loss[1] < 100
    assert not gradient[0].any()
    assert gradient[1].any(axis=-1).all()


def test_a_row_without_labels_is_a_row_of_blanks():
    scores = scores_of([3, 3], 3, 4, seed=5)
    for truths in (padded([(), (1,)]), padded([(), ()]), padded([(), ()], 2)):
        np.testing.assert_allclose(losses(truths, scores)[0], -scores[0, :, BLANK].sum(), rtol=1e-5)


def test_half_precision_ends_at_the_scores():
    logits = np.random.default_rng(6).normal(size=(1, 3, 4)).astype("float16")
    keras.config.set_dtype_policy("mixed_float16")
    try:
        scores = CTCScores()(logits)
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_allclose(scores, tf.nn.log_softmax(tf.cast(logits, tf.float32)), rtol=1e-6)


def test_training_learns_labels_that_nothing_aligns():
    """A symbol is heard for some steps, silence or not between; the labels alone are told."""
    keras.utils.set_random_seed(7)
    random = np.random.default_rng(7)
    symbols = np.repeat(random.integers(1, 4, size=(256, 4)), 3, axis=1)
    truths = padded([collapsed(row) for row in symbols.tolist()])
    inputs = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(4, 16)(inputs)
    states = keras.layers.Conv1D(16, 3, activation="relu", padding="same")(states)
    model = keras.Model(inputs, CTCScores()(keras.layers.Dense(4)(states)))
    model.compile(keras.optimizers.Adam(0.02), CTCLoss())
    model.fit(symbols, truths, batch_size=16, epochs=6, verbose=0)
    best = model.predict(symbols[:50], verbose=0).argmax(-1)
    assert [collapsed(path) for path in best.tolist()] == [collapsed(row) for row in symbols[:50].tolist()]


def test_a_long_silence_has_the_probability_of_its_steps():
    """Where a step says almost surely nothing, what is left is not lost beside it."""
    logits = np.zeros((1, 2000, 28), "float32")
    logits[..., BLANK] = 17.0
    expected = -2000 * np.log1p(27 * np.exp(-17.0))
    np.testing.assert_allclose(
        CTCScores()(logits)[..., BLANK].numpy().sum(dtype="float64"), expected, rtol=1e-5
    )


def test_scores_are_log_softmax_with_its_gradient():
    logits = tf.constant(np.random.default_rng(1).normal(size=(2, 3, 5)) * 5, tf.float32)
    weights = tf.constant(np.random.default_rng(2).normal(size=(2, 3, 5)), tf.float32)
    found = []
    for scores in (CTCScores(), tf.nn.log_softmax):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            answer = scores(logits)
            loss = tf.reduce_sum(weights * answer)
        found.append((answer, tape.gradient(loss, logits)))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
