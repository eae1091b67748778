"""Bytes of files arrive and return unchanged: over REST and gRPC, through the client, in batches, at warm-up."""

import base64
import json

import pytest
import serving_models
import tensorflow as tf
from served import PATIENCE, served, spec
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.client import Client, main
from serving.inference import calls, loading
from serving.metrics import Metrics
from serving.values import tensors

FILES = {
    "NUL within and at the end": b"a\0b\0\0",
    "NUL alone": b"\0",
    "no UTF-8": b"\xff\xfe \xed\xa0\x80 \xf0\x9f\x98",
    "UTF-8 by chance": "naïve 🙂".encode(),
    "JSON by chance": b'{"b64": "AAAA"}',
    "empty": b"",
    "1 MB": bytes(range(256)) * 4096,
}
CONTENTS = list(FILES.values())
EXPECTED = {
    "length": [len(content) for content in CONTENTS],
    "hash": [int(tf.strings.to_hash_bucket_fast(tf.constant(content), 2**62)) for content in CONTENTS],
    "same_bytes": CONTENTS,
}
BATCHING = "max_batch_size { value: 64 } batch_timeout_micros { value: 1000 }"


@pytest.fixture(scope="module", params=["alone", "in batches"])
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "batching.config").write_text(BATCHING, encoding="utf-8")
    flags = ["--enable_batching", f"--batching_parameters_file={folder / 'batching.config'}"]
    with served(folder, *(flags if request.param == "in batches" else []), names=("files",)) as running:
        yield running


def b64(content):
    return {"b64": base64.b64encode(content).decode()}


def from_rest(answer):
    return {
        **answer,
        "same_bytes": [base64.b64decode(value["b64"], validate=True) for value in answer["same_bytes"]],
    }


def test_over_rest_in_columns_and_in_rows(server):
    files = [b64(content) for content in CONTENTS]
    for inputs in (files, {"file": files}):
        assert from_rest(server.post("files:predict", {"inputs": inputs}).json["outputs"]) == EXPECTED
    for instances in (files, [{"file": file} for file in files]):
        rows = server.post("files:predict", {"instances": instances}).json["predictions"]
        assert from_rest({name: [row[name] for row in rows] for name in EXPECTED}) == EXPECTED


def test_over_grpc(server):
    request = predict_pb2.PredictRequest(model_spec=spec("files"))
    request.inputs["file"].CopyFrom(tf.make_tensor_proto(CONTENTS))
    assert list(request.inputs["file"].string_val) == CONTENTS
    outputs = server.predictions.Predict(request, timeout=PATIENCE).outputs
    assert list(outputs["length"].int_val) == EXPECTED["length"]
    assert list(outputs["hash"].int64_val) == EXPECTED["hash"]
    assert list(outputs["same_bytes"].string_val) == CONTENTS


@pytest.fixture(params=["rest", "grpc"])
def client(request, server):
    address = f"127.0.0.1:{server.rest_port}" if request.param == "rest" else server.grpc_address
    return {"url": address, "grpc": request.param == "grpc"}


def test_through_the_client(client):
    asking = Client(**client)
    assert asking.predict("files", CONTENTS) == EXPECTED
    for row, content in enumerate(CONTENTS):
        assert asking.predict("files", [content]) == {name: [v[row]] for name, v in EXPECTED.items()}


def test_from_files_of_the_command(client, tmp_path, capsys):
    paths = [tmp_path / name for name in FILES]
    for path, content in zip(paths, CONTENTS, strict=True):
        path.write_bytes(content)
    arguments = ["--url", client["url"], *(["--grpc"] if client["grpc"] else [])]
    assert main([*arguments, "files", *map(str, paths)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == list(map(str, paths))
    for name in ("length", "hash"):
        assert [line[name] for line in lines] == EXPECTED[name]
    assert [base64.b64decode(line["same_bytes"]["b64"]) for line in lines] == CONTENTS


def test_one_file_that_is_a_scalar(tmp_path):
    serving_models.files(tmp_path / "1")
    servable = loading.Loader(Metrics())("files", 1, str(tmp_path / "1"))
    for row, content in enumerate(CONTENTS):
        inputs = {"file": tensors.from_json(b64(content), tf.string)}
        answer = calls.predict(servable, "one", inputs)
        assert {name: value.tolist() for name, value in answer.items()} == {
            name: column[row] for name, column in EXPECTED.items()
        }
    servable.close()


def test_at_warm_up(tmp_path, monkeypatch):
    path = tmp_path / "1"
    serving_models.files(path)
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.CopyFrom(spec("files"))
    log.predict_log.request.inputs["file"].CopyFrom(tf.make_tensor_proto(CONTENTS))
    file = path / loading.WARMUP_FILE
    file.parent.mkdir()
    with tf.io.TFRecordWriter(str(file)) as writer:
        writer.write(log.SerializeToString())
    asked = []
    run = loading.SavedModel.run
    monkeypatch.setattr(loading.SavedModel, "run", lambda *a: (asked.append(run(*a)), asked[-1])[1])
    loading.Loader(Metrics())("files", 1, str(path)).close()
    assert CONTENTS in [output.tolist() for outputs in asked for output in outputs]
