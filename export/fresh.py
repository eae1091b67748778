"""A servable's answers from a fresh process, loaded as TensorFlow Serving loads it, and asked over REST and gRPC.

    python -m export.fresh SERVABLE < questions.json > answers.json

The questions are `{"batches": [...], "others": {...}}`: lists of base64 inputs for the default signature, and for every
other one a batch of what it takes, in (nested) lists. TensorFlow Serving runs a SavedModel through a version 1 session
on whatever machine it is on; so does this, with GPUs hidden. The embedded server then serves the folder, whose name
must be a version's number, and is asked the same. Nothing of keras_seq is imported.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import socket
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow_serving.apis import prediction_log_pb2

from export import WARMUP_FILE
from serving import flags
from serving.client import Client
from serving.server import Server


def main(folder: str) -> int:
    core = _registered_ops()
    import tensorflow_text  # noqa: F401

    questions = json.load(sys.stdin)
    batches, others = _decoded(questions["batches"]), _decoded(questions["others"])
    records = list(tf.data.TFRecordDataset(str(pathlib.Path(folder, WARMUP_FILE))).as_numpy_iterator())
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        meta_graph = tf.compat.v1.saved_model.load(session, ["serve"], folder)

        def ask(name, batch):
            signature = meta_graph.signature_def[name]
            (feed,) = (tensor.name for tensor in signature.inputs.values())
            fetches = {name: tensor.name for name, tensor in signature.outputs.items()}
            answer = session.run(fetches, {feed: batch})
            return {name: _plain(values.tolist()) for name, values in answer.items()}

        answers = [ask("serving_default", batch) for batch in batches]
        others_answers = {name: ask(name, batch) for name, batch in others.items()}
        replayed = 0
        for record in records:
            request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
            (value,) = request.inputs.values()
            ask(request.model_spec.signature_name, tf.make_ndarray(value))
            replayed += 1
    json.dump(
        {
            "answers": answers,
            "others": others_answers,
            "served": _served(pathlib.Path(folder), batches, others),
            "replayed": replayed,
            "core_ops": sorted(core),
            "text_ops": sorted(_registered_ops() - core),
        },
        sys.stdout,
    )
    return 0


def _served(folder: pathlib.Path, batches: list[list[bytes]], others: dict[str, list]) -> dict[str, dict]:
    """The answers over either interface, in the form of the session's; inputs that are text are sent as text."""
    rest_port, grpc_port = _free_ports()
    arguments = [f"--model_name={folder.parent.name}", f"--model_base_path={folder.parent}", "--max_num_load_retries=0"]
    server = Server(flags.parsed([*arguments, f"--port={grpc_port}", f"--rest_api_port={rest_port}"]))
    server.start()
    try:
        clients = {
            "REST": Client(f"http://127.0.0.1:{rest_port}"),
            "gRPC": Client(f"127.0.0.1:{grpc_port}", grpc=True),
        }
        return {
            interface: {
                "answers": [client.predict(folder.parent.name, _text(batch)) for batch in batches],
                "others": {
                    name: client.predict(folder.parent.name, _text(batch), signature_name=name)
                    for name, batch in others.items()
                },
            }
            for interface, client in clients.items()
        }
    finally:
        server.stop()


def _free_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _decoded(value):
    if isinstance(value, dict):
        return {key: _decoded(item) for key, item in value.items()}
    return [_decoded(item) for item in value] if isinstance(value, list) else base64.b64decode(value)


def _text(item):
    if isinstance(item, list):
        return [_text(one) for one in item]
    try:
        return item.decode()
    except UnicodeDecodeError:
        return item


def _registered_ops() -> set[str]:
    """The names of all ops that are known to this process now; TensorFlow has no public call for it."""
    serialized = pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())
    return {op.name for op in op_def_pb2.OpList.FromString(serialized).op}


def _plain(value):
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
