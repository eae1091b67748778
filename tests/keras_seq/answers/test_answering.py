"""Answering models: what becomes of empty datasets, and the numbers of labels."""

import numpy as np
import pytest
import tensorflow as tf
from corpora import small


def test_a_dataset_that_turns_out_empty_gives_no_answers():
    dataset = tf.data.Dataset.from_tensor_slices(["x"]).filter(lambda text: text != "x")
    assert small().predict(dataset, verbose=0)["scores"].shape == (0, 2)


def test_targets_are_the_places_of_labels_among_the_classes():
    assert small().targets(np.array(["b", "a", "b"])).tolist() == [1, 0, 1]
    assert small().targets([b"b"]).tolist() == [1]
    with pytest.raises(ValueError, match=r"label 'c' is none of 'a', 'b'$"):
        small().targets(["a", "c"])
