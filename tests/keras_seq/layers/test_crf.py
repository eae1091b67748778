"""The CRF layer and its loss: what they compute, that answers are legal, that they train and save."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from chains import (
    all_paths,
    built,
    cases,
    few,
    forward_backward,
    graph,
    is_legal,
    padded,
    path_scores,
    weights_of,
    written_out,
)
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.layers import CRF, CRFLoss
from keras_seq.layers.crf import ILLEGAL, legal_iobes, posterior, viterbi


@few
@given(cases(), st.integers(0, 2**32))
def test_the_loss_is_the_negative_log_probability_of_the_path(case, seed):
    layer, emissions, lengths = case
    random, tags, expected = np.random.default_rng(seed), np.full(emissions.shape[:2], -1), []
    for index, length in enumerate(lengths):
        paths, probabilities, _ = written_out(layer, emissions[index], length)
        chosen = random.choice(np.flatnonzero(probabilities))
        tags[index, :length] = paths[chosen]
        expected.append(-np.log(probabilities[chosen]))
    potentials = layer(emissions, mask=tags >= 0)
    np.testing.assert_allclose(CRFLoss(reduction=None)(tags, potentials), expected, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(CRFLoss()(tags, potentials), np.mean(expected), rtol=1e-5, atol=1e-4)


@few
@given(cases(), st.integers(0, 2**32))
def test_the_gradient_of_the_loss_is_that_of_all_paths_written_out(case, seed):
    layer, emissions, lengths = case
    random, tags = np.random.default_rng(seed), np.full(emissions.shape[:2], -1)
    exact = [tf.constant(emissions, tf.float64), *weights_of(layer)]
    with tf.GradientTape() as tape:
        tape.watch(exact)
        expected = tf.zeros((), tf.float64)
        for index, length in enumerate(lengths):
            paths = all_paths(length, layer.num_tags)
            scores = path_scores(paths, exact[0][index], *exact[1:])
            legal = np.flatnonzero(np.isfinite(scores))
            chosen = random.choice(legal)
            tags[index, :length] = paths[chosen]
            expected += tf.reduce_logsumexp(tf.gather(scores, legal)) - scores[chosen]
    watched = [tf.constant(emissions), layer.transitions.value, layer.start.value, layer.end.value]
    with tf.GradientTape() as float_tape:
        float_tape.watch(watched)
        loss = tf.reduce_sum(CRFLoss(reduction=None)(tags, layer(watched[0], mask=tags >= 0)))
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=1e-4)
    gradients = zip(float_tape.gradient(loss, watched), tape.gradient(expected, exact), exact, strict=True)
    for found, wanted, value in gradients:
        wanted = np.zeros(value.shape) if wanted is None else tf.convert_to_tensor(wanted).numpy()
        np.testing.assert_allclose(found, np.where(np.isfinite(value), wanted, 0.0), atol=2e-5)


def test_weights_that_are_not_legal_have_no_gradient_and_no_effect():
    random = np.random.default_rng(1)
    layer, emissions = built(5, legal_iobes(1), random), random.normal(size=(3, 6, 5)).astype("float32")
    before = layer(emissions).numpy()
    with tf.GradientTape() as tape:
        loss = CRFLoss()(np.zeros((3, 6)), layer(emissions))
    flags = [np.array(legal_iobes(1)[f"legal_{name}"]) for name in ("transitions", "start", "end")]
    for weight, gradient, legal in zip(
        layer.weights, tape.gradient(loss, layer.trainable_variables), flags, strict=True
    ):
        assert (gradient.numpy()[~legal] == 0).all()
        assert (gradient.numpy()[legal] != 0).any()
        weight.assign(np.where(legal, weight, 1e5))
    np.testing.assert_allclose(layer(emissions), before, rtol=1e-5, atol=1e-6)


def test_the_legal_paths_are_all_iobes_sequences_and_no_others():
    legal, num_tags = legal_iobes(2), 9
    for length in range(1, 5):
        for path in itertools.product(range(num_tags), repeat=length):
            allowed = legal["legal_start"][path[0]] and legal["legal_end"][path[-1]]
            allowed = allowed and all(legal["legal_transitions"][i][j] for i, j in itertools.pairwise(path))
            assert allowed == is_legal(path), path


@tried_on(40)
@given(
    st.integers(0, 2**32),
    st.sampled_from([1.0, 30.0, 1e3, 1e4]),
    st.lists(st.integers(0, 12), min_size=1, max_size=6),
)
def test_a_constrained_best_path_is_legal_whatever_the_scores(seed, scale, lengths):
    random = np.random.default_rng(seed)
    layer = built(13, legal_iobes(3), random, scale)
    emissions = (random.normal(size=(len(lengths), 12, 13)) * scale).astype("float32")
    tags = viterbi(layer(emissions, mask=padded(lengths, 12))).numpy()
    for row, length in zip(tags, lengths, strict=True):
        assert is_legal(row[:length]), row[:length]


def test_the_loss_of_a_sure_and_right_answer_keeps_its_digits():
    random = np.random.default_rng(4)
    layer, tags = built(5, {}, random), random.integers(0, 5, size=(1, 2000))
    emissions = 12 * np.eye(5, dtype="float32")[tags] + np.float32(50.7)
    potentials = layer(emissions)
    _, total = forward_backward(potentials[0])
    edges = potentials.numpy()[0, np.arange(2000), np.append(0, tags[0, :-1]), tags[0]]
    loss = graph(lambda potentials: CRFLoss()(tags, potentials))(potentials)
    np.testing.assert_allclose(loss, total - edges.sum(dtype="float64"), rtol=1e-3)


def test_potentials_are_laid_out_as_they_are_described():
    layer = built(3, {}, np.random.default_rng(5))
    emissions = np.random.default_rng(6).normal(size=(1, 3, 3)).astype("float32")
    found = layer(emissions, mask=np.array([[True, True, False]])).numpy()[0]
    np.testing.assert_allclose(found[0, 0], emissions[0, 0] + layer.start.numpy(), rtol=1e-6)
    expected = emissions[0, 1] + layer.transitions.numpy() + layer.end.numpy()
    np.testing.assert_allclose(found[1], expected, rtol=1e-5)
    np.testing.assert_array_equal(found[2], np.where(np.eye(3), 0, ILLEGAL))
    np.testing.assert_allclose(layer(emissions), layer(emissions, mask=np.ones((1, 3), bool)), rtol=1e-6)


def test_half_precision_policies_leave_potentials_in_float32():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        layer = CRF(5)
        potentials = layer(np.full((1, 3, 5), 0.1, "float16"))
    finally:
        keras.config.set_dtype_policy("float32")
    assert potentials.dtype == layer.transitions.dtype == "float32"
    assert CRF(5, dtype="mixed_float16").compute_dtype == "float32"


def tagger(units, num_tags, **legal):
    """Symbols `(batch, time)`, 0 on padding -> log-potentials; a step's scores know nothing of other steps."""
    symbols = keras.Input((None,), dtype="int32", name="symbols")
    states = keras.layers.Embedding(units, num_tags, mask_zero=True, name="emissions")(symbols)
    return keras.Model(symbols, CRF(num_tags, name="crf", **legal)(states))


