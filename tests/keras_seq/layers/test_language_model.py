"""The second loss: predicting the words around."""

import keras
import numpy as np
import pytest

from keras_seq.layers import LanguageModelLoss

RANDOM = np.random.default_rng(1)


def language_model(weight=0.5, num_words=6):
    keras.utils.set_random_seed(7)
    layer = LanguageModelLoss(num_words, weight)
    layer.build([(None, None, 8), (None, None)])
    for variable in layer.weights:
        variable.assign(RANDOM.normal(size=variable.shape))
    return layer


IDS = np.array([[2, 9, 5, 1, 3], [4, 4, 0, 0, 0], [5, 0, 0, 0, 0], [0, 0, 0, 0, 0]], "int32")


def rendered_loss(layer, states, ids):
    """The cross-entropies of every word from the half before it, and from the half after it, a sentence."""
    loss = 0.0
    for row_states, row in zip(states, np.where(ids < layer.num_words, ids, 1), strict=True):
        for step in range(len(row) - 1):
            if row[step + 1]:
                for way, (state, word) in enumerate(
                    [(row_states[step, :4], row[step + 1]), (row_states[step + 1, 4:], row[step])]
                ):
                    hidden = np.tanh(
                        state @ layer.hidden[way].kernel.numpy() + layer.hidden[way].bias.numpy()
                    )
                    logits = hidden @ layer.words[way].kernel.numpy() + layer.words[way].bias.numpy()
                    loss += np.logaddexp.reduce(logits) - logits[word]
    return layer.weight * loss / len(ids)


def test_the_second_loss_is_that_of_predicting_the_words_around():
    layer, states = language_model(), RANDOM.normal(size=(4, 5, 8)).astype("float32")
    np.testing.assert_array_equal(layer([states, IDS], training=True), states)
    (loss,) = layer.losses
    np.testing.assert_allclose(loss, rendered_loss(layer, states, IDS), rtol=1e-5)
    other = np.where(IDS[..., None] > 0, states, 1e3).astype("float32")
    wider, wider_ids = np.pad(other, [(0, 0), (0, 3), (0, 0)]), np.pad(IDS, [(0, 0), (0, 3)])
    layer([wider, wider_ids], training=True)
    np.testing.assert_allclose(layer.losses[-1], loss, rtol=1e-5)


@pytest.mark.parametrize(("weight", "training"), [(0.5, False), (0.0, True)])
def test_there_is_no_second_loss_outside_training_nor_without_weight(weight, training):
    layer, states = language_model(weight), RANDOM.normal(size=(4, 5, 8)).astype("float32")
    np.testing.assert_array_equal(layer([states, IDS], training=training), states)
    assert layer.losses == []


@pytest.mark.parametrize("ids", [[[5], [3]], [[5, 0], [0, 0]], [[0]]])
def test_a_batch_without_two_words_in_a_row_has_the_second_loss_zero(ids):
    layer, ids = language_model(), np.array(ids, "int32")
    layer([np.ones((*ids.shape, 8), "float32"), ids], training=True)
    assert float(layer.losses[0]) == pytest.approx(0, abs=1e-6)


def test_the_mask_of_the_states_passes_the_second_loss():
    layer, mask = LanguageModelLoss(6, 0.5), np.array([[True, False]])
    assert layer.compute_mask([None, None], [mask, None]) is mask
    assert layer.compute_mask([None, None], None) is None
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, 8, mask_zero=True)(ids)
    model = keras.Model(ids, keras.layers.GlobalAveragePooling1D()(layer([x, ids])))
    np.testing.assert_allclose(model(np.array([[2, 3, 0]])), model(np.array([[2, 3]])), rtol=1e-6)
    copy = LanguageModelLoss.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert keras.saving.get_registered_name(LanguageModelLoss) == "keras_seq>LanguageModelLoss"


def test_a_model_with_the_second_loss_trains_on_it():
    keras.utils.set_random_seed(8)
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, 8, mask_zero=True)(ids)
    x = keras.layers.Bidirectional(keras.layers.SimpleRNN(4, return_sequences=True))(x)
    x = LanguageModelLoss(9, 1.0)([x, ids])
    model = keras.Model(ids, keras.layers.Dense(1)(x))
    model.compile(keras.optimizers.Adam(0.03), "mse", jit_compile=False)
    data = np.array([[2, 3, 4, 5, 0], [2, 3, 4, 0, 0]] * 8)
    losses = model.fit(data, np.zeros((16, 5, 1)), epochs=10, verbose=0).history["loss"]
    assert losses[0] > 2
    assert losses[-1] < 0.8 * losses[0]
