"""No n-gram twice: against a search written out by hand, in which a sequence that repeats one is crossed out."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.decoding import NO_HYPOTHESIS, Hypotheses, beam_search, greedy, sample
from keras_seq.decoding.repeats import blocked

START, END, VOCABULARY, FASTER = 0, 1, 5, 0.07
LIMITS = [6, 3, 5]


def tables(seed, rows=3):
    """Of each row the logits of the next token by the last one, which like to go round in circles."""
    logits = np.random.default_rng(seed).normal(0, 2, (rows, VOCABULARY, VOCABULARY))
    logits[..., END] -= 2
    return logits.astype("float32")


def step(tokens, state, memory):
    """The logits grow with time, so that no two orders of the same pairs have one score."""
    return tf.gather(memory, tokens, batch_dims=1) * state, state + FASTER, None


def searched(search, logits, limits=LIMITS, **options):
    def call(logits, limits):
        own = {"keys": tf.range(tf.size(limits), dtype=tf.int64)} if search is sample else {}
        state = tf.ones([tf.size(limits), 1])
        return search(step, state, logits, start=START, end=END, limits=limits, **options, **own)

    signature = [tf.TensorSpec([None, VOCABULARY, VOCABULARY]), tf.TensorSpec([None], tf.int32)]
    graph = tf.function(call, signature, autograph=False)
    return Hypotheses(*(tensor.numpy() for tensor in graph(logits, np.int32(limits))))


def repeats(sequence, ngram):
    """Whether an n-gram of tokens, the end not among them, stands twice."""
    grams = [tuple(sequence[place : place + ngram]) for place in range(len(sequence) - ngram + 1)]
    return len(set(grams)) < len(grams)


def log_probability(table, sequence):
    steps = enumerate(itertools.pairwise([START, *sequence]))
    return sum(log_softmax(table[last] * (1 + FASTER * time))[token] for time, (last, token) in steps)


def log_softmax(scores):
    return scores - np.log(np.exp(scores).sum())


def beams_by_hand(table, limit, width, ngram):
    """The shrinking beam of `decoding.search`: `(log-probability, sequence)`, best first."""
    live, done = [(0.0, [])], []
    while live and len(done) < width:
        longer = [[*head, token] for _, head in live for token in range(VOCABULARY)]
        scored = [(log_probability(table, one), one) for one in longer if not repeats(one, ngram)]
        taken = sorted(scored, key=lambda pair: -pair[0])[: width - len(done)]
        done += [pair for pair in taken if pair[1][-1] == END or len(pair[1]) == limit]
        live = [pair for pair in taken if not (pair[1][-1] == END or len(pair[1]) == limit)]
    return sorted(done, key=lambda pair: -pair[0])


def sequences(found, row):
    return [
        tokens[:length].tolist() for tokens, length in zip(found.tokens[row], found.lengths[row], strict=True)
    ]


def without_end(sequence):
    return sequence[:-1] if sequence[-1] == END else sequence


@pytest.mark.parametrize("ngram", [1, 2, 3])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_search_is_that_of_the_sequences_without_repeats(width, ngram):
    changed = 0
    for seed in range(2):
        logits = tables(seed)
        found = searched(beam_search, logits, width=width, no_repeat_ngram=ngram)
        free = searched(beam_search, logits, width=width)
        for row, limit in enumerate(LIMITS):
            expected = beams_by_hand(logits[row], limit, width, ngram)
            assert sequences(found, row)[: len(expected)] == [without_end(one) for _, one in expected]
            scores = [score for score, _ in expected]
            np.testing.assert_allclose(found.scores[row][: len(expected)], scores, rtol=1e-4, atol=1e-5)
            assert set(found.scores[row][len(expected) :]) <= {NO_HYPOTHESIS}
            changed += sequences(found, row) != sequences(free, row)
    assert changed, "the rule has something to do here"


@pytest.mark.parametrize("ngram", [1, 2, 3])
def test_a_beam_as_wide_as_all_beginnings_finds_the_best_of_all_sequences_without_repeats(ngram):
    logits, limit = tables(7, rows=2), 4
    found = searched(beam_search, logits, [limit] * 2, width=4**3, no_repeat_ngram=ngram)
    others = [token for token in range(VOCABULARY) if token != END]
    every = [[*head, END] for count in range(limit) for head in itertools.product(others, repeat=count)]
    every += map(list, itertools.product(others, repeat=limit))
    for row in range(2):
        allowed = [one for one in every if not repeats(without_end(one), ngram)]
        best = max(allowed, key=lambda one: log_probability(logits[row], one))
        assert sequences(found, row)[0] == without_end(best)
        np.testing.assert_allclose(
            found.log_probabilities[row, 0], log_probability(logits[row], best), rtol=1e-4
        )


@pytest.mark.parametrize("options", [{}, {"top_k": 4}, {"temperature": 2.0}], ids=["all", "top_k", "hot"])
@pytest.mark.parametrize("ngram", [1, 2])
def test_what_is_drawn_has_no_repeats_and_the_models_own_probability(ngram, options):
    logits = np.repeat(tables(3, rows=1), 40, axis=0)
    found = searched(sample, logits, [8] * 40, seed=4, no_repeat_ngram=ngram, **options)
    drawn = [one for row in range(40) for one in sequences(found, row)]
    assert not any(repeats(one, ngram) for one in drawn)
    assert len({tuple(one) for one in drawn}) > 5
    for row, one in enumerate(drawn):
        whole = one if len(one) == 8 else [*one, END]
        assert found.counts[row, 0] == len(whole)
        np.testing.assert_allclose(
            found.scores[row, 0], log_probability(logits[row], whole), rtol=1e-4, atol=1e-5
        )


def test_sampling_from_the_one_best_token_is_greedy():
    logits = tables(5)
    drawn = searched(sample, logits, seed=1, top_k=1, no_repeat_ngram=2)
    for one, other in zip(drawn, searched(greedy, logits, no_repeat_ngram=2), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_row_alone_is_as_in_a_batch():
    logits = tables(2)
    together = searched(beam_search, logits, width=3, no_repeat_ngram=2)
    for row, limit in enumerate(LIMITS):
        alone = searched(beam_search, logits[row : row + 1], [limit], width=3, no_repeat_ngram=2)
        assert sequences(alone, 0) == sequences(together, row)
        np.testing.assert_allclose(alone.scores[0], together.scores[row], rtol=1e-5)


def test_a_batch_without_rows_and_one_run_eagerly():
    assert searched(beam_search, tables(1)[:0], [], width=2, no_repeat_ngram=3).scores.shape == (0, 2)
    logits, options = tables(2), {"width": 2, "no_repeat_ngram": 2}
    state, rules = tf.ones([3, 1]), {"start": START, "end": END, "limits": LIMITS}
    eager = beam_search(step, state, tf.constant(logits), **rules, **options)
    np.testing.assert_array_equal(eager.tokens, searched(beam_search, logits, **options).tokens)


@pytest.mark.parametrize("ngram", [0, 2])
@pytest.mark.parametrize(
    ("search", "options"), [(greedy, {}), (beam_search, {"width": 3})], ids=["greedy", "beams"]
)
def test_without_the_rule_the_graph_has_nothing_of_it(search, options, ngram):
    @tf.function(input_signature=[tf.TensorSpec([None, VOCABULARY, VOCABULARY])], autograph=False)
    def graph(logits):
        limits, state = tf.fill([tf.shape(logits)[0]], 5), tf.ones([tf.shape(logits)[0], 1])
        rules = {"start": START, "end": END, "limits": limits, "no_repeat_ngram": ngram}
        return search(step, state, logits, **rules, **options).tokens

    library = graph.get_concrete_function().graph.as_graph_def().library
    ops = {node.op for function in library.function for node in function.node_def}
    assert ("TensorScatterUpdate" in ops) == bool(ngram)


@pytest.mark.parametrize(
    ("history", "ngram", "expected"),
    [
        ([2, 3, 2], 1, {2, 3}),
        ([-1, 2, 3, 4, 2], 2, {3}),
        ([-1, 2, 3, 2, 4, 2], 2, {3, 4}),
        ([-1, -1, 2, 3, 4, 2, 3], 3, {4}),
        ([-1, -1, 2, 3], 3, set()),
        ([-1], 2, set()),
        ([], 1, set()),
    ],
    ids=str,
)
def test_which_tokens_are_blocked(history, ngram, expected):
    history = tf.reshape(tf.constant(history, tf.int32), [1, 1, -1])
    logits = blocked(tf.zeros([1, 1, VOCABULARY]), history, ngram)
    assert set(np.flatnonzero(np.isneginf(logits[0, 0]))) == expected
