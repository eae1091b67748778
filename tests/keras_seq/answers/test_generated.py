"""Texts out of encoders of every kind: the search finds what writing out all sequences finds."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.answers.generated import GeneratedText
from keras_seq.layers import LSTM, AttentionDecoder
from keras_seq.preprocessing.subwords import END_ID, START_ID, Subwords, learn_subwords

TARGET = Subwords(learn_subwords(["ab ab", "ab"], 8))
SIZE, LIMIT, DIM = len(TARGET.pieces), 3, 6
WIDTH = SIZE**2  # as many as there are beginnings: nothing is lost


class PlainDecoder(keras.layers.Layer):
    """Words and one vector -> features, without any attention."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.first = keras.layers.Dense(units, "tanh")
        self.rnn = keras.layers.SimpleRNN(units, return_sequences=True)

    def build(self, shapes):
        words, vector = shapes
        self.first.build(vector)
        self.rnn.build(words)

    def call(self, inputs):
        return self.rnn(inputs[0], initial_state=self.first(inputs[1]))

    def start(self, encoded, mask=None):
        return (), self.first(encoded[0])

    def stepper(self):
        def step(words, state, memory):
            sizes = tf.shape(words)[:2]
            flat = [tf.reshape(tensor, [-1, tensor.shape[-1]]) for tensor in (words, state)]
            hidden, _ = self.rnn.cell(flat[0], [flat[1]])
            hidden = tf.reshape(hidden, tf.concat([sizes, [hidden.shape[-1]]], axis=0))
            return hidden, hidden, None

        return step


def sequence(words, explicit=False):
    ids = keras.Input((None,), dtype="int32", name="ids")
    values = keras.layers.Embedding(9, DIM, mask_zero=not explicit, name="read")(ids)
    mask = keras.ops.not_equal(ids, 0) if explicit else None
    x, *states = LSTM(5, return_sequences=True, return_state=True)(values, mask=mask)
    options = {"mask": mask} if explicit else {}
    return ids, AttentionDecoder(7, DIM, name="decoder")([words, x, *states], **options)


def grid(words):
    features = keras.Input((4, 5), name="features")
    state = keras.layers.GlobalAveragePooling1D()(features)
    return features, AttentionDecoder(7, DIM, 2, "bahdanau", True, name="decoder")([words, features, state])


def vector(words):
    one = keras.Input((5,), name="vector")
    return one, AttentionDecoder(7, DIM, name="decoder")([words, one, one])


def first_states_alone(words):
    one = keras.Input((5,), name="vector")
    return one, AttentionDecoder(7, DIM, 2, "none", name="decoder")([words, one, one])


def no_attention(words):
    one = keras.Input((5,), name="vector")
    return one, PlainDecoder(DIM, name="decoder")([words, one])


IDS = np.array([[4, 5, 6, 3], [7, 3, 0, 0]], "int32")
RANDOM = np.random.default_rng(4)
GRIDS, VECTORS = (RANDOM.normal(size=size).astype("float32") for size in ((2, 4, 5), (2, 5)))
ENCODERS = {
    "sequence": (sequence, IDS),
    "sequence with mask=": (lambda words: sequence(words, explicit=True), IDS),
    "grid": (grid, GRIDS),
    "vector": (vector, VECTORS),
    "first states alone": (first_states_alone, VECTORS),
    "no attention": (no_attention, VECTORS),
}


def network_of(encoder, scale=4.0):
    """Not trained, with weights that make some sequences far more probable than others."""
    keras.utils.set_random_seed(3)
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    embedding = keras.layers.ReversibleEmbedding(SIZE, DIM, name="embedding")
    given, features = encoder(embedding(target_ids))
    network = keras.Model({given.name: given, "target_ids": target_ids}, embedding(features, reverse=True))
    for variable in network.trainable_variables:
        variable.assign(variable * scale)
    return network, given.name


def layer_of(network, **options):
    layer = GeneratedText(network, TARGET, **options)
    layer.most_pieces = LIMIT
    return layer


def written_out(network, inputs):
    """`(log-probability, sequence)` of all sequences of one input, best first, by the network of training."""
    others = [token for token in range(SIZE) if token != END_ID]
    whole = list(itertools.product(others, repeat=LIMIT))
    said = np.array([[START_ID, *sequence[:-1]] for sequence in whole])
    repeated = {name: np.repeat(value, len(whole), axis=0) for name, value in inputs.items()}
    logs = tf.nn.log_softmax(network({**repeated, "target_ids": said})).numpy()
    found = {}
    for sequence, steps in zip(whole, logs, strict=True):
        chosen = [steps[n, token] for n, token in enumerate(sequence)]
        found[sequence] = sum(chosen)
        for length in range(LIMIT):
            found[(*sequence[:length], END_ID)] = sum(chosen[:length]) + steps[length, END_ID]
    return sorted(((score, sequence) for sequence, score in found.items()), key=lambda pair: -pair[0])


