"""What the server counts, as a Prometheus page under TensorFlow Serving's own names.

The names begin with a colon, and a value that equals a bucket's limit is counted in the next bucket: both as
there.
"""

from __future__ import annotations

import bisect
import threading

MOST_SERIES = (
    1000  # of a metric; names of models that are not there come from clients, and must not fill the memory
)
LONGEST_LABEL = 256  # characters


def _exponential(first: float, growth: float, count: int) -> list[float]:
    limits = [first]
    while len(limits) < count:
        limits.append(limits[-1] * growth)
    return limits


LATENCY_LIMITS = _exponential(10, 1.8, 33)  # microseconds, to about 20 minutes
QUEUING_LIMITS = _exponential(100, 1.2, 52)  # microseconds, to about 1 second


class _Metric:
    """Series of one name by the values of their labels; the caller holds the lock."""

    kind = "counter"

    def __init__(self, name: str, labels: tuple[str, ...]) -> None:
        self.name = name
        self.labels = labels

    def _key(self, values: tuple[str, ...], known: dict) -> tuple[str, ...]:
        """The labels of the series to count in: past MOST_SERIES, the first label is `other`."""
        if values in known:
            return values
        values = tuple(value[:LONGEST_LABEL] for value in values)
        if values in known or len(known) < MOST_SERIES:
            return values
        return ("other", *values[1:])

    def _labels(self, values: tuple[str, ...], *more: str) -> str:
        pairs = [f'{name}="{_escaped(value)}"' for name, value in zip(self.labels, values, strict=True)]
        return "{" + ",".join([*pairs, *more]) + "}"


class _Counter(_Metric):
    def __init__(self, name: str, labels: tuple[str, ...]) -> None:
        super().__init__(name, labels)
        self.counts: dict[tuple[str, ...], int] = {}

    def add(self, values: tuple[str, ...], by: int = 1) -> None:
        key = self._key(values, self.counts)
        self.counts[key] = self.counts.get(key, 0) + by

    def lines(self) -> list[str]:
        return [f"{self.name}{self._labels(values)} {count}" for values, count in sorted(self.counts.items())]


class _Series:
    def __init__(self, num_buckets: int) -> None:
        self.buckets = [0] * num_buckets
        self.sum = 0.0


class _Histogram(_Metric):
    kind = "histogram"

    def __init__(self, name: str, labels: tuple[str, ...], limits: list[float]) -> None:
        super().__init__(name, labels)
        self.limits = limits
        self.names = [f'le="{limit:g}"' for limit in limits] + ['le="+Inf"']
        self.series: dict[tuple[str, ...], _Series] = {}

    def add(self, values: tuple[str, ...], value: float) -> None:
        key = self._key(values, self.series)
        series = self.series.get(key)
        if series is None:
            series = self.series[key] = _Series(len(self.names))
        series.buckets[bisect.bisect_right(self.limits, value)] += 1
        series.sum += value

    def lines(self) -> list[str]:
        lines = []
        for values, series in sorted(self.series.items()):
            total = 0
            for name, count in zip(self.names, series.buckets, strict=True):
                total += count
                lines.append(f"{self.name}_bucket{self._labels(values, name)} {total}")
            lines.append(f"{self.name}_sum{self._labels(values)} {series.sum:.15g}")
            lines.append(f"{self.name}_count{self._labels(values)} {total}")
        return lines


class Metrics:
    """The counters and histograms of one server; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        serving, saved_model = ":tensorflow:serving:", ":tensorflow:cc:saved_model:"
        self._loads = _Counter(f"{saved_model}load_attempt_count", ("model_path", "status"))
        self._load_latency = _Counter(f"{saved_model}load_latency", ("model_path",))
        self._requests = _Counter(f"{serving}request_count", ("model_name", "status"))
        self._latency = _Histogram(
            f"{serving}request_latency", ("model_name", "API", "entrypoint"), LATENCY_LIMITS
        )
        self._runtime = _Histogram(
            f"{serving}runtime_latency", ("model_name", "API", "runtime"), LATENCY_LIMITS
        )
        self._warmup = _Histogram(f"{serving}model_warmup_latency", ("model_path", "status"), LATENCY_LIMITS)
        self._queuing = _Histogram(
            f"{serving}batching_session:queuing_latency", ("thread_pool_name",), QUEUING_LIMITS
        )
        metrics: list[_Counter | _Histogram] = [
            self._loads,
            self._load_latency,
            self._requests,
            self._latency,
        ]
        metrics += [self._runtime, self._warmup, self._queuing]
        self._metrics = sorted(metrics, key=lambda metric: metric.name)

    def count_request(self, model: str, api: str, entrypoint: str, status: str, microseconds: float) -> None:
        """Count a request that was answered; as in TensorFlow Serving, only an `OK` has a latency.

        Args:
            model: the name asked for.
            api: `Predict`, `Classify`, ... over gRPC, `predict`, `classify`, ... over REST.
            entrypoint: `GRPC` or `REST`.
            status: the name of the answer's code, such as `OK` or `NOT_FOUND`.
            microseconds: from the request's arrival to its answer.
        """
        with self._lock:
            self._requests.add((model, status))
            if status == "OK":
                self._latency.add((model, api, entrypoint), microseconds)

    def runtime(self, model: str, api: str, microseconds: float) -> None:
        """Count a run of a model's graph."""
        with self._lock:
            self._runtime.add((model, api, "TF1"), microseconds)

    def loaded(self, model_path: str, seconds: float, *, success: bool = True) -> None:
        """Count an attempt to load a version; only a success has a latency."""
        with self._lock:
            self._loads.add((model_path, "success" if success else "fail"))
            if success:
                self._load_latency.add((model_path,), round(seconds * 1e6))

    def warmed_up(self, model_path: str, status: str, microseconds: float) -> None:
        """Count a replay of a version's warm-up requests; `status` is the name of its code."""
        with self._lock:
            self._warmup.add((model_path, status), microseconds)

    def queued(self, microseconds: float) -> None:
        """Count the time that a call waited for its batch."""
        with self._lock:
            self._queuing.add(("",), microseconds)  # TensorFlow Serving leaves this label empty

    def page(self) -> str:
        """All metrics in Prometheus' text format."""
        lines = []
        for metric in self._metrics:
            lines.append(f"# TYPE {metric.name} {metric.kind}")
            with self._lock:
                lines += metric.lines()
        return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
