"""A server of the models of `serving_models`, and how the tests ask it."""

import contextlib
import json
import pathlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple

import grpc
import numpy as np
import serving_models
import tensorflow as tf
from server_process import free_port
from tensorflow_serving.apis import model_pb2, model_service_pb2_grpc, prediction_service_pb2_grpc

from serving import flags, server

PATIENCE = 120  # seconds; a machine may be busy with other things
LABELS = {"stable": 1, "canary": 2}


class Answer(NamedTuple):
    """A REST answer; `json` is None when its body is not JSON."""

    status: int
    text: str
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> str:
        found = self.json
        assert list(found) == ["error"]
        assert self.headers["Content-Type"] == "application/json"
        return found["error"]


class Served:
    """A running server."""

    def __init__(self, running: server.Server, folder: pathlib.Path) -> None:
        self.folder = folder
        self.rest_port = running.rest_port
        self.grpc_address = f"127.0.0.1:{running.grpc_port}"
        self.channel = grpc.insecure_channel(self.grpc_address, [("grpc.max_receive_message_length", 2**28)])
        self.predictions = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def ask(
        self, verb: str, path: str, body: bytes | str | None = None, headers: dict | None = None
    ) -> Answer:
        """Any HTTP request."""
        data = body.encode() if isinstance(body, str) else body
        url = f"http://127.0.0.1:{self.rest_port}{path}"
        request = urllib.request.Request(url, data, headers or {}, method=verb)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return Answer(response.status, response.read().decode(), response.headers)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), error.headers)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, document: Any) -> Answer:
        """A request to a model, `half_plus_two:predict`; text and bytes are sent as they are."""
        body = document if isinstance(document, str | bytes) else json.dumps(document)
        return self.ask("POST", f"/v1/models/{path}", body)


@contextlib.contextmanager
def served(folder: pathlib.Path, *more_flags: str, names: tuple[str, ...] = ()) -> Iterator[Served]:
    """Make the models in a folder, and serve those named, or all."""
    models = folder / "models"
    serving_models.make_all(models)
    config = folder / "models.config"
    lines = [
        f'config {{ name: "{path.name}" base_path: "{path}" model_platform: "tensorflow" {_policy(path.name)} }}'
        for path in sorted(models.iterdir())
        if not names or path.name in names
    ]
    config.write_text(f"model_config_list {{ {' '.join(lines)} }}")
    chosen = flags.parsed(
        [
            f"--model_config_file={config}",
            f"--port={free_port()}",
            f"--rest_api_port={free_port()}",
            "--allow_version_labels_for_unavailable_models",
            *more_flags,
        ]
    )
    running = server.Server(chosen)
    running.start()
    asking = Served(running, models)
    try:
        yield asking
    finally:
        asking.channel.close()
        running.stop()


def spec(
    name: str, signature_name: str = "", version: int | None = None, label: str = ""
) -> model_pb2.ModelSpec:
    """Which model is asked."""
    found = model_pb2.ModelSpec(name=name, signature_name=signature_name)
    if version is not None:
        found.version.value = version
    if label:
        found.version_label = label
    return found


def floats(*values: float) -> tf.make_tensor_proto:
    """A tensor of a request."""
    return tf.make_tensor_proto(np.array(values, np.float32))


def example(**features: float) -> tf.train.Example:
    """An example of numbers by name."""
    made = {
        name: tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
        for name, value in features.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=made))


def _policy(name: str) -> str:
    if name != "half_plus_two":
        return ""
    labels = " ".join(
        f'version_labels {{ key: "{label}" value: {version} }}' for label, version in LABELS.items()
    )
    return f"model_version_policy {{ all {{}} }} {labels}"
