"""Words as sequences of characters: padding changes none, the order does."""

import keras
import numpy as np
import pytest

from keras_seq.layers import WordCharacters


@pytest.mark.parametrize("kind", ["cnn", "lstm"])
def test_padding_changes_no_word_of_characters(kind):
    keras.utils.set_random_seed(5)
    layer = WordCharacters(20, 7, embedding_dim=6, kind=kind)
    words = [[3, 4, 5, 6, 7], [8], [9, 10]]
    ids = np.zeros((2, 4, 8), "int32")
    for place, word in enumerate(words):
        ids[0, place, : len(word)] = word
    ids[1, 0, :2] = words[2]
    found = layer(ids).numpy()
    assert found.shape == (2, 4, 7)
    for place, word in enumerate(words):
        alone = layer(np.array([[word]], "int32")).numpy()[0, 0]
        np.testing.assert_allclose(found[0, place], alone, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[1, 0], found[0, 2], rtol=1e-5, atol=1e-6)
    assert (found[0, 3] == 0).all()
    assert (found[1, 1:] == 0).all()
    assert np.abs(found[0, :3]).max() > 1e-3
    np.testing.assert_array_equal(layer.compute_mask(ids), [[True] * 3 + [False], [True] + [False] * 3])
    assert layer(np.zeros((2, 3, 1), "int32")).numpy().tolist() == np.zeros((2, 3, 7)).tolist()


@pytest.mark.parametrize("kind", ["cnn", "lstm"])
def test_the_order_of_characters_matters_and_so_does_where_a_word_ends(kind):
    keras.utils.set_random_seed(6)
    one, other, longer = WordCharacters(9, 6, kind=kind)(
        np.array([[[2, 3, 4, 0]], [[4, 3, 2, 0]], [[2, 3, 4, 4]]])
    ).numpy()
    assert np.abs(one - other).max() > 1e-3
    assert np.abs(one - longer).max() > 1e-3
