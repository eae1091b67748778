"""Prefix beam search: against all labels written out, against a plain rendering with dicts, rows alone, in
graphs.
"""

import functools
import itertools

import numpy as np
import pytest
import tensorflow as tf
from alignments import all_labels, scores_of
from sentences import NUM_CLASSES, NUM_PIECES, Plain, layer_of, model_by_chance, of_pieces

from keras_seq.decoding import NO_HYPOTHESIS
from keras_seq.decoding.ctc_search import NBest, beam_search

NGRAMS = model_by_chance(1, 3)
MODEL, PLAIN = layer_of(NGRAMS), Plain(NGRAMS)
MODELS = {True: (MODEL, PLAIN), "pieces": of_pieces(NGRAMS)}
ALONE_AND_FUSED = pytest.mark.parametrize(
    "fused", [False, True, "pieces"], ids=["alone", "language model", "pieces"]
)
WEIGHTS = {"weight": 0.7, "word_bonus": 0.4, "unknown_bonus": -0.3}


@functools.cache
def graph(classes, beam_width, n_best, fused, labels_per_step):
    def search(scores):
        options = {"language_model": MODELS[fused][0], **WEIGHTS} if fused else {}
        return beam_search(scores, beam_width, n_best, labels_per_step=labels_per_step, **options)

    return tf.function(search, [tf.TensorSpec([None, None, classes])], autograph=False)


def searched(scores, beam_width, n_best=1, fused=False, labels_per_step=None):
    """The result of a search in a graph, in NumPy."""
    search = graph(scores.shape[-1], beam_width, n_best, fused, labels_per_step)
    return NBest(*(tensor.numpy() for tensor in search(scores)))


def hypotheses(found, row):
    """Labels and numbers of a row's hypotheses, without empty places."""
    rows = zip(*(tensor[row] for tensor in found), strict=True)
    return [(tuple(labels[labels > 0].tolist()), *rest) for labels, *rest in rows if rest[0] > NO_HYPOTHESIS]


def added(labels, fused):
    """What a language model adds, and what it says."""
    said = MODELS[fused][1](labels) if fused else (0.0, 0, 0)
    return sum(part * one for part, one in zip(WEIGHTS.values(), said, strict=True)), said


def classes(fused):
    return NUM_PIECES if fused == "pieces" else NUM_CLASSES


def assert_hypotheses(found, expected):
    """The same labels with the same numbers, but for the order of what is equal to rounding."""
    assert len(found) == len(expected)
    np.testing.assert_allclose([one[1] for one in found], [one[1] for one in expected], rtol=1e-5, atol=1e-5)
    numbers = {one[0]: one[1:] for one in expected}
    for labels, *ours in found:
        np.testing.assert_allclose(ours, numbers[labels], rtol=1e-5, atol=1e-5)


@ALONE_AND_FUSED
def test_a_beam_for_all_labels_finds_all_with_the_sums_over_their_paths(fused):
    lengths = [5, 3, 0, 1, 4]
    scores = scores_of(lengths, 6, classes(fused), seed=1)
    every = [all_labels(row[:length]) for row, length in zip(scores, lengths, strict=True)]
    width = max(map(len, every)) + 3
    found = searched(scores, width, width, fused)
    for row, sums in enumerate(every):
        expected = []
        for labels, log_probability in sums.items():
            more, said = added(labels, fused)
            expected.append((labels, log_probability + more, log_probability, *said))
        assert_hypotheses(hypotheses(found, row), sorted(expected, key=lambda one: -one[1]))
        assert (np.diff(found.scores[row]) <= 0).all()


def plain_search(scores, width, fused=False, labels_per_step=None):
    """Hannun et al. 2014 with a dict of prefixes, as it is told: prefix -> log of the sums of both kinds of
    paths.
    """

    def value(prefix, sums):
        """What the beam is ordered by; of a word that goes on, a new letter counts from the next step on."""
        if not fused:
            return np.logaddexp(*sums)
        plain = MODELS[fused][1]
        finished = prefix[: plain.last_begin(prefix)]
        log_probability, words, unknown = plain(finished)
        log_probability -= plain.of_the_end(finished)  # which has not come yet
        begun = prefix[len(finished) :]
        if prefix not in beam:
            begun = begun[:-1]
        outlook, is_known = plain.outlook(begun)
        parts = (log_probability + outlook, words + bool(begun), unknown + (not is_known))
        return np.logaddexp(*sums) + sum(
            part * one for part, one in zip(WEIGHTS.values(), parts, strict=True)
        )

    beam = {(): (0.0, -np.inf)}
    for now in scores.astype("float64"):
        tried = sorted(range(1, len(now)), key=lambda label: -now[label])[:labels_per_step]
        found = {}

        def add(prefix, blank=-np.inf, label=-np.inf, found=found):
            before = found.get(prefix, (-np.inf, -np.inf))
            found[prefix] = (np.logaddexp(before[0], blank), np.logaddexp(before[1], label))

        for prefix, (blank, label) in beam.items():
            both = np.logaddexp(blank, label)
            add(prefix, blank=both + now[0], label=label + now[prefix[-1]] if prefix else -np.inf)
            for new in range(1, len(now)):
                if new in tried or (*prefix, new) in beam:
                    add((*prefix, new), label=(blank if prefix[-1:] == (new,) else both) + now[new])
        possible = [item for item in found.items() if max(item[1]) > -np.inf]
        beam = dict(sorted(possible, key=lambda item: -value(*item))[:width])
    results = []
    for prefix, sums in beam.items():
        more, said = added(prefix, fused)
        results.append((prefix, np.logaddexp(*sums) + more, np.logaddexp(*sums), *said))
    return sorted(results, key=lambda one: -one[1])


