"""Joining concurrent calls into batches, as TensorFlow Serving's batching session does.

Unlike there, a call whose deadline passes is answered then, with DEADLINE_EXCEEDED, and its rows are
left out of a batch that has not begun (there, they run along, or all get RESOURCE_EXHAUSTED at the end); and
a call of a wrong rank shares no batch with right ones, which would fail with it.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from serving.batching.merging import check_outputs, merge, num_rows
from serving.batching.scheduler import Batch, BatchScheduler, Queue
from serving.configs import Batching
from serving.errors import Code, ServingError

Feeds = dict[str, np.ndarray]
Key = tuple[
    tuple[tuple[str, int], ...], tuple[str, ...]
]  # feeds with ranks, and fetches; equal ones share batches
Run = Callable[[Feeds, tuple[str, ...], int | None], list[np.ndarray]]

TOO_LATE = "Run() timeout exceeded while waiting in batching queue"


class _Call:
    """A caller's call, and its answers as they come; `settled` is set when the last part has its own."""

    def __init__(self, feeds: Feeds, fetches: tuple[str, ...], timeout_ms: int | None) -> None:
        self.feeds = feeds
        self.fetches = fetches
        self.begun = time.monotonic()
        self.deadline = self.begun + timeout_ms / 1000 if timeout_ms and timeout_ms > 0 else None
        self.abandoned = False
        self.error: ServingError | None = None
        self.answers: dict[int, dict[str, np.ndarray]] = {}  # by the part's first row
        self.unsettled = 0
        self.settled = threading.Event()

    def is_late(self, now: float) -> bool:
        return self.abandoned or (self.deadline is not None and self.deadline <= now)

    def outputs(self) -> list[np.ndarray]:
        """The answers in the caller's order, or the error of the batch."""
        if self.error:
            raise ServingError(self.error.code, self.error.message)
        parts = [self.answers[start] for start in sorted(self.answers)]
        if len(parts) == 1:
            return [parts[0][name] for name in self.fetches]
        try:
            return [np.concatenate([part[name] for part in parts]) for name in self.fetches]
        except ValueError as error:
            raise ServingError(Code.INTERNAL, f"Tensor concat operation failed: {error}") from None


class _Part(NamedTuple):
    """Rows of a call that go into one batch: all, unless a large call is split."""

    call: _Call
    start: int
    stop: int

    @property
    def rows(self) -> int:
        return self.stop - self.start

    def feeds(self) -> Feeds:
        return {name: array[self.start : self.stop] for name, array in self.call.feeds.items()}


class Batcher:
    """One loaded version's calls, joined; its `run` is, to its callers, the one it is given.

    Args:
        run: feeds and fetches by tensor name, and a timeout in milliseconds, to the fetched arrays.
        batching: the limits.
        scheduler: whose threads run the batches; shared by all models.
        queued: called with the time that each call waited for its batch, in microseconds.
    """

    def __init__(
        self,
        run: Run,
        batching: Batching,
        scheduler: BatchScheduler,
        queued: Callable[[float], None] | None = None,
    ) -> None:
        self._run = run
        self._batching = batching
        self._scheduler = scheduler
        self._queued = queued
        self._queues: dict[Key, Queue[_Part]] = {}  # those that hold something
        self._unfinished = 0  # parts, queued or running
        self._idle = threading.Condition(scheduler.lock)
        self._is_closed = False

    def run(self, feeds: Feeds, fetches: tuple[str, ...], timeout_ms: int | None) -> list[np.ndarray]:
        """The fetched arrays of these rows, from a batch that may hold rows of others.

        Args:
            feeds: arrays by tensor name, all with the same number of rows (dimension 0).
            fetches: tensor names.
            timeout_ms: how long the caller waits, queuing included; None, 0 or less is for ever.

        Raises:
            ServingError: when the call does not fit, the queue is full, the time is over, or the batch fails.
        """
        rows = num_rows(feeds)
        call = _Call(feeds, fetches, timeout_ms)
        with self._scheduler.lock:
            self._enqueue(call, rows)
        if not call.settled.wait(None if call.deadline is None else call.deadline - time.monotonic()):
            call.abandoned = True
            raise ServingError(Code.DEADLINE_EXCEEDED, TOO_LATE)
        return call.outputs()

    def close(self) -> None:
        """Take no more calls; return when those that are there have been run."""
        with self._idle:
            self._is_closed = True
            for queue in self._queues.values():
                queue.is_closed = True
            self._scheduler.changed.notify_all()
            self._idle.wait_for(lambda: not self._unfinished)

    def _enqueue(self, call: _Call, rows: int) -> None:
        if self._is_closed or self._scheduler.is_closed:
            raise ServingError(Code.UNAVAILABLE, "The batching queue is closed")
        feeds = sorted((name, array.ndim) for name, array in call.feeds.items())
        key = (tuple(feeds), tuple(sorted(set(call.fetches))))
        queue = self._queues.get(key)
        if queue is None:
            queue = Queue(
                self._batching,
                process=lambda batch: self._process(key[1], batch),
                emptied=lambda: self._forget(key),
            )
        queue.check_capacity(rows)
        if queue.is_empty:
            self._queues[key] = queue
            self._scheduler.add(queue)
        for part in self._parts(call, rows, queue.open_rows):
            call.unsettled += 1
            self._unfinished += 1
            if queue.add(part, call.begun):
                self._scheduler.changed.notify()

    def _forget(self, key: Key) -> None:
        del self._queues[key]

    def _parts(self, call: _Call, rows: int, open_rows: int) -> list[_Part]:
        """A call, cut so that its first rows fill the open batch and the others make full ones."""
        most = self._batching.largest_batch
        if not self._batching.enable_large_batch_splitting or open_rows + rows <= most:
            return [_Part(call, 0, rows)]
        first = (most - open_rows) or most
        bounds = [0, *range(first, rows, most), rows]
        return [_Part(call, start, stop) for start, stop in itertools.pairwise(bounds)]

    def _process(self, fetches: tuple[str, ...], batch: Batch[_Part]) -> None:
        """Run a batch and settle its calls, whatever a model does."""
        error: ServingError | None = None
        try:
            self._answer(fetches, batch)
        except ServingError as failure:
            error = failure
        except Exception as failure:
            error = ServingError(Code.INTERNAL, f"{type(failure).__name__}: {failure}")
        with self._idle:
            for part in batch.tasks:
                part.call.error = part.call.error or error
                part.call.unsettled -= 1
                if not part.call.unsettled:
                    part.call.settled.set()
            self._unfinished -= len(batch.tasks)
            if not self._unfinished:
                self._idle.notify_all()

    def _answer(self, fetches: tuple[str, ...], batch: Batch[_Part]) -> None:
        now = time.monotonic()
        parts = []
        for part in batch.tasks:
            if self._queued:
                self._queued((now - part.call.begun) * 1e6)
            if part.call.is_late(now):
                part.call.error = ServingError(Code.DEADLINE_EXCEEDED, TOO_LATE)
            else:
                parts.append(part)
        if not parts:
            return
        feeds, rows = merge([part.feeds() for part in parts], self._batching)
        deadlines = [part.call.deadline for part in parts]
        latest = (
            None if None in deadlines else max(deadline for deadline in deadlines if deadline is not None)
        )
        outputs = self._run(feeds, fetches, None if latest is None else max(1, int((latest - now) * 1000)))
        check_outputs(outputs, fetches, rows)
        start = 0
        for part in parts:
            stop = start + part.rows
            part.call.answers[part.start] = {
                name: output[start:stop] for name, output in zip(fetches, outputs, strict=True)
            }
            start = stop
