"""Words left out in training."""

import numpy as np

from keras_seq.layers import WordDropout


def test_word_dropout_drops_words_in_training_only_and_never_padding():
    layer = WordDropout(0.5, seed=1)
    ids = np.tile([[2, 3, 4, 0]], (1000, 1))
    np.testing.assert_array_equal(layer(ids), ids)
    dropped = layer(ids, training=True).numpy()
    assert set(np.unique(dropped[:, :3])) == {1, 2, 3, 4}
    assert 0.45 < (dropped[:, :3] == 1).mean() < 0.55
    assert (dropped[:, 3] == 0).all()
