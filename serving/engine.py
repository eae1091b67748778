"""One version of a model: a SavedModel in a session of TensorFlow's version 1, as TensorFlow Serving runs it."""

from __future__ import annotations

import contextlib
import pathlib
import threading
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  (registers its ops, which a servable may hold)
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import Code, ServingError

SERVE = "serve"


class SavedModel:
    """A loaded SavedModel; any number of threads may call `run`.

    Args:
        path: its folder. TF1, TF2 and Keras SavedModels with the tag "serve" are taken.
        intra_op_threads, inter_op_threads: of the session; 0 leaves it to TensorFlow.

    Attributes:
        path: the folder.
        signatures: name -> SignatureDef.

    Raises:
        ServingError: when it cannot be loaded.
    """

    def __init__(self, path: str, intra_op_threads: int = 0, inter_op_threads: int = 0) -> None:
        self.path = path
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=intra_op_threads, inter_op_parallelism_threads=inter_op_threads
        )
        if not any(pathlib.Path(path, name).exists() for name in ("saved_model.pb", "saved_model.pbtxt")):
            message = f"Could not find SavedModel .pb or .pbtxt at supplied export directory path: {path}"
            raise ServingError(Code.NOT_FOUND, message)
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
        try:
            with _tensorflow_errors(), self._session.graph.as_default():
                loaded: meta_graph_pb2.MetaGraphDef = tf.compat.v1.saved_model.load(self._session, [SERVE], path)
        except BaseException:
            self._session.close()
            raise
        self.signatures = dict(loaded.signature_def)
        self._calls: dict[tuple[tuple[str, ...], tuple[str, ...]], Callable] = {}
        self._lock = threading.Lock()

    def run(self, feeds: dict[str, np.ndarray], fetches: tuple[str, ...], timeout_ms: int | None) -> list[np.ndarray]:
        """The fetched tensors.

        Args:
            feeds: tensor name -> value.
            fetches: tensor names.
            timeout_ms: for this call; None for none.

        Raises:
            ServingError: TensorFlow's own code and text.
        """
        names = tuple(feeds)
        with _tensorflow_errors():
            call = self._calls.get((names, fetches)) or self._prepare(names, fetches)
            options = tf.compat.v1.RunOptions(timeout_in_ms=timeout_ms) if timeout_ms else None
            # A scalar string comes as bytes, of which NumPy would cut off zeros at the end.
            found = call(*feeds.values(), options=options)
            return [np.array(one, object) if isinstance(one, bytes) else np.asarray(one) for one in found]

    def close(self) -> None:
        """Free what the model holds."""
        self._session.close()

    def _prepare(self, names: tuple[str, ...], fetches: tuple[str, ...]) -> Callable:
        with self._lock:
            if (names, fetches) not in self._calls:
                graph = self._session.graph
                feeds = [graph.as_graph_element(name) for name in names]
                call = self._session.make_callable(list(fetches), feed_list=feeds, accept_options=True)
                self._calls[names, fetches] = call
            return self._calls[names, fetches]


@contextlib.contextmanager
def _tensorflow_errors() -> Iterator[None]:
    try:
        yield
    except tf.errors.OpError as error:
        raise ServingError(Code(error.code), error.message) from error
    except (ValueError, TypeError, KeyError, RuntimeError, OSError) as error:
        raise ServingError(Code.INVALID_ARGUMENT, str(error)) from error
