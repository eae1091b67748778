"""Weights that come of a file."""

import numpy as np
import pytest
from fits import network, of_words

from keras_seq.errors import DataError
from keras_seq.training import initial_weights


def test_a_layer_gets_its_weights():
    one, table = network(), np.full((6, 4), 0.5, "float32")
    initial_weights.put(one, of_words(weights={"embedding": [table]}))
    np.testing.assert_array_equal(one.get_layer("embedding").get_weights()[0], table)


@pytest.mark.parametrize(
    ("table", "message"),
    [(np.zeros((6, 5)), "set model.embedding_dim to 5"), (np.full((6, 4), np.nan), "6 rows with NaN")],
    ids=["shape", "nan"],
)
def test_weights_that_cannot_be_used_are_refused(table, message):
    with pytest.raises(DataError, match=message):
        initial_weights.put(network(), of_words(weights={"embedding": [table]}))
