"""The layer of an n-gram model: labels as sentences, against a plain scorer; unknown words; what it is saved
with.
"""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from alignments import padded
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on
from sentences import NUM_CLASSES, SEPARATOR, A, B, Plain, layer_of, model_by_chance, spell

from keras_seq.decoding import kneser_ney
from keras_seq.decoding.ngrams import LanguageModel
from keras_seq.errors import DataError
from keras_seq.formats.arpa import NGrams

labels = st.lists(st.integers(1, 3), max_size=9).map(tuple)


def said(layer, sequences, width=0):
    found = layer(tf.constant(padded(sequences, width)))
    return np.stack([found[name].numpy() for name in ("log_probability", "words", "unknown")], axis=1)


@tried_on(10)
@given(st.integers(0, 2**32), st.integers(1, 4), st.booleans(), st.lists(labels, min_size=5, max_size=9))
def test_sentences_have_the_scores_of_a_plain_scorer(seed, order, with_unknown, sequences):
    ngrams = model_by_chance(seed, order, with_unknown)
    expected = [Plain(ngrams)(sequence) for sequence in sequences]
    np.testing.assert_allclose(said(layer_of(ngrams), sequences), expected, rtol=1e-5, atol=1e-5)


def test_step_by_step_it_says_the_same():
    """Of hypotheses in two dimensions, each with a label of its own."""
    ngrams = model_by_chance(1, 3)
    layer, plain = layer_of(ngrams), Plain(ngrams)
    sequences = np.array(list(itertools.product(range(4), repeat=3)), "int32").reshape(8, 8, 3)
    writing, totals = layer.start([8, 8]), np.zeros([3, 8, 8])
    for place in range(3):
        now = tf.constant(sequences[..., place])
        word, ended = layer.end_word(writing)
        totals += np.where(now == SEPARATOR, np.array(word), 0)
        writing = layer.write(writing, now, ended)
    word, _ = layer.end(writing)
    totals += np.array(word)
    for row, column in np.ndindex(8, 8):
        sequence = [label for label in sequences[row, column].tolist() if label]
        np.testing.assert_allclose(totals[:, row, column], plain(sequence), rtol=1e-5)


def test_before_a_word_ends_it_is_known_how_many_words_begin_so():
    ngrams = model_by_chance(6, 3)
    layer, plain = layer_of(ngrams), Plain(ngrams)
    for sequence in [(), (A,), (A, A), (A, SEPARATOR, B), (B, SEPARATOR), (B, B, B, A), (B, B)]:
        found = layer.outlook(_written(layer, sequence, 1))
        np.testing.assert_allclose(found, [plain.outlook(sequence)[0]], rtol=1e-5, atol=1e-5)


def test_separators_without_a_word_between_them_say_nothing():
    layer = layer_of(model_by_chance(2, 3))
    plain, more = said(layer, [(A, SEPARATOR, B), (SEPARATOR, A, SEPARATOR, SEPARATOR, B, SEPARATOR)])
    np.testing.assert_allclose(more, plain, rtol=1e-6)
    assert said(layer, [()])[0, 1] == 0


def test_padding_changes_nothing_and_a_batch_may_be_empty():
    layer, sequences = layer_of(model_by_chance(3, 3)), [(A, SEPARATOR, B, B, A), (), (B,)]
    np.testing.assert_allclose(said(layer, sequences, 12), said(layer, sequences), rtol=1e-6)
    for row in range(3):
        np.testing.assert_allclose(
            said(layer, sequences[row : row + 1]), said(layer, sequences)[row : row + 1]
        )
    assert said(layer, []).shape == (0, 3)
    assert layer(tf.zeros([0, 5], tf.int32))["words"].shape == (0,)


def test_a_graph_may_know_its_shapes():
    layer, sequences = layer_of(model_by_chance(3, 3)), padded([(A, SEPARATOR, B), (B,)])
    for shape in [[2, 3], [2, None], [None, 3], [None, None]]:
        found = tf.function(layer, [tf.TensorSpec(shape, tf.int32)], autograph=False)(sequences)
        np.testing.assert_allclose(found["log_probability"], layer(sequences)["log_probability"], rtol=1e-6)


