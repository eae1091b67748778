"""A model's calls: split, refused, ended by a deadline, and each gets its own answer or error."""

import threading
import time

import pytest
from batches import LONG, SECONDS, answers, error_of, hold, queue, serving, unfinished, wait_for

from serving.errors import Code, ServingError


@pytest.fixture
def serve():
    with serving() as serve:
        yield serve


def test_a_call_larger_than_a_batch_is_refused(serve):
    model, call = serve(max_batch_size=2)
    assert error_of(call([1.0], [2.0], [3.0])) == (
        Code.INVALID_ARGUMENT,
        "Task size 3 is larger than maximum input batch size 2",
    )
    assert model.batches == []


def test_a_large_call_is_split_when_that_is_allowed(serve):
    model, call = serve(max_batch_size=100, enable_large_batch_splitting=True, max_execution_batch_size=4)
    hold(model, call)
    (small,) = queue(model, call, [[100.0]])
    (large,) = queue(model, call, [[float(number)] for number in range(9)], fetches=("sum:0",))
    model.gate.set()
    assert answers([small, large]) == [[100], list(range(9))]
    assert model.sizes == [1, 4, 4, 2], "its first rows fill the open batch"
    assert error_of(call(*[[0.0]] * 101)) == (
        Code.INVALID_ARGUMENT,
        "Task size 101 is larger than maximum input batch size 100",
    )


def test_a_split_call_that_the_queue_cannot_hold_is_refused_whole(serve):
    model, call = serve(
        max_batch_size=100,
        enable_large_batch_splitting=True,
        max_execution_batch_size=4,
        max_enqueued_batches=2,
    )
    held = hold(model, call)
    (small,) = queue(model, call, [[1.0]])
    assert error_of(call(*[[0.0]] * 8)) == (
        Code.UNAVAILABLE,
        "The batch scheduling queue to which this task was submitted is full; task size is 8 but scheduling capacity "
        "is only 7 (num_enqueued_batches=1, max_enqueued_batches=2, open_batch_size=1, max_execution_batch_size=4)",
    )
    model.gate.set()
    assert answers([held, small]) == [[0], [1]]
    assert model.sizes == [1, 1]


def test_a_failure_of_one_part_is_the_failure_of_a_split_call(serve):
    model, call = serve(max_batch_size=10, enable_large_batch_splitting=True, max_execution_batch_size=2)
    run = model.run

    def fails_on_the_second(feeds, fetches, timeout_ms):
        if feeds["x:0"][0, 0] == 3:
            raise ServingError(Code.INTERNAL, "no")
        return run(feeds, fetches, timeout_ms)

    model.batcher._run = fails_on_the_second
    assert error_of(call([1.0], [2.0], [3.0], [4.0], [5.0])) == (Code.INTERNAL, "no")


def test_an_error_of_a_batch_goes_to_all_its_calls_and_to_no_other(serve):
    model, call = serve(max_batch_size=10)
    held = hold(model, call)
    futures = queue(model, call, [[1.0]], [[2.0]])
    model.error = ServingError(Code.INVALID_ARGUMENT, "bad rows")
    model.gate.set()
    assert [error_of(future) for future in [held, *futures]] == [(Code.INVALID_ARGUMENT, "bad rows")] * 3
    model.error = None
    assert answers([call([3.0])]) == [[3]]
    model.error = KeyError("odd")
    assert error_of(call([4.0])) == (Code.INTERNAL, "KeyError: 'odd'")
    model.error = None
    assert answers([call([5.0])]) == [[5]], "the thread lives on"


def test_a_call_of_another_rank_spoils_no_batch(serve):
    model, call = serve(max_batch_size=10)
    hold(model, call)
    futures = queue(model, call, [[1.0]], [[[2.0]]], [[3.0]])
    model.gate.set()
    assert [future.result(SECONDS)[0].shape[0] for future in futures] == [1, 1, 1]
    assert sorted(batch["x:0"].shape for batch in model.batches[1:]) == [(1, 1, 1), (2, 1)]


def test_a_call_whose_deadline_passes_in_the_queue_is_answered_then_and_left_out(serve):
    model, call = serve(max_batch_size=10)
    held = hold(model, call)
    (late,) = queue(model, call, [[1.0]], timeout_ms=50)
    (patient,) = queue(model, call, [[2.0]])
    assert error_of(late) == (
        Code.DEADLINE_EXCEEDED,
        "Run() timeout exceeded while waiting in batching queue",
    )
    assert not patient.done()
    model.gate.set()
    assert answers([held, patient]) == [[0], [2]]
    assert model.batches[1]["x:0"].tolist() == [[2]]


def test_a_batch_of_late_calls_alone_is_not_run(serve):
    model, call = serve(max_batch_size=10)
    held = hold(model, call)
    (late,) = queue(model, call, [[1.0]], timeout_ms=20)
    assert error_of(late)[0] is Code.DEADLINE_EXCEEDED
    model.gate.set()
    assert answers([held]) == [[0]]
    wait_for(lambda: not unfinished(model))
    assert model.sizes == [1]


def test_the_longest_time_of_its_calls_is_that_of_a_batch(serve):
    model, call = serve(max_batch_size=2)
    hold(model, call)
    futures = queue(model, call, [[1.0]], timeout_ms=60_000) + queue(model, call, [[2.0]], timeout_ms=90_000)
    futures += queue(model, call, [[3.0]], timeout_ms=60_000) + queue(model, call, [[4.0]], timeout_ms=0)
    model.gate.set()
    assert answers(futures) == [[1], [2], [3], [4]]
    assert 60_000 < model.timeouts[1] <= 90_000
    assert model.timeouts[2] is None


def test_closing_answers_what_is_queued_and_refuses_what_comes(serve):
    model, call = serve(max_batch_size=10, batch_timeout_micros=LONG)
    futures = queue(model, call, [[1.0]], [[2.0]])
    begun = time.monotonic()
    model.batcher.close()
    assert time.monotonic() - begun < SECONDS, "it did not wait for its time"
    assert model.sizes == [2]
    assert answers(futures) == [[1], [2]]
    assert error_of(call([3.0]))[0] is Code.UNAVAILABLE


def test_closing_waits_for_a_batch_that_runs(serve):
    model, call = serve()
    held = hold(model, call)
    closing = threading.Thread(target=model.batcher.close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()
    model.gate.set()
    closing.join(SECONDS)
    assert not closing.is_alive()
    assert answers([held]) == [[0]]
