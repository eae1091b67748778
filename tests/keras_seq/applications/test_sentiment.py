"""Sentiment: what its network promises in every shape."""

import keras
import numpy as np
import pytest

from keras_seq import splits
from keras_seq.applications.sentiment import read
from keras_seq.errors import RecipeError


@pytest.mark.parametrize("pooling", ["last", "max", "attention"])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
def test_every_shape_of_the_network_ignores_padding_and_qualifies_for_cudnn(pooling, bidirectional, layers):
    from keras_seq.applications import sentiment

    sizes = {"vocabulary_size": 10, "num_classes": 3}
    network = sentiment.build(sizes, units=4, layers=layers, pooling=pooling, bidirectional=bidirectional)
    short = network(np.array([[2, 3, 4]]))
    padded = network(np.array([[2, 3, 4, 0, 0, 0]]))
    np.testing.assert_allclose(short, padded, atol=1e-6)
    np.testing.assert_allclose(np.sum(short), 1, atol=1e-6)
    kind = keras.layers.Bidirectional if bidirectional else keras.layers.LSTM
    lstms = [layer for layer in network.layers if isinstance(layer, kind)]
    assert len(lstms) == layers
    for lstm in lstms:
        settings = (lstm.forward_layer if bidirectional else lstm).get_config()
        assert (settings["activation"], settings["recurrent_activation"]) == ("tanh", "sigmoid")
        assert settings["use_bias"]
        assert not settings["recurrent_dropout"]
        assert not settings["unroll"]


def test_without_a_header_no_column_has_a_name():
    with pytest.raises(
        RecipeError, match=r"data\.header: is false, but only a header names the column 'text'"
    ):
        read("train", train="a.tsv", text="text", header=False)
    assert splits.header(True, 0, 1) is True