def test_all_that_can_be_written_has_a_probability_of_1_together():
    """Words, each with the separator or the end behind it; unknown ones up to seven letters."""
    text = [["a", "b", "ab"], ["a", "a"], ["b"], ["ab", "a", "b"], ["ba"]]
    layer = layer_of(kneser_ney.learn(text, 2))
    words = [word for size in range(1, 8) for word in itertools.product((A, B), repeat=size)]
    ended = layer.end_word(_written(layer, (A, SEPARATOR), len(words)))[1]
    for place in range(7):
        now = tf.constant([word[place] if place < len(word) else 0 for word in words])
        ended = layer.write(ended, now, ended)
    word, _ = layer.end_word(ended)
    end, _ = layer.end(_written(layer, (A, SEPARATOR), 1))
    total = np.exp(word.log_probability).sum() + math.exp(end.log_probability[0])
    known = np.exp(word.log_probability)[word.unknown.numpy() == 0].sum() + math.exp(end.log_probability[0])
    # Known words have a share of the spellings of unknown ones too, which nothing uses.
    assert known < total < 1
    assert total > 0.95


def _written(layer, sequence, count):
    writing = layer.start([count])
    for label in sequence:
        writing = layer.write(writing, tf.fill([count], label), layer.end_word(writing)[1])
    return writing


def test_a_long_unknown_word_is_punished_for_each_letter_that_surprises():
    """And hardly for one that any word would go on with."""
    spelled = {"abab": [A, B, A, B], "ababab": [A, B] * 3, "abababab": [A, B] * 4}
    ngrams = kneser_ney.learn([[word] for word in spelled], 2)
    layer = LanguageModel.of(ngrams, lambda word: spelled[word], SEPARATOR, NUM_CLASSES)
    usual, longer, unusual = said(layer, [(A, B) * 5, (A, B) * 6, (B, B, A, A) * 2 + (B, B)])[:, 0]
    assert unusual < usual - 5
    assert usual - 2 < longer < usual


def test_words_that_the_labels_cannot_write_are_left_out():
    ngrams = model_by_chance(4, 2)
    layer = layer_of(ngrams)
    assert layer.word_table.counts[0] == 3 + 5
    with pytest.raises(DataError, match="the labels can write none of the 6 words of the n-gram model, as "):
        LanguageModel.of(ngrams, lambda word: None, SEPARATOR, NUM_CLASSES)


@pytest.mark.parametrize("label", [0, SEPARATOR, NUM_CLASSES])
def test_a_spelling_has_labels_of_words_alone(label):
    with pytest.raises(
        ValueError, match=rf"expected labels of 2 to 3 without the separator, given \[2, {label}\]"
    ):
        LanguageModel.of(model_by_chance(4, 2), lambda word: [A, label], SEPARATOR, NUM_CLASSES)


def test_of_words_spelled_alike_the_most_probable_counts():
    words = {"<s>": -99.0, "</s>": -1.0, "<unk>": -3.0, "a": -2.0, "A": -0.5}
    ngrams = NGrams([{(word,): (number, 0.0) for word, number in words.items()}])
    layer = LanguageModel.of(ngrams, lambda word: spell(word.lower()), SEPARATOR, NUM_CLASSES)
    np.testing.assert_allclose(said(layer, [(A,)])[0], [-1.5 * math.log(10), 1, 0], rtol=1e-6)


def test_a_saved_model_has_all_numbers_in_it_whatever_the_policy(tmp_path):
    layer = layer_of(model_by_chance(5, 3))
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    sequences = padded([(A, SEPARATOR, B, B), (B, A, A)])
    keras.config.set_dtype_policy("mixed_float16")
    try:
        again = keras.saving.load_model(tmp_path / "model.keras")
        found = again(sequences)
    finally:
        keras.config.set_dtype_policy("float32")
    for name, tensor in model(sequences).items():
        np.testing.assert_array_equal(found[name], tensor)
    assert not model.trainable_weights
