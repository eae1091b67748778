"""Ops that fail: what is answered in their place, wherever the graph runs, and how little the others know."""

import numpy as np
import tensorflow as tf

from export import ops
from keras_seq.preprocessing.attempts import attempted

PICTURE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
GOOD = tf.io.encode_png(PICTURE).numpy()
BAD = GOOD[:40]


def decode(picture):
    return {"pixels": tf.io.decode_png(picture, 3), "bytes": tf.strings.length(picture)}


class Pictures(tf.Module):
    """Pictures `(batch,)` -> the sum of each one's pixels, or -1, and whether it was decoded."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def sums(self, pictures):
        nothing = {"pixels": tf.zeros([0, 0, 3], tf.uint8), "bytes": -1}

        def decoded(picture):
            found, succeeded = attempted(decode, picture, nothing)
            total = tf.reduce_sum(tf.cast(found["pixels"], tf.int32))
            return tf.where(succeeded, total, -1), succeeded

        found = tf.map_fn(decoded, pictures, fn_output_signature=(tf.int32, tf.bool))
        return dict(zip(("sums", "succeeded"), found, strict=True))


BATCH = [GOOD, BAD, b"", GOOD]
TOTAL = int(PICTURE.sum())


def check(found):
    assert np.asarray(found["sums"]).tolist() == [TOTAL, -1, -1, TOTAL]
    assert np.asarray(found["succeeded"]).tolist() == [True, False, False, True]


def test_what_fails_gets_something_else_and_its_neighbours_their_own():
    check(Pictures().sums(tf.constant(BATCH)))


def test_outside_of_a_graph_and_in_a_data_set():
    nothing = tf.zeros([0, 0, 3], tf.uint8)
    for picture, succeeds in ((GOOD, True), (BAD, False)):
        found, succeeded = attempted(lambda one: tf.io.decode_png(one, 3), picture, nothing)
        assert bool(succeeded) == succeeds
        np.testing.assert_array_equal(found, PICTURE if succeeds else nothing)
    (found,) = tf.data.Dataset.from_tensors(tf.constant(BATCH)).map(Pictures().sums)
    check(found)


def test_of_several_tensors():
    for shape, expected, succeeds in (([2, 1], [[1], [2]], True), ([3, 1], [[7]], False)):
        given = (tf.constant([1, 2]), tf.constant(shape))
        found, succeeded = attempted(lambda two: tf.reshape(*two), given, tf.constant([[7]]))
        assert (found.numpy().tolist(), bool(succeeded)) == (expected, succeeds)


def test_in_a_session_as_a_server_has_it_and_by_ops_that_the_export_sees(tmp_path):
    module = Pictures()
    tf.saved_model.save(module, str(tmp_path), signatures=module.sums)
    check(tf.saved_model.load(str(tmp_path)).sums(tf.constant(BATCH)))
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        found = tf.compat.v1.saved_model.load(session, ["serve"], str(tmp_path)).signature_def[
            "serving_default"
        ]
        (given,) = found.inputs.values()
        for _ in range(2):
            outputs = {name: tensor.name for name, tensor in found.outputs.items()}
            check(session.run(outputs, {given.name: BATCH}))
    used = ops.used_ops(tmp_path)
    assert {"IgnoreErrorsDataset", "DatasetToSingleElement", "DecodePng"} <= set(used.everywhere)
    assert {"IgnoreErrorsDataset", "DatasetToSingleElement", "DecodePng"} <= set(used.on_cpu)