def echoes(count, time, random):
    """Symbols 1 and 2 have tags 0 and 1; symbol 3 has tag 2 when the last other symbol was 1, and 3 when it
    was 2.
    """
    symbols = random.integers(1, 4, size=(count, time))
    symbols[:, 0] = random.integers(1, 3, size=count)
    last = np.maximum.accumulate(np.where(symbols < 3, np.arange(time), 0), axis=1)
    tags = np.take_along_axis(symbols, last, axis=1) - 1 + 2 * (symbols == 3)
    real = padded(random.integers(1, time + 1, size=count), time)
    return np.where(real, symbols, 0), np.where(real, tags, -1)


def test_training_learns_tags_that_depend_on_the_tag_before():
    keras.utils.set_random_seed(7)
    random = np.random.default_rng(7)
    model = tagger(4, 4)
    model.compile(keras.optimizers.Adam(0.2), CRFLoss())
    losses = model.fit(*echoes(512, 10, random), batch_size=32, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < 0.1 * losses[0]
    symbols, tags = echoes(200, 25, random)
    assert {2, 3} <= set(tags[symbols == 3])
    found = viterbi(model.predict(symbols, verbose=0)).numpy()
    np.testing.assert_array_equal(found[tags >= 0], tags[tags >= 0])


def test_a_saved_function_answers_the_same_and_calls_no_python(tmp_path):
    model = tagger(6, 5, **legal_iobes(1))

    def answers(symbols):
        potentials = model(symbols)
        return {"tags": viterbi(potentials), "marginals": posterior(potentials)[0]}

    module = tf.Module()
    module.model = model
    module.answers = tf.function(
        answers, input_signature=[tf.TensorSpec([None, None], tf.int32)], autograph=False
    )
    tf.saved_model.save(module, str(tmp_path / "saved"))
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    for symbols in (np.array([[1, 2, 3], [5, 0, 0]], "int32"), np.zeros((1, 0), "int32")):
        for name, found in loaded.answers(symbols).items():
            np.testing.assert_allclose(found, answers(symbols)[name], atol=1e-6)
    definition = loaded.answers.concrete_functions[0].graph.as_graph_def()
    nodes = [
        *definition.node,
        *(node for function in definition.library.function for node in function.node_def),
    ]
    used = {node.op for node in nodes} - {function.signature.name for function in definition.library.function}
    assert {"While", "StatelessWhile"} & used
    assert not [op for op in used if "PyFunc" in op or not hasattr(tf.raw_ops, op)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"legal_start": [True] * 4}, "legal_start: expected 5 flags .* given 4"),
        ({"legal_end": []}, "legal_end: expected 5 flags .* given 0"),
        ({"legal_transitions": [[True] * 5] * 4}, "legal_transitions: expected 5 rows .* given 4"),
        ({"legal_transitions": [[True] * 6] * 5}, "legal_transitions: expected 5 flags .* given 6"),
    ],
)
def test_constraints_of_another_size_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        CRF(5, **arguments)


def test_scores_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"expected 5 scores a step .* given 4"):
        CRF(5)(np.zeros((1, 2, 4), "float32"))