@pytest.mark.parametrize("kind", ENCODERS)
def test_the_search_finds_the_best_of_all_sequences_whatever_the_encoder_is(kind):
    encoder, values = ENCODERS[kind]
    network, name = network_of(encoder)
    layer = layer_of(network, beam_width=WIDTH, n_best=5)
    found = layer.hypotheses({name: tf.constant(values)})
    for row in range(2):
        own = values[row : row + 1]
        own = own[:, : (own[0] != 0).sum()] if own.dtype == "int32" else own  # without any padding
        expected = written_out(network, {name: own})[:5]
        for place, (score, sequence) in enumerate(expected):
            tokens = found.tokens[row, place, : found.lengths[row, place]].numpy().tolist()
            assert tokens == [token for token in sequence if token != END_ID]
            np.testing.assert_allclose(found.log_probabilities[row, place], score, rtol=1e-4, atol=1e-5)
    memory = {"no attention": 0, "first states alone": 0, "vector": 1}.get(kind, 4)
    assert found.attention.shape[-1] == memory
    if memory:
        real = found.attention[0, 0, : found.counts[0, 0]]
        np.testing.assert_allclose(tf.reduce_sum(real, axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize(
    "options",
    [
        {"beam_width": 1},
        {"beam_width": 3, "n_best": 2},
        {"beam_width": 3, "n_best": 2, "length_penalty": 0.6, "coverage_penalty": 0.2},
        {"n_best": 2, "temperature": 1.0},
    ],
    ids=["greedy", "beam", "penalties", "samples"],
)
def test_the_answer_is_named_and_the_same_alone_and_in_a_batch(kind, options):
    encoder, values = ENCODERS[kind]
    network, name = network_of(encoder)
    layer = layer_of(network, **options)
    answer = tf.function(layer, autograph=False)({name: tf.constant(values)})
    assert set(answer) == {"text", "score", "texts", "scores"}
    count = options.get("n_best", 1)
    assert answer["texts"].shape == answer["scores"].shape == (2, count)
    np.testing.assert_array_equal(answer["text"], answer["texts"][:, 0])
    assert (answer["scores"].numpy() <= 0).all()
    alone = layer({name: tf.constant(values[1:])})
    np.testing.assert_array_equal(alone["texts"][0], answer["texts"][1])
    np.testing.assert_allclose(alone["scores"][0], answer["scores"][1], atol=1e-5)


@pytest.mark.parametrize(
    "options", [{"beam_width": 1}, {"beam_width": 3}, {"temperature": 3.0}], ids=["greedy", "beam", "samples"]
)
def test_no_text_repeats_what_it_must_not(options):
    network, name = network_of(grid)

    def repeats(ngram):
        layer = layer_of(network, no_repeat_ngram=ngram, **options)
        layer.most_pieces = 6
        found = layer.hypotheses({name: tf.constant(GRIDS)})
        lengths = found.lengths.numpy().ravel().tolist()
        rows = tf.reshape(found.tokens, [len(lengths), -1]).numpy().tolist()
        return [len(set(row[:n])) < n for row, n in zip(rows, lengths, strict=True)]

    assert any(repeats(0))
    assert not any(repeats(1))


def test_coverage_is_of_what_is_not_padding():
    network, name = network_of(sequence)
    layer = layer_of(network, beam_width=4, coverage_penalty=0.5)
    padded = layer.hypotheses({name: tf.constant(IDS[1:])})
    short = layer.hypotheses({name: tf.constant(IDS[1:, :2])})
    np.testing.assert_allclose(padded.scores, short.scores, atol=1e-5)
    assert (padded.scores < padded.log_probabilities).numpy().any()


class Captions(GeneratedText):
    """As an application would have it: outputs of its own names, and inputs that have no answer."""

    names = ("caption", "captions")

    def encoder_inputs(self, inputs):
        return {"features": inputs["image"]}

    def has_content(self, inputs):
        return inputs["is_image"]

    def limits(self, inputs):
        return tf.where(inputs["is_image"], 4, 1)


def test_a_layer_of_its_own_names_outputs_and_leaves_inputs_without_content_alone():
    network, _ = network_of(grid)
    inputs = {"image": tf.constant(GRIDS), "is_image": tf.constant([True, False])}
    layer = Captions(network, TARGET, beam_width=2, n_best=2)
    answer = layer(inputs)
    assert set(answer) == {"caption", "score", "captions", "scores"}
    assert answer["captions"][1].numpy().tolist() == [b"", b""]
    assert answer["scores"][1].numpy().tolist() == [0, 0]
    assert answer["score"][0] < 0
    assert layer.hypotheses(inputs).counts.numpy().max(axis=1).tolist()[1] == 1
    specs = {"image": keras.Input((4, 5)), "is_image": keras.Input((), dtype="bool")}
    outputs = layer(specs)
    assert {name: (spec.dtype, spec.shape) for name, spec in outputs.items()} == {
        "caption": ("string", (None,)),
        "score": ("float32", (None,)),
        "captions": ("string", (None, None)),
        "scores": ("float32", (None, None)),
    }
    again = Captions.from_config(layer.get_config())
    again.network.set_weights(network.get_weights())
    np.testing.assert_array_equal(again(inputs)["captions"], answer["captions"])
