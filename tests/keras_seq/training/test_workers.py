"""What workers tell each other: of one alone, and of the parts of messages that need no other."""

import concurrent.futures
import signal
import threading

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.batches import Share
from keras_seq.cluster import PeersLost
from keras_seq.training import workers
from keras_seq.training.workers import ALONE, Asked


def test_one_alone_hears_what_it_says():
    asked = Asked(True, signal.SIGTERM)
    assert ALONE.asked(asked) == ALONE.agreed(asked) == asked
    assert ALONE.from_chief(lambda: b"a") == b"a"
    assert ALONE.sums([np.array(3)]) == [3]
    assert ALONE.share == Share(0, 1)
    assert ALONE.is_chief
    assert ALONE.count == 1


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([0, 0, 0], Asked()),
        ([2, 0, 0], Asked(save=True)),
        ([0, 1, 0], Asked(signal=signal.SIGINT)),
        ([1, 3, 1], Asked(True, signal.SIGTERM)),
    ],
    ids=["nothing", "save", "interrupt", "all"],
)
def test_what_one_asks_for_all_do(counts, expected):
    assert workers._of_counts(np.array(counts, np.float32)) == expected


@pytest.mark.parametrize(
    "asked", [Asked(), Asked(True), Asked(False, signal.SIGINT), Asked(True, signal.SIGTERM)]
)
def test_what_is_asked_goes_through_numbers(asked):
    assert workers._of_counts(workers._counts(asked)) == asked


class OfTwo(workers.Workers):
    """Two workers of which the other has given what it has to add."""

    def __init__(self, index, other):
        self.cluster, self.is_chief, self._other = workers.Cluster(["a:1", "b:1"], index), index == 0, other

    def _reduced_now(self, tensors):
        return [tensor + tf.cast(self._other.pop(0), tensor.dtype) for tensor in tensors]


def test_arrays_of_any_shape_and_type_are_added_at_once():
    arrays = [np.array(2.5, np.float32), np.array([[1], [2**40]], np.int64)]
    totals = OfTwo(0, [np.array([1.0, 10.0, 20.0])]).sums(arrays)
    assert [total.dtype for total in totals] == [np.float32, np.int64]
    assert totals[0] == 3.5
    assert totals[1].tolist() == [[11], [2**40 + 20]]


@pytest.mark.parametrize("content", [b"", b"a", bytes(range(256)), "ü".encode() * 1001])
def test_bytes_come_as_they_were_sent(content):
    words = np.frombuffer(content + b"\0" * (len(content) % 2), "<u2")
    got = OfTwo(1, [np.array([len(content)]), words.astype("float32")]).from_chief(lambda: b"not mine")
    assert got == content


def of_both(act):
    """What two workers give that do the same at once, each in a thread of its own."""
    barrier, given = threading.Barrier(2, timeout=60), {}

    class Worker(workers.Workers):
        def __init__(self, index):
            self.cluster, self.is_chief = workers.Cluster(["a:1", "b:1"], index), index == 0

        def _reduced_now(self, tensors):
            given[self.cluster.index] = tensors
            barrier.wait()
            total = [one + other for one, other in zip(given[0], given[1], strict=True)]
            barrier.wait()
            return total

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda index: act(Worker(index)), range(2)))


@pytest.mark.parametrize(
    ("drift", "name", "said"),
    [(0.0, "weights", False), (1e-6, "weights", False), (0.5, "weights", True), (0.5, "", False)],
    ids=["none", "rounding", "far", "expected"],
)
def test_all_get_the_chiefs_values(drift, name, said, capsys):
    chiefs = [np.arange(3, dtype=np.float32), np.array(7), np.zeros((0, 2), np.float32)]

    def levelled(worker):
        variables = [tf.Variable(value) for value in chiefs]
        variables[0].assign_add([0.0, 0.0, drift * worker.cluster.index])
        worker.level(variables, name)
        return [variable.numpy() for variable in variables]

    for values in of_both(levelled):
        for value, chief in zip(values, chiefs, strict=True):
            np.testing.assert_array_equal(value, chief)
    assert ("drifted apart by up to 5.0e-01" in capsys.readouterr().out) == said


def test_a_state_is_saved_once_where_both_ask_for_it(monkeypatch):
    worker = OfTwo(0, [])
    worker._wanted, worker._asked = tf.Variable(tf.zeros(3)), tf.Variable([1.0, 0.0, 0.0])
    assert worker.asked(Asked(save=True)).save
    assert not worker._wanted.numpy().any()


def test_rows_are_evened_for_the_devices():
    tensors = {"a": tf.constant([[1], [2], [3]])}, tf.constant([1, 2, 3])
    inputs, targets = Share(devices=2).evened(tensors)
    assert inputs["a"].numpy().tolist() == [[1], [2], [3], [1]]
    assert targets.numpy().tolist() == [1, 2, 3, 1]
    assert Share(devices=4).evened(tf.constant([5])).numpy().tolist() == [5] * 4
    assert Share().evened(tensors) is tensors


def test_errors_of_collectives_are_the_loss_of_others():
    lost = tf.errors.UnavailableError(None, None, "worker 1 is down\nand more")
    with pytest.raises(PeersLost, match=r"^worker 1 is down$"), OfTwo(0, []).errors():
        raise lost
    with pytest.raises(PeersLost), OfTwo(0, []).errors():
        raise tf.errors.InternalError(None, None, "Collective ops is aborted")
    with pytest.raises(tf.errors.InvalidArgumentError), OfTwo(0, []).errors():
        raise tf.errors.InvalidArgumentError(None, None, "a shape")


def test_random_numbers_differ_and_sums_of_metrics_are_the_chiefs():
    import keras

    def settled(index):
        keras.utils.set_random_seed(1)
        inputs = keras.Input((3,))
        network = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dropout(0.5)(inputs)))
        network.compile("adam", "mse")
        metrics = [np.array(5.0), np.array(2.0)]
        OfTwo(index, []).settle(network, metrics)
        [seed] = [one.numpy().tolist() for one in network.variables if "seed_generator" in one.path]
        return seed, [float(one) for one in metrics]

    chief, other = settled(0), settled(1)
    assert chief[1] == [5.0, 2.0]
    assert other[1] == [0.0, 0.0]
    assert chief[0][0] != other[0][0]
    assert chief[0][1] == other[0][1]


def test_a_share_divides_every_batch_without_loss_or_repetition():
    for size in range(1, 9):
        for count in range(1, 5):
            batch = list(range(size))
            shares = [Share(index, count).of(batch) for index in range(count)]
            assert sorted(row for rows, number in shares for row in rows[:number]) == batch
            assert all(rows for rows, _ in shares)
            numbers = [number for _, number in shares]
            assert max(numbers) - min(numbers) <= 1
