"""A step of several workers is the step of one with all their rows, however these are divided."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.batches import Share
from keras_seq.cluster import VARIABLE, described
from keras_seq.launch import free_addresses
from keras_seq.layers import SmoothedCrossEntropy
from keras_seq.training.keras_multi_worker import MultiWorkerModel

ROWS = [(1, 2, 3, 4, 5), (7,), (6, 5), (3, 3, 3), (8, 1, 2)]
PLAIN = """
import keras, numpy as np, tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
with strategy.scope():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
data = tf.data.Dataset.from_tensor_slices((np.ones((8, 2), "float32"), np.ones((8, 1), "float32"))).batch(4)
try:
    model.fit(data, epochs=1, verbose=0)
except Exception as error:
    print("Keras fails:", type(error).__name__, flush=True)
else:
    print("Keras trains", flush=True)
"""


class Adding:
    """Adds to what a worker has what the others had."""

    def __init__(self):
        self.others, self.seen = [], []

    def sum_in_graph(self, tensors):
        self.seen = list(tensors)
        return [added([one, *(other[place] for other in self.others)]) for place, one in enumerate(self.seen)]

    def sums(self, arrays):
        return list(arrays)


def added(parts):
    """As the strategy adds: slices become more slices, which keeps the norm that gradients are clipped by."""
    if not isinstance(parts[0], tf.IndexedSlices):
        return tf.add_n(parts)
    joined = [tf.concat([getattr(part, what) for part in parts], 0) for what in ("values", "indices")]
    return tf.IndexedSlices(*joined, parts[0].dense_shape)


def network(kind):
    ids = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(10, 4, mask_zero=kind != "ids")(ids)
    if kind == "ids":
        return keras.Model(ids, keras.layers.Dense(10)(states))
    if kind == "masked":
        return keras.Model(ids, keras.layers.Dense(1)(states))
    dense = keras.layers.Dense(3, "softmax", kernel_regularizer=keras.regularizers.L2(0.1))
    return keras.Model(ids, dense(keras.layers.GlobalAveragePooling1D()(states)))


def loss(kind):
    if kind == "ids":
        return SmoothedCrossEntropy(0.1)
    return keras.losses.MeanSquaredError() if kind == "masked" else keras.losses.CategoricalCrossentropy()


def batch(kind, rows):
    ids = np.zeros((len(rows), max(map(len, rows))), "int32")
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
    if kind == "ids":
        return ids, ids
    if kind == "masked":
        return ids, (ids[..., None] / 10).astype("float32")
    return ids, np.eye(3, dtype="float32")[[row[0] % 3 for row in rows]]


def made(kind, workers=None):
    keras.utils.set_random_seed(5)
    model = network(kind)
    if workers is not None:
        model = MultiWorkerModel.of(model, workers)
    metrics = [keras.metrics.CategoricalAccuracy(name="accuracy")] if kind == "rows" else []
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9, global_clipnorm=0.02), loss(kind), metrics=metrics)
    model.optimizer.build(model.trainable_variables)
    inputs, targets = batch(kind, ROWS)
    model.compute_metrics(inputs, targets, model(inputs))
    model.reset_metrics()
    return model


def parts(kind, count, rows):
    for index in range(count):
        mine, number = Share(index, count).of(rows)
        yield (*map(tf.constant, batch(kind, mine)), tf.constant(number))


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("kind", ["rows", "ids", "masked"])
@pytest.mark.parametrize("rows", [ROWS, ROWS[:1]], ids=["unequal", "one_row"])
def test_a_step_is_that_of_one_worker_with_all_rows(kind, count, rows):
    """Clipped, with a penalty on weights, a loss over ids or unmasked steps; of one row most workers have none."""
    whole, adding = made(kind), Adding()
    expected = whole.train_step(tuple(map(tf.constant, batch(kind, rows))))
    *others, own = parts(kind, count, rows)
    seen = []
    for one in others:
        made(kind, adding).train_step(one)
        seen.append(adding.seen)
    adding.others, model = seen, made(kind, adding)
    model.train_step(own)
    for ours, theirs in zip(model.trainable_variables, whole.trainable_variables, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)
    if own[2]:
        np.testing.assert_allclose(model.metrics[0].result(), expected["loss"], rtol=1e-5)


def test_metrics_count_the_rows_that_are_the_workers():
    adding, expected = Adding(), made("rows")
    expected.test_step(tuple(map(tf.constant, batch("rows", ROWS[:3]))))
    totals = []
    for part in parts("rows", 4, ROWS[:3]):  # the fourth has none
        model = made("rows", adding)
        model.test_step(part)
        totals.append(
            [variable.numpy() for variable in model.metrics[1].variables if variable.trainable is False]
        )
    assert np.sum([total[-1] for total in totals]) == 3
    assert totals[3][-1] == 0
    accuracy = [variable.numpy() for variable in expected.metrics_variables[2:]]
    np.testing.assert_allclose(np.sum(totals, axis=0), accuracy)


def test_metrics_of_an_epoch_are_of_all_and_stay_the_workers_own():
    class Doubling(Adding):
        def sums(self, arrays):
            return [2 * array for array in arrays]

    model = made("rows", Doubling())
    for part in parts("rows", 1, ROWS):
        model.test_step(part)
    own = [variable.numpy() for variable in model.metrics_variables]
    first, again = model.get_metrics_result(), model.get_metrics_result()
    assert {name: float(value) for name, value in first.items()} == {n: float(v) for n, v in again.items()}
    for before, variable in zip(own, model.metrics_variables, strict=True):
        np.testing.assert_array_equal(before, variable)


def test_the_model_has_the_variables_of_the_one_that_it_is_made_of():
    network_ = network("rows")
    model = MultiWorkerModel.of(network_, Adding())
    assert [id(one) for one in model.variables] == [id(one) for one in network_.variables]
    assert model.name == network_.name


def test_the_way_round_is_still_needed():
    """Plain `fit` of Keras with two workers fails. Once it does not, `keras_multi_worker` may be left out."""
    addresses = free_addresses(2)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PLAIN],
            env={**os.environ, VARIABLE: described(addresses, index), "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for index in range(2)
    ]
    try:
        said = [process.communicate(timeout=120)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert all("Keras fails" in one for one in said), json.dumps([keras.__version__, *said])
