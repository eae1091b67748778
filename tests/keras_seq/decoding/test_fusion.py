"""What a language model adds to hypotheses that are continued, fall out and change their places."""

import numpy as np
import pytest
import tensorflow as tf
from sentences import SEPARATOR, A, B, Plain, layer_of, model_by_chance

from keras_seq.decoding.fusion import Fusion


def test_hypotheses_carry_what_was_said_of_their_words_from_slot_to_slot():
    ngrams = model_by_chance(7, 3)
    plain, fusion = Plain(ngrams), Fusion(layer_of(ngrams), 0.5, 2.0, -1.0)
    state, texts = fusion.start([1, 3]), [(), (), ()]
    steps = [([0, 0, 0], [A, B, SEPARATOR]), ([1, 0, 2], [SEPARATOR, B, 0]), ([1, 0, 0], [SEPARATOR, A, 0])]
    for slots, labels in steps:
        state = fusion.write(state, fusion.end_word(state), tf.constant([slots]), tf.constant([labels]))
        texts = [(*texts[slot], *[label] * (label > 0)) for slot, label in zip(slots, labels, strict=True)]
    assert texts == [(A, B, SEPARATOR), (B, SEPARATOR, A), (B, SEPARATOR)]
    expected = [plain(text) for text in texts]
    np.testing.assert_allclose(np.array(fusion.end(state))[:, 0].T, expected, rtol=1e-5)
    scores = [0.5 * said + 2 * words - unknown for said, words, unknown in expected]
    np.testing.assert_allclose(fusion.score(fusion.end(state))[0], scores, rtol=1e-5)
    looks = [plain.outlook(text) for text in texts]
    begun = [0, 1, 0]
    scores = [0.5 * look + 2 * word - (not known) for word, (look, known) in zip(begun, looks, strict=True)]
    np.testing.assert_allclose(fusion.outlook(state)[0], scores, rtol=1e-5)
    assert state.said.words.numpy().tolist() == [[1, 1, 1]], "a word counts when the separator comes"


@pytest.mark.parametrize("shape", [[2, 3], [0, 3]])
def test_without_a_model_nothing_is_added(shape):
    fusion = Fusion(None, 0.5, 2.0, 1.0)
    state = fusion.start(shape)
    for part in (state.said, fusion.end_word(state).said, fusion.end(state)):
        np.testing.assert_array_equal(fusion.score(part), np.zeros(shape))
    np.testing.assert_array_equal(fusion.outlook(state), np.zeros(shape))
    assert fusion.write(state, state, tf.zeros(shape, tf.int32), tf.ones(shape, tf.int32)) == state
