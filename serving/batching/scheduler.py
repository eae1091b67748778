"""The queues of batches and the threads that run them, after TensorFlow's shared batch scheduler."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from serving.configs import Batching
from serving.errors import Code, ServingError


class Task(Protocol):
    """What a batch is made of."""

    @property
    def rows(self) -> int:
        """How much of the batch it fills."""


T = TypeVar("T", bound=Task)


class Batch(Generic[T]):
    """Tasks that run together, and when the first of them came (in `time.monotonic`'s seconds)."""

    def __init__(self) -> None:
        self.tasks: list[T] = []
        self.rows = 0
        self.begun = 0.0


class Queue(Generic[T]):
    """Batches in order of arrival; the last is open, the others are full. The caller holds the scheduler's
    lock.

    Args:
        batching: the limits.
        process: runs a batch, in a thread of the scheduler and without the lock; must not raise.
        emptied: called when the last task has been taken.
    """

    def __init__(
        self, batching: Batching, process: Callable[[Batch[T]], None], emptied: Callable[[], None]
    ) -> None:
        self.process = process
        self.emptied = emptied
        self.is_closed = False  # a closed queue waits for no more rows
        self._batching = batching
        self._batches: collections.deque[Batch[T]] = collections.deque([Batch()])

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return len(self._batches) == 1 and not self._batches[0].tasks

    @property
    def open_rows(self) -> int:
        """Rows of the open batch."""
        return self._batches[-1].rows

    def due(self) -> float:
        """When the first batch may run; 0 is now. Not to be asked of an empty queue."""
        first = self._batches[0]
        if len(self._batches) > 1 or self.is_closed or first.rows >= self._batching.largest_batch:
            return 0.0
        return first.begun + self._batching.batch_timeout_micros / 1e6

    def take(self) -> Batch[T]:
        """The first batch, which leaves the queue."""
        if len(self._batches) == 1:
            self._batches.append(Batch())
        return self._batches.popleft()

    def add(self, task: T, begun: float) -> bool:
        """Put a task into the open batch, or into a new one; true when a thread should visit the queue
        again.
        """
        batch = self._batches[-1]
        if batch.tasks and batch.rows + task.rows > self._batching.largest_batch:
            batch = Batch()
            self._batches.append(batch)
        if not batch.tasks:
            batch.begun = begun
        batch.tasks.append(task)
        batch.rows += task.rows
        return len(batch.tasks) == 1 or batch.rows >= self._batching.largest_batch

    def check_capacity(self, rows: int) -> None:
        """Refuse a call that is too large, or one too many.

        Raises:
            ServingError: INVALID_ARGUMENT or UNAVAILABLE, with TensorFlow's text.
        """
        batching, num_batches = self._batching, len(self._batches)
        if rows > batching.max_batch_size:
            message = f"Task size {rows} is larger than maximum input batch size {batching.max_batch_size}"
            raise ServingError(Code.INVALID_ARGUMENT, message)
        full = "The batch scheduling queue to which this task was submitted is full; "
        if batching.enable_large_batch_splitting:
            most = batching.largest_batch
            capacity = (batching.max_enqueued_batches - num_batches) * most + most - self.open_rows
            if rows > capacity:
                message = (
                    f"{full}task size is {rows} but scheduling capacity is only {capacity} "
                    f"(num_enqueued_batches={num_batches}, max_enqueued_batches={batching.max_enqueued_batches}, "
                    f"open_batch_size={self.open_rows}, max_execution_batch_size={most})"
                )
                raise ServingError(Code.UNAVAILABLE, message)
            return
        most_batches = max(1, batching.max_enqueued_batches)  # TensorFlow takes 0 for 1 here
        if self.open_rows + rows > batching.max_batch_size and num_batches >= most_batches:
            message = f"currently {num_batches} batches enqueued and max_enqueued_batches is {most_batches}"
            raise ServingError(Code.UNAVAILABLE, full + message)


class BatchScheduler:
    """The threads that run the batches of all models of a server, one of each queue in turn.

    Args:
        num_batch_threads: how many batches run at a time.
        thread_pool_name: what the threads are called.
    """

    def __init__(self, num_batch_threads: int, thread_pool_name: str = "batch_threads") -> None:
        self.lock = threading.RLock()  # guards the queues too
        self.changed = threading.Condition(self.lock)
        self.is_closed = False
        self._queues: collections.deque[Queue] = collections.deque()  # those that hold something
        self._threads = [
            threading.Thread(target=self._work, name=f"{thread_pool_name}_{number}", daemon=True)
            for number in range(num_batch_threads)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, queue: Queue) -> None:
        """Serve a queue until it is empty; the caller holds the lock."""
        self._queues.append(queue)

    def close(self) -> None:
        """End the threads when everything that is queued has run."""
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while self._run_next():
            pass

    def _run_next(self) -> bool:
        """Wait for a batch and run it; false at the end. A call of its own, so that an idle thread holds no
        arrays.
        """
        found = self._next()
        if found is None:
            return False
        queue, batch = found
        queue.process(batch)
        return True

    def _next(self) -> tuple[Queue, Batch] | None:
        with self.changed:
            while True:
                now, soonest = time.monotonic(), None
                for _ in range(len(self._queues)):
                    queue = self._queues.popleft()
                    due = 0.0 if self.is_closed else queue.due()
                    if due <= now:
                        return queue, self._take(queue)
                    self._queues.append(queue)
                    soonest = due if soonest is None else min(soonest, due)
                if soonest is None and self.is_closed:
                    return None
                self.changed.wait(None if soonest is None else soonest - now)

    def _take(self, queue: Queue) -> Batch:
        batch = queue.take()
        if queue.is_empty:
            queue.emptied()
        else:
            self._queues.append(queue)
        # This thread watched the clock for whatever else is queued; another idle one takes that over.
        if self._queues:
            self.changed.notify()
        return batch
