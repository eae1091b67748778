"""Searches: against all sequences written out, a beam search in NumPy, rows alone, and what is computed at
all.
"""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.decoding import LEAST_COVERAGE, NO_HYPOTHESIS, Hypotheses, beam_search, greedy, sample

START, END = 0, 1


class Model:
    """A small recurrent model: every score depends on all tokens before it and on the source.

    With `shows_token` the attention is the last token, one-hot; otherwise a softmax over the source.
    """

    def __init__(self, vocabulary, seed=0, units=6, scale=2.0, shows_token=False):
        random = np.random.default_rng(seed)
        shapes = [(vocabulary, units), (units, units), (units, units), (units, vocabulary)]
        self.weights = [random.normal(size=shape).astype("float32") for shape in shapes]
        self.vocabulary, self.scale, self.shows_token = vocabulary, scale, shows_token

    def step(self, tokens, state, memory):
        embedding, recurrent, looking, output = (tf.constant(weight) for weight in self.weights)
        (hidden,), (values, mask) = state["hidden"], memory
        hidden = tf.tanh(tf.gather(embedding, tokens) + tf.einsum("rwu,uv->rwv", hidden, recurrent))
        scores = tf.einsum("rwu,rsu->rws", tf.einsum("rwu,uv->rwv", hidden, looking), values)
        attention = tf.nn.softmax(tf.where(mask[:, None], scores, -1e9))
        seen = hidden + tf.einsum("rws,rsu->rwu", attention, values)
        if self.shows_token:
            attention = tf.one_hot(tokens, self.vocabulary)
        return self.scale * tf.einsum("rwu,uv->rwv", seen, output), {"hidden": [hidden]}, attention

    def walk(self, hidden, values, mask, sequence):
        """In NumPy: the log-probability of every token of a sequence, and where the model looked for it."""
        embedding, recurrent, looking, output = (weight.astype("float64") for weight in self.weights)
        scores, attention, last = [], [], START
        for token in sequence:
            hidden = np.tanh(embedding[last] + hidden @ recurrent)
            looked = softmax(np.where(mask, values @ (hidden @ looking), -np.inf))
            probabilities = softmax(self.scale * (hidden + looked @ values) @ output)
            attention.append(np.eye(self.vocabulary)[last] if self.shows_token else looked)
            scores.append(np.log(probabilities[token]))
            last = token
        return np.array(scores), np.array(attention)


def softmax(scores):
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


def inputs(lengths, seed=1, units=6):
    """State and memory of as many rows as there are source lengths."""
    random = np.random.default_rng(seed)
    rows, source = len(lengths), max(lengths, default=3)
    hidden = random.normal(size=(rows, units)).astype("float32")
    values = random.normal(size=(rows, source, units)).astype("float32")
    return {"hidden": [hidden]}, (values, np.arange(source) < np.reshape(lengths, [-1, 1]))


def row_of(state, memory, row):
    """Hidden state, values and mask of one row."""
    return state["hidden"][0][row], memory[0][row], memory[1][row]


def only(row, length, state, memory):
    """A batch of one row, its source without padding."""
    keep = slice(row, row + 1)
    return {"hidden": [state["hidden"][0][keep]]}, (memory[0][keep, :length], memory[1][keep, :length])


def in_graph(search, model, **options):
    """A search as a graph, for rows, source and limits of any number; the result in NumPy."""

    def call(state, memory, limits, keys):
        own = {"keys": keys} if search is sample else {}
        own |= {"memory_mask": memory[1]} if "coverage_penalty" in options else {}
        return search(model.step, state, memory, start=START, end=END, limits=limits, **options, **own)

    signature = (
        {"hidden": [tf.TensorSpec([None, 6])]},
        (tf.TensorSpec([None, None, 6]), tf.TensorSpec([None, None], tf.bool)),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([None], tf.int64),
    )
    graph = tf.function(call, input_signature=signature, autograph=False)

    def found(state, memory, limits, keys=None):
        state, memory = tf.nest.map_structure(tf.constant, (state, memory))
        keys = np.arange(len(limits)) if keys is None else np.asarray(keys)
        return Hypotheses(*(tensor.numpy() for tensor in graph(state, memory, np.int32(limits), keys)))

    return found


def all_sequences(vocabulary, limit):
    """Every sequence that ends, and every one cut at the limit."""
    others = [token for token in range(vocabulary) if token != END]
    ending = ([*head, END] for length in range(limit) for head in itertools.product(others, repeat=length))
    return [*ending, *(list(cut) for cut in itertools.product(others, repeat=limit))]


