"""Batching: who shares a batch, when it runs, who gets which error, and how it ends."""

import threading
import time

import numpy as np
import pytest
from batches import LONG, SECONDS, answers, error_of, hold, queue, serving, unfinished, wait_for

from serving.batching.scheduler import BatchScheduler
from serving.errors import Code


@pytest.fixture
def serve():
    with serving() as serve:
        yield serve


def test_calls_that_wait_are_joined_and_each_gets_its_own_rows(serve):
    model, call = serve(max_batch_size=10)
    held = hold(model, call)
    futures = queue(model, call, [[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]], [[7.0, 8.0]])
    model.gate.set()
    assert answers([held, *futures]) == [[0], [3], [7, 11], [15]]
    assert model.sizes == [1, 4]


def test_a_call_is_not_held_up_when_nothing_is_to_be_waited_for(serve):
    model, call = serve(max_batch_size=10, batch_timeout_micros=0)
    assert answers([call([1.0])]) == [[1]]
    assert model.sizes == [1]


def test_a_full_batch_does_not_wait(serve):
    model, call = serve(max_batch_size=3, batch_timeout_micros=LONG)
    futures = queue(model, call, [[1.0], [2.0]])
    time.sleep(0.05)  # the thread waits for the batch's time by now
    futures.append(call([3.0]))
    assert answers(futures) == [[1, 2], [3]]
    assert model.sizes == [3]


def test_a_batch_that_is_not_full_waits_for_its_time(serve):
    model, call = serve(max_batch_size=100, batch_timeout_micros=300_000)
    begun = time.monotonic()
    futures = queue(model, call, [[1.0]], [[2.0]])
    assert answers(futures) == [[1], [2]]
    assert time.monotonic() - begun >= 0.3
    assert model.sizes == [2]


def test_a_call_that_does_not_fit_begins_the_next_batch(serve):
    model, call = serve(max_batch_size=3)
    hold(model, call)
    futures = queue(model, call, [[1.0], [2.0]], [[3.0], [4.0]], [[5.0]])
    model.gate.set()
    assert answers(futures) == [[1, 2], [3, 4], [5]]
    assert model.sizes == [1, 2, 3]


def test_other_inputs_or_outputs_are_other_batches(serve):
    model, call = serve(max_batch_size=10)
    hold(model, call)
    both = queue(model, call, [[1.0]], fetches=("same:0", "sum:0"))
    both += queue(model, call, [[2.0]], fetches=("sum:0", "same:0"))
    (one,) = queue(model, call, [[3.0]])
    (other,) = queue(model, call, [[4.0]], y=np.zeros(1))
    model.gate.set()
    assert [part.tolist() for part in both[0].result(SECONDS)] == [[[1]], [1]]
    assert [part.tolist() for part in both[1].result(SECONDS)] == [[2], [[2]]], (
        "each in the order it asked for"
    )
    assert answers([one, other]) == [[3], [4]]
    assert sorted(model.sizes) == [1, 1, 1, 2]


def test_queues_take_turns(serve):
    scheduler = BatchScheduler(1)
    busy, call_busy = serve(scheduler=scheduler, max_batch_size=1)
    quiet, call_quiet = serve(scheduler=scheduler, max_batch_size=1)
    order = []
    for name, model in (("busy", busy), ("quiet", quiet)):
        model.batcher._run = lambda *given, name=name, run=model.run: (order.append(name), run(*given))[1]
    held = hold(busy, call_busy)
    futures = queue(busy, call_busy, [[1.0]], [[2.0]], [[3.0]])
    futures += queue(quiet, call_quiet, [[4.0]])
    busy.gate.set()
    assert answers([held, *futures]) == [[0], [1], [2], [3], [4]]
    assert order.index("quiet") <= 2, "it does not wait until the other queue is empty"
    scheduler.close()


def test_as_many_batches_run_at_a_time_as_there_are_threads(serve):
    model, call = serve(threads=2, max_batch_size=1)
    model.gate.clear()
    futures = [call([float(number)]) for number in range(3)]
    assert model.started.acquire(timeout=SECONDS)
    assert model.started.acquire(timeout=SECONDS)
    assert not model.started.acquire(timeout=0.1)
    model.gate.set()
    assert sorted(answers(futures)) == [[0], [1], [2]]


def test_a_waiting_batch_is_not_forgotten_while_the_thread_that_watched_it_runs_another(serve):
    scheduler = BatchScheduler(2)
    slow, call_slow = serve(scheduler=scheduler, max_batch_size=10, batch_timeout_micros=50_000)
    other, call_other = serve(scheduler=scheduler, max_batch_size=10, batch_timeout_micros=100_000)
    slow.gate.clear()
    held = call_slow([1.0])
    assert answers([call_other([2.0])]) == [[2]]
    slow.gate.set()
    assert answers([held]) == [[1]]
    assert other.sizes == [1]
    scheduler.close()


def test_a_full_queue_refuses(serve):
    model, call = serve(max_batch_size=2, max_enqueued_batches=2)
    held = hold(model, call)
    futures = queue(model, call, [[1.0], [2.0]], [[3.0]])
    assert error_of(call([4.0], [5.0])) == (
        Code.UNAVAILABLE,
        "The batch scheduling queue to which this task was submitted is full; "
        "currently 2 batches enqueued and max_enqueued_batches is 2",
    )
    futures += queue(model, call, [[6.0]])
    model.gate.set()
    assert answers([held, *futures]) == [[0], [1, 2], [3], [6]]
    assert answers([call([7.0], [8.0])]) == [[7, 8]], "and takes calls again when it is not"


def test_closing_the_scheduler_runs_what_is_queued_and_ends_its_threads(serve):
    scheduler = BatchScheduler(3, "mine")
    model, call = serve(scheduler=scheduler, max_batch_size=10, batch_timeout_micros=LONG)
    assert sum(thread.name.startswith("mine_") for thread in threading.enumerate()) == 3
    futures = queue(model, call, [[1.0]])
    scheduler.close()
    assert answers(futures) == [[1]]
    assert not any(thread.name.startswith("mine_") for thread in threading.enumerate())
    assert error_of(call([2.0]))[0] is Code.UNAVAILABLE


def test_the_time_in_the_queue_is_told(serve):
    told = []
    model, call = serve(queued=told.append, max_batch_size=10)
    hold(model, call)
    futures = queue(model, call, [[1.0]])
    time.sleep(0.05)
    futures += queue(model, call, [[2.0]])
    model.gate.set()
    answers(futures)
    assert len(told) == 3
    assert told[1] >= 50_000
    assert 0 <= told[2] < told[1]


def test_nothing_is_kept_of_calls_that_are_over(serve):
    model, call = serve(max_batch_size=4)
    for number in range(20):
        answers([call([float(number)], **{f"y{number}": np.zeros(1)})])
    wait_for(lambda: not unfinished(model))
    assert model.batcher._queues == {}


def test_many_threads_get_their_own_answers(serve):
    model, call = serve(
        threads=3,
        max_batch_size=16,
        batch_timeout_micros=500,
        max_enqueued_batches=1000,
        allowed_batch_sizes=(4, 16),
    )
    random = np.random.default_rng(0)
    calls = [random.integers(0, 1000, (random.integers(1, 6), 3)).astype(float).tolist() for _ in range(1000)]
    futures = [call(*rows) for rows in calls]
    assert answers(futures) == [[sum(row) for row in rows] for rows in calls]
    assert set(model.sizes) <= {4, 16}
    assert len(model.sizes) < len(calls)
