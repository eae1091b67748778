"""A servable's answers, loaded as TensorFlow Serving loads it, and asked over REST and gRPC.

TensorFlow Serving runs a SavedModel through a version 1 session on whatever machine it is on; so does this.
The embedded server then serves the folder, whose name must be a version's number, and is asked the same.
Nothing of keras_seq is imported.
"""

from __future__ import annotations

import pathlib
import socket
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from export import ANSWER_SECONDS, WARMUP_FILE
from export.questions import array
from serving import flags
from serving.client import Client
from serving.server import Server

Done = Callable[[Any], Any]  # called with each answer, and gives it back


def of_session(folder: pathlib.Path, batches: list, others: dict[str, Any], done: Done) -> dict[str, Any]:
    """The answers of a session, by signature, and how many warm-up requests it answered too."""
    warmup_requests = _warmup_requests(folder)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        meta_graph = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))

        def ask(name, inputs):
            signature = meta_graph.signature_def[name]
            fetches = {name: tensor.name for name, tensor in signature.outputs.items()}
            # NumPy's own strings would lose a NUL at their end; TensorFlow names Python's objects for them.
            types = {name: tf.as_dtype(info.dtype).as_numpy_dtype for name, info in signature.inputs.items()}
            feeds = {signature.inputs[name].name: np.array(inputs[name], types[name]) for name in types}
            answer = session.run(fetches, feeds)
            return _arrays(answer)

        (default,) = meta_graph.signature_def["serving_default"].inputs
        answers = [done(ask("serving_default", {default: batch})) for batch in batches]
        others_answers = {name: [done(ask(name, one)) for one in batch] for name, batch in others.items()}
        for request in warmup_requests:
            inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
            ask(request.model_spec.signature_name, inputs)
    return {"answers": answers, "others": others_answers, "replayed": len(warmup_requests)}


def _warmup_requests(folder: pathlib.Path) -> list[Any]:
    records = tf.data.TFRecordDataset(str(folder / WARMUP_FILE)).as_numpy_iterator()
    return [prediction_log_pb2.PredictionLog.FromString(record).predict_log.request for record in records]


def of_server(
    folder: pathlib.Path, batches: list, others: dict[str, Any], takes_files: bool, done: Done
) -> dict[str, dict]:
    """The answers over either interface.

    Files are sent as bytes, which REST has in base64, even where they are text by chance; texts as text where
    they are UTF-8.
    """
    as_sent = list if takes_files else _as_text
    rest_port, grpc_port = _free_ports()
    name = folder.parent.name
    arguments = [f"--model_name={name}", f"--model_base_path={folder.parent}", "--max_num_load_retries=0"]
    arguments += [f"--port={grpc_port}", f"--rest_api_port={rest_port}"]
    server = Server(flags.parsed([*arguments, f"--rest_api_timeout_in_ms={1000 * ANSWER_SECONDS}"]))
    server.start()
    try:
        clients = {
            "REST": Client(f"http://127.0.0.1:{rest_port}", timeout=ANSWER_SECONDS),
            "gRPC": Client(f"127.0.0.1:{grpc_port}", timeout=ANSWER_SECONDS, grpc=True),
        }
        return {
            interface: {
                "answers": [done(_arrays(client.predict(name, as_sent(batch)))) for batch in batches],
                "others": {
                    signature: [
                        done(_arrays(client.predict(name, _sent(inputs, as_sent), signature_name=signature)))
                        for inputs in batch
                    ]
                    for signature, batch in others.items()
                },
            }
            for interface, client in clients.items()
        }
    finally:
        server.stop()


def _arrays(answer: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: array(values) for name, values in answer.items()}


def _free_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _sent(inputs: dict[str, Any], as_sent: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: as_sent(values) for name, values in inputs.items()}


def _as_text(item: Any) -> Any:
    if isinstance(item, list):
        return [_as_text(one) for one in item]
    try:
        return item.decode() if isinstance(item, bytes) else item
    except UnicodeDecodeError:
        return item