@ALONE_AND_FUSED
@pytest.mark.parametrize(("width", "labels_per_step"), [(1, None), (2, None), (3, 2), (7, None), (7, 1)])
def test_a_narrow_beam_follows_what_a_plain_search_does(fused, width, labels_per_step):
    scores = scores_of([12, 9, 12, 4], 12, classes(fused), seed=width, scale=1.5)
    found = searched(scores, width, width, fused, labels_per_step)
    for row, length in enumerate([12, 9, 12, 4]):
        expected = plain_search(scores[row, :length], width, fused, labels_per_step)
        assert_hypotheses(hypotheses(found, row), expected)


def test_a_prefix_is_one_however_it_came_into_the_beam():
    """Also where it fell out, and what continues it did not."""
    for seed in range(40):
        scores = scores_of([8], 8, 3, seed=100 + seed, scale=3.0)
        found = hypotheses(searched(scores, 3, 3), 0)
        assert len({labels for labels, *_ in found}) == len(found)
        assert_hypotheses(found, plain_search(scores[0], 3))


def test_a_row_alone_is_as_in_a_padded_batch():
    lengths = [40, 17, 0, 1, 33]
    scores = scores_of(lengths, 45, NUM_CLASSES, seed=3)
    together = searched(scores, 8, 4, fused=True)
    for row, length in enumerate(lengths):
        alone = searched(scores[row : row + 1, :length], 8, 4, fused=True)
        assert_hypotheses(hypotheses(alone, 0), hypotheses(together, row))
        assert [one[0] for one in hypotheses(alone, 0)] == [one[0] for one in hypotheses(together, row)]


@ALONE_AND_FUSED
def test_a_batch_may_have_no_rows_and_no_steps(fused):
    for batch, time in [(0, 4), (2, 0), (0, 0)]:
        found = searched(scores_of([time] * batch, time, classes(fused)), 7, 7, fused)
        assert found.labels.shape == (batch, 7, 0)
        assert found.scores.shape == (batch, 7)
        for row in range(batch):
            assert [labels for labels, *_ in hypotheses(found, row)] == [()]


def test_a_graph_may_know_its_shapes():
    scores = scores_of([6, 3], 6, NUM_CLASSES, seed=7)
    expected = searched(scores, 7, 7, fused=True)
    for shape in [[2, 6, NUM_CLASSES], [2, None, NUM_CLASSES], [None, 6, None]]:
        search = tf.function(
            lambda scores: beam_search(scores, 7, 7, MODEL, **WEIGHTS),
            [tf.TensorSpec(shape)],
            autograph=False,
        )
        for ours, theirs in zip(search(scores), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, -np.inf, np.inf])
def test_a_row_of_no_numbers_leaves_its_neighbours_alone(bad):
    scores = scores_of([6, 6], 6, NUM_CLASSES, seed=4)
    expected = hypotheses(searched(scores, 7, 7, fused=True), 1)
    scores[0] = bad
    found = searched(scores, 7, 7, fused=True)
    assert_hypotheses(hypotheses(found, 1), expected)
    assert (found.labels[0] < NUM_CLASSES).all()


def test_places_for_which_nothing_was_found_are_empty():
    found = searched(scores_of([1, 0], 3, 3, seed=5), 9, 9)
    assert [len(hypotheses(found, row)) for row in range(2)] == [3, 1]
    assert not found.labels[1].any()
    assert (found.scores[1, 1:] == NO_HYPOTHESIS).all()
    assert not np.any([part[1, 1:] for part in found[2:]])


def test_weights_may_change_without_another_trace():
    weight, bonus, traces = tf.Variable(0.0), tf.Variable(0.0), []

    @tf.function(input_signature=[tf.TensorSpec([None, None, NUM_CLASSES])], autograph=False)
    def search(scores):
        traces.append(1)
        return beam_search(scores, 6, 6, MODEL, weight, bonus)

    scores = scores_of([9, 9], 9, NUM_CLASSES, seed=6)
    for values in [(0.0, 0.0), (1.5, 0.0), (0.5, 2.0)]:
        weight.assign(values[0])
        bonus.assign(values[1])
        found = NBest(*(tensor.numpy() for tensor in search(scores)))
        total = found.log_probability + values[0] * found.language + values[1] * found.words
        np.testing.assert_allclose(found.scores, total, rtol=1e-5)
        for row, rank in itertools.product(range(2), range(6)):
            labels = found.labels[row, rank]
            said = PLAIN(labels[labels > 0].tolist())
            parts = [part[row, rank] for part in (found.language, found.words, found.unknown)]
            np.testing.assert_allclose(parts, said, rtol=1e-5)
    assert len(traces) == 1


def test_more_answers_than_the_beam_has_are_refused():
    for n_best in (0, 5):
        with pytest.raises(ValueError, match=f"n_best: expected 1 to 4, the beam width, given {n_best}"):
            beam_search(tf.zeros([1, 2, 3]), 4, n_best)
