"""What a model is exported with, by the names of its inputs."""

import tensorflow as tf

from keras_seq.answers import Signature

ONE = tf.TensorSpec([None], tf.string, name="text")
TWO = {"text": ONE, "size": tf.TensorSpec([None], tf.int32, name="size")}


def test_one_input_is_given_and_made_by_its_name():
    signature = Signature(lambda text: {"long": tf.strings.length(text)}, ONE, lambda raw: raw)
    assert signature.specs == {"text": ONE}
    examples = signature.examples(tf.constant(["abc"]))
    assert list(examples) == ["text"]
    assert signature.answers(examples)["long"].numpy().tolist() == [3]


def test_several_inputs_stand_in_a_dict():
    signature = Signature(
        lambda given: {"sum": tf.strings.length(given["text"]) + given["size"]},
        TWO,
        lambda raw: {"text": raw, "size": tf.strings.length(raw)},
    )
    assert signature.specs == TWO
    assert signature.answers(signature.examples(tf.constant(["abc"])))["sum"].numpy().tolist() == [6]
