"""A session of TensorFlow's version 1 that runs what TensorFlow Serving's would: everything here that is not
public in TensorFlow stands in this file.

`Session.run` compares the shape of a value with that of its placeholder, in Python, and refuses what the
operations would take; TensorFlow Serving makes no such comparison, and its own tests ask a signature of
`[-1, 1]` with a plain list. `Session.make_callable` with a list of feeds calls `Session.run`, and functions
of TensorFlow 2 know no deadline. So a call goes to what `Session.run` itself calls, once it has compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.client import pywrap_tf_session


class Session(tf.compat.v1.Session):
    """A session whose graph is complete once `seal` was called; then any number of threads may call `fetch`."""

    def seal(self) -> None:
        """Hand the graph to the runtime, which `Session.run` does before every call."""
        self._extend_graph()
        self._places: dict[str, Any] = {}

    def fetch(
        self, feeds: dict[str, np.ndarray], fetches: tuple[str, ...], timeout_ms: int | None
    ) -> list[np.ndarray | bytes]:
        """The fetched tensors; a scalar string comes as bytes.

        Args:
            feeds: tensor name -> value, strings as an object array.
            fetches: tensor names.
            timeout_ms: for this call; None for none.

        Raises:
            tf.errors.OpError, ValueError, TypeError, KeyError: as `Session.run`.
        """
        options = None
        try:
            if timeout_ms:
                run_options = tf.compat.v1.RunOptions(timeout_in_ms=timeout_ms)
                options = pywrap_tf_session.TF_NewBufferFromString(run_options.SerializeToString())
            inputs = {self._place(name): value for name, value in feeds.items()}
            return self._call_tf_sessionrun(options, inputs, list(map(self._place, fetches)), [], None)
        finally:
            if options is not None:
                pywrap_tf_session.TF_DeleteBuffer(options)

    def _place(self, name: str) -> Any:
        """A tensor of the graph by its name, as the runtime knows it."""
        if name not in self._places:
            self._places[name] = self.graph.as_graph_element(name, allow_operation=False)._as_tf_output()
        return self._places[name]
