"""Answering models: what becomes of empty datasets, and the numbers of labels."""

import numpy as np
import pytest
import tensorflow as tf
from corpora import small

from keras_seq.answers import Signature


def test_a_dataset_that_turns_out_empty_gives_no_answers():
    dataset = tf.data.Dataset.from_tensor_slices(["x"]).filter(lambda text: text != "x")
    assert small().predict(dataset, verbose=0)["scores"].shape == (0, 2)


def test_targets_are_the_places_of_labels_among_the_classes():
    assert small().targets(np.array(["b", "a", "b"])).tolist() == [1, 0, 1]
    assert small().targets([b"b"]).tolist() == [1]
    with pytest.raises(ValueError, match=r"label 'c' is none of 'a', 'b'$"):
        small().targets(["a", "c"])


def test_a_signature_takes_its_inputs_by_name_whether_one_or_several():
    text, count = tf.TensorSpec([None], tf.string, "text"), tf.TensorSpec([None], tf.int32, "count")
    one = Signature(lambda texts: {"size": tf.strings.length(texts)}, text, lambda raw: raw)
    assert one.specs == {"text": text}
    assert one.answers(one.examples(tf.constant(["ab"])))["size"].numpy().tolist() == [2]
    several = Signature(
        lambda given: {"size": tf.strings.length(given["text"]) * given["count"]},
        {"text": text, "count": count},
        lambda raw: {"text": raw, "count": tf.fill(tf.shape(raw), 3)},
    )
    assert several.specs == {"text": text, "count": count}
    assert several.answers(several.examples(tf.constant(["ab"])))["size"].numpy().tolist() == [6]