def penalised(scores, attention, mask, length_penalty=0.0, coverage_penalty=0.0):
    """Wu et al. 2016, equation 14."""
    coverage = np.log(np.clip(attention.sum(axis=0), LEAST_COVERAGE, 1))[mask].sum()
    return scores.sum() / ((5 + len(scores)) / 6) ** length_penalty + coverage_penalty * coverage


def written_out(model, row, limit, **penalties):
    """`(score, sequence)` of all sequences, best first."""
    scored = []
    for sequence in all_sequences(model.vocabulary, limit):
        scores, attention = model.walk(*row, sequence)
        scored.append((penalised(scores, attention, row[2], **penalties), sequence))
    return sorted(scored, key=lambda pair: -pair[0])


def beams_by_hand(model, row, limit, width):
    """The shrinking beam from its description: `(log-probability, sequence)`, best first."""
    live, done = [(0.0, [])], []
    while live and len(done) < width:
        longer = []
        for _, sequence in live:
            for token in range(model.vocabulary):
                longer.append((model.walk(*row, [*sequence, token])[0].sum(), [*sequence, token]))
        taken = sorted(longer, key=lambda pair: -pair[0])[: width - len(done)]
        done += [pair for pair in taken if pair[1][-1] == END or len(pair[1]) == limit]
        live = [pair for pair in taken if not (pair[1][-1] == END or len(pair[1]) == limit)]
    return sorted(done, key=lambda pair: -pair[0])


def sequences(found, row):
    """The hypotheses of a row as lists, without the end token."""
    return [
        list(tokens[:length]) for tokens, length in zip(found.tokens[row], found.lengths[row], strict=True)
    ]


def without_end(sequence):
    return sequence[:-1] if sequence[-1] == END else sequence


