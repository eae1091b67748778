"""Loading a version: the SavedModel, its warm-up requests, and a batcher in front of it."""

from __future__ import annotations

import pathlib
import time

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import prediction_log_pb2

from serving.batching.batcher import Batcher
from serving.batching.scheduler import BatchScheduler
from serving.configs import Batching
from serving.errors import Code, ServingError
from serving.inference import calls
from serving.inference.engine import SavedModel
from serving.metrics import Metrics

WARMUP_FILE = pathlib.PurePath("assets.extra", "tf_serving_warmup_requests")
MOST_WARMUP_RECORDS = 1000


class Servable:
    """A version that is being served: what `calls` asks.

    Args:
        name: of the model.
        model: the SavedModel.
        metrics: where its time is counted.
        batcher: what joins its calls; None to run them one by one.
    """

    def __init__(self, name: str, model: SavedModel, metrics: Metrics, batcher: Batcher | None) -> None:
        self.signatures = model.signatures
        self._name = name
        self._model = model
        self._metrics = metrics
        self._batcher = batcher

    def run(
        self, feeds: dict[str, np.ndarray], fetches: tuple[str, ...], timeout_ms: int | None
    ) -> list[np.ndarray]:
        """The fetched tensors; see `SavedModel.run`."""
        start = time.perf_counter()
        outputs = (self._batcher or self._model).run(feeds, fetches, timeout_ms)
        self._metrics.runtime(self._name, "Predict", 1e6 * (time.perf_counter() - start))
        return outputs

    def close(self) -> None:
        """Let queued calls finish, and free what the model holds."""
        if self._batcher:
            self._batcher.close()
        self._model.close()


class Loader:
    """Loads versions; what `Models` calls.

    Args:
        metrics: where loads are counted.
        batching: how calls are joined; None for not at all.
        scheduler: the threads that run batches, when there is batching.
        with_warmup: whether warm-up requests are replayed before a version is available.
        intra_op_threads, inter_op_threads: of each model's session; 0 leaves it to TensorFlow.
    """

    def __init__(
        self,
        metrics: Metrics,
        batching: Batching | None = None,
        scheduler: BatchScheduler | None = None,
        with_warmup: bool = True,
        intra_op_threads: int = 0,
        inter_op_threads: int = 0,
    ) -> None:
        self._metrics = metrics
        self._batching = batching
        self._scheduler = scheduler
        self._with_warmup = with_warmup
        self._threads = intra_op_threads, inter_op_threads

    def __call__(self, name: str, version: int, path: str) -> Servable:
        """Load a version.

        Raises:
            ServingError: when it cannot be loaded, or a warm-up request fails.
        """
        start = time.perf_counter()
        try:
            model = SavedModel(path, *self._threads)
        except ServingError:
            self._metrics.loaded(path, time.perf_counter() - start, success=False)
            raise
        self._metrics.loaded(path, time.perf_counter() - start)
        batcher = None
        if self._batching and self._scheduler:
            batcher = Batcher(model.run, self._batching, self._scheduler, queued=self._metrics.queued)
        servable = Servable(name, model, self._metrics, batcher)
        try:
            if self._with_warmup:
                self._warm_up(servable, path)
        except BaseException:
            servable.close()
            raise
        return servable

    def _warm_up(self, servable: Servable, path: str) -> None:
        file = pathlib.Path(path, WARMUP_FILE)
        if not file.exists():
            return
        start, status = time.perf_counter(), Code.UNKNOWN
        try:
            replay(servable, file)
            status = Code.OK
        except ServingError as error:
            status = error.code
            raise
        finally:
            self._metrics.warmed_up(path, status.name, 1e6 * (time.perf_counter() - start))


def replay(servable: Servable, file: pathlib.Path) -> int:
    """Send a version the requests of a warm-up file, a TFRecord of PredictionLogs, and return how many
    they were.

    Raises:
        ServingError: when a record cannot be read, is of an unknown kind, or fails; or when there are too
            many.
    """
    count = 0
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            count += 1
            if count > MOST_WARMUP_RECORDS:
                text = f"Number of warmup records exceeds the maximum ({MOST_WARMUP_RECORDS}) at {file}"
                raise ServingError(Code.INVALID_ARGUMENT, text)
            _replay(servable, prediction_log_pb2.PredictionLog.FromString(record), file)
    except tf.errors.OpError as error:
        text = f"Please verify your warmup data is in TFRecord format: {file}: {error.message}"
        raise ServingError(Code.DATA_LOSS, text) from None
    except DecodeError:
        raise ServingError(Code.INVALID_ARGUMENT, f"Failed to parse warmup record {count}: {file}") from None
    return count


def _replay(servable: Servable, record: prediction_log_pb2.PredictionLog, file: pathlib.Path) -> None:
    kind = record.WhichOneof("log_type")
    if kind == "predict_log":
        request = record.predict_log.request
        calls.predict(
            servable, request.model_spec.signature_name, request.inputs, list(request.output_filter)
        )
    elif kind in ("classify_log", "regress_log"):
        request = getattr(record, kind).request
        method = calls.classify if kind == "classify_log" else calls.regress
        method(servable, request.model_spec.signature_name, calls.examples_of(request.input))
    elif kind == "multi_inference_log":
        request = record.multi_inference_log.request
        calls.several(servable, request.tasks, calls.examples_of(request.input))
    else:
        raise ServingError(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind}: {file}")
