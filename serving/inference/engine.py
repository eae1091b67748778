"""One version of a model: a SavedModel in a session of TensorFlow's version 1, as TensorFlow Serving runs it."""

from __future__ import annotations

import contextlib
import pathlib
import tempfile
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from serving.configs import SAVED_MODELS
from serving.errors import Code, ServingError
from serving.inference import text_ops
from serving.inference.session import Session

SERVE = "serve"

text_ops.load()


class SavedModel:
    """A loaded SavedModel; any number of threads may call `run`.

    Args:
        path: its folder. TF1, TF2 and Keras SavedModels with the tag "serve" are taken.
        intra_op_threads, inter_op_threads: of the session; 0 leaves it to TensorFlow.

    Attributes:
        signatures: name -> SignatureDef.

    Raises:
        ServingError: when it cannot be loaded.
    """

    def __init__(self, path: str, intra_op_threads: int = 0, inter_op_threads: int = 0) -> None:
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=intra_op_threads, inter_op_parallelism_threads=inter_op_threads
        )
        if not any(pathlib.Path(path, name).exists() for name in SAVED_MODELS):
            message = f"Could not find SavedModel .pb or .pbtxt at supplied export directory path: {path}"
            raise ServingError(Code.NOT_FOUND, message)
        self._session = Session(graph=tf.Graph(), config=config)
        try:
            with _tensorflow_errors(), _plain(path) as plain_path, self._session.graph.as_default():
                loaded: meta_graph_pb2.MetaGraphDef = tf.compat.v1.saved_model.load(
                    self._session, [SERVE], plain_path
                )
                self._session.seal()
        except BaseException:
            self._session.close()
            raise
        self.signatures = dict(loaded.signature_def)

    def run(
        self, feeds: dict[str, np.ndarray], fetches: tuple[str, ...], timeout_ms: int | None
    ) -> list[np.ndarray]:
        """The fetched tensors.

        Args:
            feeds: tensor name -> value.
            fetches: tensor names.
            timeout_ms: for this call; None for none.

        Raises:
            ServingError: TensorFlow's own code and text.
        """
        with _tensorflow_errors():
            found = self._session.fetch(feeds, fetches, timeout_ms)
        # A scalar string comes as bytes, of which NumPy would cut off zeros at the end.
        return [np.array(one, object) if isinstance(one, bytes) else np.asarray(one) for one in found]

    def close(self) -> None:
        """Free what the model holds."""
        self._session.close()


@contextlib.contextmanager
def _plain(path: str) -> Iterator[str]:
    """A way to a folder without the signs of a pattern, for which TensorFlow takes the path of variables."""
    if not set(path) & set("*?[]\\"):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="serving-") as folder:
        link = pathlib.Path(folder, "model")
        link.symlink_to(pathlib.Path(path).absolute(), target_is_directory=True)
        yield str(link)


@contextlib.contextmanager
def _tensorflow_errors() -> Iterator[None]:
    try:
        yield
    except tf.errors.OpError as error:
        raise ServingError(Code(error.error_code), error.message) from error
    except (ValueError, TypeError, KeyError, RuntimeError, OSError) as error:
        raise ServingError(Code.INVALID_ARGUMENT, str(error)) from error
