"""Answering models: what becomes of empty datasets, and what they cannot be asked."""

import numpy as np
import pytest
import tensorflow as tf
from corpora import small


def test_a_dataset_that_turns_out_empty_gives_no_answers():
    dataset = tf.data.Dataset.from_tensor_slices(["x"]).filter(lambda text: text != "x")
    assert small().predict(dataset, verbose=0)["scores"].shape == (0, 2)


@pytest.mark.parametrize("method", ["compile", "fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_names_are_not_trained(method):
    with pytest.raises(TypeError, match=r"m answers with names, .*compile and fit model\.network"):
        getattr(small(), method)()


def test_targets_are_the_places_of_labels_among_the_classes():
    assert small().targets(np.array(["b", "a", "b"])).tolist() == [1, 0, 1]
    assert small().targets([b"b"]).tolist() == [1]
    with pytest.raises(ValueError, match="label 'c' is none of 'a', 'b'"):
        small().targets(["a", "c"])