def assert_alike(found, expected):
    for name, one, other in zip(Hypotheses._fields, found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("seed", range(3))
def test_greedy_takes_the_most_probable_token_until_the_end_or_the_limit(seed):
    model, (state, memory), limits = Model(7, seed), inputs([3, 2, 4, 1]), [5, 1, 9, 3]
    found = in_graph(greedy, model)(state, memory, limits)
    for index, limit in enumerate(limits):
        [(score, sequence)] = beams_by_hand(model, row_of(state, memory, index), limit, width=1)
        assert sequences(found, index) == [without_end(sequence)]
        np.testing.assert_allclose(found.scores[index], [score], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_of_one_is_greedy(seed):
    model, (state, memory) = Model(7, seed), inputs([3, 2, 4, 1])
    found = in_graph(beam_search, model, width=1)(state, memory, [5, 1, 9, 3])
    assert_alike(found, in_graph(greedy, model)(state, memory, [5, 1, 9, 3]))


@pytest.mark.parametrize(("vocabulary", "width"), [(4, 2), (4, 3), (6, 5), (3, 8), (700, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_beams_are_those_of_the_description(vocabulary, width, seed):
    model, (state, memory), limits = Model(vocabulary, seed), inputs([3, 1, 2], seed), [4, 5, 1]
    found = in_graph(beam_search, model, width=width)(state, memory, limits)
    for index, limit in enumerate(limits):
        expected = beams_by_hand(model, row_of(state, memory, index), limit, width)
        assert sequences(found, index)[: len(expected)] == [without_end(sequence) for _, sequence in expected]
        scores = [score for score, _ in expected]
        np.testing.assert_allclose(found.scores[index][: len(expected)], scores, rtol=1e-4, atol=1e-5)
        assert set(found.scores[index][len(expected) :]) <= {NO_HYPOTHESIS}
        assert not found.lengths[index][len(expected) :].any()


@pytest.mark.parametrize("limit", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_as_wide_as_all_beginnings_finds_the_best_of_all_sequences(limit, seed):
    model, (state, memory) = Model(4, seed), inputs([3])
    found = in_graph(beam_search, model, width=4 ** (limit - 1))(state, memory, [limit])
    score, sequence = written_out(model, row_of(state, memory, 0), limit)[0]
    assert sequences(found, 0)[0] == without_end(sequence)
    np.testing.assert_allclose(found.scores[0, 0], score, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "penalties", [{}, {"length_penalty": 1.0}, {"length_penalty": 0.6, "coverage_penalty": 0.5}]
)
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_for_all_sequences_has_them_in_the_order_of_their_penalised_scores(penalties, seed):
    model, (state, memory) = Model(3, seed, scale=1.0), inputs([4, 2])
    width = len(all_sequences(3, 4)) + 2
    found = in_graph(beam_search, model, width=width, **penalties)(state, memory, [4, 4])
    for index in range(2):
        expected = written_out(model, row_of(state, memory, index), 4, **penalties)
        assert sequences(found, index) == [*(without_end(sequence) for _, sequence in expected), [], []]
        np.testing.assert_allclose(
            found.scores[index][:-2], [score for score, _ in expected], rtol=1e-4, atol=1e-5
        )
        assert list(found.scores[index][-2:]) == [NO_HYPOTHESIS] * 2
    assert all(np.isfinite(tensor).all() for tensor in found)


def test_penalties_change_which_sequence_is_best():
    model, (state, memory) = Model(3, 1, scale=1.0), inputs([4, 2])
    best = {
        str(sequences(in_graph(beam_search, model, width=16, **penalties)(state, memory, [6, 6]), 0)[0])
        for penalties in ({}, {"length_penalty": 2.0}, {"coverage_penalty": 3.0})
    }
    assert len(best) > 1


@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_beam_of_one_has_penalties_too(width):
    model, (state, memory) = Model(6, 3), inputs([4])
    penalties = {"length_penalty": 0.8, "coverage_penalty": 0.3}
    found = in_graph(beam_search, model, width=width, **penalties)(state, memory, [5])
    for place in range(width):
        sequence = sequences(found, 0)[place]
        sequence += [END] if len(sequence) < 5 else []
        scores, attention = model.walk(*row_of(state, memory, 0), sequence)
        expected = penalised(scores, attention, memory[1][0], **penalties)
        np.testing.assert_allclose(found.scores[0, place], expected, rtol=1e-4, atol=1e-5)
    assert (np.diff(found.scores[0]) <= 0).all()


@pytest.mark.parametrize("shows_token", [False, True], ids=["looks", "shows its token"])
@pytest.mark.parametrize("width", [1, 5])
def test_scores_and_attention_are_those_of_their_own_hypothesis(width, shows_token):
    model, (state, memory), limits = Model(6, 4, shows_token=shows_token), inputs([3, 4, 2, 4]), [2, 7, 5, 9]
    found = in_graph(beam_search, model, width=width)(state, memory, limits)
    np.testing.assert_allclose(found.token_scores.sum(axis=-1), found.log_probabilities, rtol=1e-5, atol=1e-5)
    for index, place in np.ndindex(4, width):
        sequence = sequences(found, index)[place]
        sequence += [END] if len(sequence) < limits[index] else []
        scores, attention = model.walk(*row_of(state, memory, index), sequence)
        count = len(sequence)
        np.testing.assert_allclose(found.token_scores[index, place, :count], scores, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.attention[index, place, :count], attention, rtol=1e-4, atol=1e-5)
        assert not found.token_scores[index, place, count:].any()
        assert not found.attention[index, place, count:].any()
        assert not found.tokens[index, place, len(without_end(sequence)) :].any()


SEARCHES = [
    (greedy, {}),
    (beam_search, {"width": 3, "length_penalty": 0.7}),
    (sample, {"seed": 5, "temperature": 1.3}),
    (sample, {"seed": 5, "top_k": 3}),
]


@pytest.mark.parametrize(("search", "options"), SEARCHES, ids=["greedy", "beams", "sample", "top_k"])
def test_a_row_alone_is_as_in_a_batch(search, options):
    lengths, limits, keys = [4, 1, 3, 2, 4, 4], [3, 12, 1, 7, 9, 2], np.arange(6) * 2**40
    model, (state, memory) = Model(6, 2, scale=0.7), inputs(lengths)
    found = in_graph(search, model, **options)
    together = found(state, memory, limits, keys)
    for index, length in enumerate(lengths):
        own = slice(index, index + 1)
        alone = found(*only(index, length, state, memory), limits[own], keys[own])
        time = alone.tokens.shape[2]
        expected = [tensor[own] for tensor in together]
        assert not any(tensor[:, :, time:].any() for tensor in expected if tensor.ndim > 2)
        expected = [tensor[:, :, :time] if tensor.ndim > 2 else tensor for tensor in expected]
        assert_alike(alone, [*expected[:-1], expected[-1][..., :length]])


def test_pad_stands_behind_the_tokens():
    model, (state, memory) = Model(6, 2), inputs([4, 1])
    found = in_graph(greedy, model, pad=-1)(state, memory, [1, 4])
    for tokens, length in zip(found.tokens[:, 0], found.lengths[:, 0], strict=True):
        assert set(tokens[length:]) <= {-1}
        assert -1 not in tokens[:length]
    assert -1 in found.tokens


def watched(model, seen):
    """The model, noting the number of rows of all it is given at every step."""

    class Watched:
        @staticmethod
        def step(tokens, state, memory):
            rows = [tf.shape(tensor)[0] for tensor in tf.nest.flatten((tokens, state, memory))]
            tf.py_function(lambda rows: seen.append(rows.numpy().tolist()), [tf.stack(rows)], [])
            return model.step(tokens, state, memory)

    return Watched


@pytest.mark.parametrize(("search", "options"), SEARCHES[:2], ids=["greedy", "beams"])
def test_done_rows_are_not_computed_and_the_memory_is_not_repeated(search, options):
    limits, seen = [2, 20, 2, 2, 5, 5, 2, 2], []
    model, (state, memory) = Model(50, 2, scale=0.1), inputs([4] * 8)
    found = in_graph(search, watched(model, seen), **options)(state, memory, limits)
    counts = found.attention.any(axis=-1).sum(axis=-1).max(axis=-1)
    assert all(len(set(rows)) == 1 for rows in seen)
    assert len(seen) == max(counts)
    needed = [int((counts > time).sum()) for time in range(len(seen))]
    for rows, need in zip(seen, needed, strict=True):
        assert need <= rows[0]
        assert need > 0.75 * rows[0]
    assert seen[0][0] == 8 > seen[-1][0]


def test_sampling_follows_the_probabilities():
    probabilities, rows = np.array([0.1, 0.2, 0.3, 0.0, 0.4]), 4000

    def step(tokens, state, memory):
        logits = tf.math.log(tf.constant(probabilities, tf.float32))
        return tf.broadcast_to(logits, [tf.shape(tokens)[0], 1, 5]), (), tf.zeros([tf.shape(tokens)[0], 1, 1])

    def shares(expected, **options):
        def draw():
            return sample(
                step, (), (), start=0, end=9, limits=[2] * rows, keys=np.arange(rows), seed=3, **options
            )

        found = Hypotheses(*(tensor.numpy() for tensor in tf.function(draw, autograph=False)()))
        first, second = (
            np.bincount(found.tokens[:, 0, 0], minlength=5),
            np.bincount(found.tokens[:, 0, 1], minlength=5),
        )
        assert not np.array_equal(found.tokens[:, 0, 0], found.tokens[:, 0, 1])
        for counts in (first, second):
            np.testing.assert_allclose(counts / rows, expected, atol=5 * 0.5 / np.sqrt(rows))
            assert not counts[np.equal(expected, 0)].any()
        chosen = probabilities[found.tokens[:, 0]]
        np.testing.assert_allclose(np.exp(found.token_scores[:, 0]), chosen, rtol=1e-4)

    shares(probabilities)
    shares(probabilities**2 / (probabilities**2).sum(), temperature=0.5)
    shares(np.array([0, 0, 3, 0, 4]) / 7, top_k=2)


def test_the_seed_and_the_key_decide_what_is_drawn():
    model, (state, memory) = Model(20, 2, scale=0.1), inputs([4] * 6)
    state["hidden"][0][:], memory[0][:] = state["hidden"][0][0], memory[0][0]

    def tokens(seed, keys):
        return in_graph(sample, model, seed=seed)(state, memory, [30] * 6, keys).tokens

    first, again, other = (
        tokens(1, [1, 2, 3, 4, 5, 1]),
        tokens(1, [1, 2, 3, 4, 5, 1]),
        tokens(2, [1, 2, 3, 4, 5, 1]),
    )
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()
    np.testing.assert_array_equal(first[0], first[5])
    assert len({row.tobytes() for row in first}) == 5


@pytest.mark.parametrize("seed", range(3))
def test_sampling_from_the_one_best_token_is_greedy(seed):
    model, (state, memory) = Model(7, seed), inputs([3, 2, 4])
    found = in_graph(sample, model, seed=0, top_k=1)(state, memory, [5, 2, 9])
    assert_alike(found, in_graph(greedy, model)(state, memory, [5, 2, 9]))


@pytest.mark.parametrize(("search", "options"), SEARCHES, ids=["greedy", "beams", "sample", "top_k"])
def test_a_batch_without_rows_has_no_hypotheses(search, options):
    found = in_graph(search, Model(7), **options)(*inputs([]), [])
    width = options.get("width", 1)
    assert found.scores.shape == found.lengths.shape == found.log_probabilities.shape == (0, width)
    assert found.tokens.shape[:2] == found.token_scores.shape[:2] == found.attention.shape[:2] == (0, width)


@pytest.mark.parametrize(("search", "options"), SEARCHES, ids=["greedy", "beams", "sample", "top_k"])
def test_a_token_of_probability_zero_is_never_chosen(search, options):
    class Forbids(Model):
        def step(self, tokens, state, memory):
            logits, *others = super().step(tokens, state, memory)
            return tf.where(tf.range(self.vocabulary) % 3 == 2, logits, -np.inf), *others

    for vocabulary in (5, 1001):
        model, (state, memory) = Forbids(vocabulary), inputs([4, 1, 3])
        found = in_graph(search, model, **options)(state, memory, [6, 3, 4])
        for index, place in np.ndindex(found.lengths.shape):
            assert all(token % 3 == 2 for token in sequences(found, index)[place])
        assert all(np.isfinite(tensor).all() for tensor in found)


@pytest.mark.parametrize(("search", "options"), SEARCHES, ids=["greedy", "beams", "sample", "top_k"])
def test_an_exported_search_has_core_operations_only_and_answers_the_same(search, options, tmp_path):
    model = Model(6, 2)

    class Module(tf.Module):
        @tf.function(
            autograph=False,
            input_signature=[
                tf.TensorSpec([None, 6]),
                tf.TensorSpec([None, None, 6]),
                tf.TensorSpec([None, None], tf.bool),
                tf.TensorSpec([None], tf.int32),
            ],
        )
        def __call__(self, hidden, values, mask, limits):
            keys = {"keys": tf.cast(limits, tf.int64)} if search is sample else {}
            state = {"hidden": [hidden]}
            found = search(
                model.step, state, (values, mask), start=START, end=END, limits=limits, **options, **keys
            )
            return found._asdict()

    module = Module()
    definition = module.__call__.get_concrete_function().graph.as_graph_def()
    nodes = [
        *definition.node,
        *(node for function in definition.library.function for node in function.node_def),
    ]
    assert not {node.op for node in nodes if "Py" in node.op or ">" in node.op}
    assert {"While", "StatelessWhile"} & {node.op for node in nodes}

    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    for lengths, limits in (([3, 1, 4], [4, 6, 2]), ([2], [3])):
        state, memory = inputs(lengths)
        arguments = [tf.constant(tensor) for tensor in (state["hidden"][0], *memory, np.int32(limits))]
        for name, tensor in loaded(*arguments).items():
            np.testing.assert_allclose(tensor, module(*arguments)[name], rtol=1e-5, err_msg=name)


@pytest.mark.parametrize(("search", "options"), SEARCHES, ids=["greedy", "beams", "sample", "top_k"])
def test_eager_is_as_in_a_graph(search, options):
    keys = {"keys": np.arange(3)} if search is sample else {}
    model, (state, memory), limits = Model(6, 2), inputs([3, 1, 4]), [4, 6, 2]
    expected = in_graph(search, model, **options)(state, memory, limits)
    state, memory = tf.nest.map_structure(tf.constant, (state, memory))
    eager = search(model.step, state, memory, start=START, end=END, limits=limits, **options, **keys)
    assert_alike(eager, expected)


@pytest.mark.parametrize("width", [1, 3])
def test_a_search_is_part_of_a_keras_model(width):
    model = Model(6, 2)

    class Search(keras.layers.Layer):
        def call(self, hidden, values):
            mask = tf.ones(tf.shape(values)[:2], tf.bool)
            limits = tf.fill([tf.shape(values)[0]], 5)
            state, memory = {"hidden": [hidden]}, (values, mask)
            return beam_search(
                model.step, state, memory, start=START, end=END, limits=limits, width=width
            )._asdict()

    hidden, values = keras.Input([6], name="hidden"), keras.Input([None, 6], name="values")
    network = keras.Model([hidden, values], Search(name="search")(hidden, values))
    state, memory = inputs([3, 3])
    found = network.predict([state["hidden"][0], memory[0]], verbose=0)
    expected = in_graph(beam_search, model, width=width)(state, memory, [5, 5])
    assert_alike([found[name] for name in Hypotheses._fields], expected)
