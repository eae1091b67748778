"""What the tests of batching share: a model that can be held up, and calls to it that are queued in order."""

import concurrent.futures
import contextlib
import threading
import time

import numpy as np

from serving.batching.batcher import Batcher
from serving.batching.scheduler import BatchScheduler
from serving.configs import Batching
from serving.errors import ServingError

SECONDS = 60  # that a test waits
LONG = 1_000_000_000  # microseconds; a batch that waits this long fails its test


class Model:
    """Adds up the columns of `x`; keeps the feeds of each batch, and may be held up at a gate."""

    def __init__(self):
        self.batches = []
        self.timeouts = []
        self.started = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.error = None

    def run(self, feeds, fetches, timeout_ms):
        self.batches.append(feeds)
        self.timeouts.append(timeout_ms)
        self.started.release()
        assert self.gate.wait(SECONDS)
        if self.error:
            raise self.error
        x = feeds["x:0"]
        known = {
            "sum:0": lambda: x.sum(axis=tuple(range(1, x.ndim))),
            "same:0": lambda: x,
            "scalar:0": lambda: np.float32(1),
            "short:0": lambda: x[1:],
        }
        return [known[name]() for name in fetches]

    @property
    def sizes(self):
        return [len(feeds["x:0"]) for feeds in self.batches]


@contextlib.contextmanager
def serving():
    """A model behind a batcher, and what calls it in a thread of its own."""
    schedulers, batchers, models = [], [], []
    pool = concurrent.futures.ThreadPoolExecutor(64)

    def serve(threads=1, scheduler=None, queued=None, **limits):
        if scheduler is None:
            scheduler = BatchScheduler(threads)
            schedulers.append(scheduler)
        model = Model()
        batcher = Batcher(model.run, Batching(**limits), scheduler, queued)
        batchers.append(batcher)
        models.append(model)

        def call(*rows, fetches=("sum:0",), timeout_ms=None, **others):
            feeds = {
                "x:0": np.array(rows, np.float32),
                **{f"{name}:0": value for name, value in others.items()},
            }
            return pool.submit(batcher.run, feeds, fetches, timeout_ms)

        model.batcher = batcher
        return model, call

    yield serve
    for model in models:
        model.gate.set()
    for batcher in batchers:
        batcher.close()
    for scheduler in schedulers:
        scheduler.close()
    pool.shutdown()


def hold(model, call):
    """Occupy the only thread, so that what comes next is queued; release with `model.gate.set()`."""
    model.gate.clear()
    while model.started.acquire(blocking=False):
        pass  # earlier batches do not count
    held = call([0.0])
    assert model.started.acquire(timeout=SECONDS)
    return held


def wait_for(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def unfinished(model):
    with model.batcher._scheduler.lock:
        return model.batcher._unfinished


def queue(model, call, *calls, **options):
    """Calls, queued in this order."""
    futures = []
    for rows in calls:
        before = unfinished(model)
        futures.append(call(*rows, **options))
        wait_for(lambda before=before: unfinished(model) > before)
    return futures


def answers(futures):
    return [future.result(SECONDS)[0].tolist() for future in futures]


def error_of(future):
    error = future.exception(SECONDS)
    assert isinstance(error, ServingError), error
    return error.code, error.message
