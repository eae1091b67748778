"""Problems in words, a row each."""

import tensorflow as tf

from keras_seq.preprocessing.complaints import first_of, text


def test_the_first_problem_of_each_row_is_said():
    sizes = tf.constant([0, 5, 50])
    found = first_of(
        (sizes == 0, "empty"), (sizes < 10, text("only ", sizes, " bytes")), (sizes < 20, "short")
    )
    assert found.numpy().tolist() == [b"empty", b"only 5 bytes", b""]


def test_texts_of_tensors_and_whole_numbers_are_joined():
    assert (
        text("a ", tf.constant("b"), " ", tf.constant(2.0), "/", tf.constant(2**40)).numpy()
        == b"a b 2/1099511627776"
    )
