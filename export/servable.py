"""Writing, publishing and pruning servables: `servables/NAME/VERSION/`."""

from __future__ import annotations

import os
import pathlib
import shutil

import keras
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from export import WARMUP_FILE

SIGNATURE = "serving_default"


def write(model: keras.Model, requests: dict[str, list], name: str, folder: pathlib.Path) -> None:
    """Write a SavedModel with one signature, and the warm-up requests that TensorFlow Serving replays at load.

    Args:
        model: raw inputs `(batch,)` string -> a dict of tensors.
        requests: input name -> raw inputs; one warm-up request is made of each, and one of all.
        name: the model's name in the warm-up requests.
        folder: where; made.
    """
    spec = tf.TensorSpec([None], tf.string, name=model.inputs[0].name)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, lambda inputs: model(inputs, training=False), input_signature=[spec])
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)  # a servable is not trained
    archive.write_out(str(folder), options, verbose=False)
    (input_name, inputs), *_ = requests.items()
    (folder / WARMUP_FILE.parent).mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / WARMUP_FILE)) as writer:
        for batch in (*([one] for one in inputs), inputs):
            writer.write(_prediction_log(name, input_name, batch).SerializeToString())


def versions(model_folder: pathlib.Path) -> list[int]:
    """The published versions of a model, oldest first."""
    if not model_folder.is_dir():
        return []
    return sorted(int(entry.name) for entry in model_folder.iterdir() if entry.is_dir() and entry.name.isdecimal())


def publish(folder: pathlib.Path, model_folder: pathlib.Path, version: int) -> pathlib.Path:
    """Rename a whole servable to its version: a server that polls never sees it half-written."""
    target = model_folder / str(version)
    os.rename(folder, target)
    return target


def prune(model_folder: pathlib.Path, keep: int, published: int) -> list[int]:
    """Remove all but the newest `keep` versions and the one just published, and say which went."""
    old = [version for version in versions(model_folder)[:-keep] if version != published]
    for version in old:
        leaving = model_folder / f"leaving-{version}"  # not a number: no server loads it while it goes
        os.rename(model_folder / str(version), leaving)
        shutil.rmtree(leaving)
    return old


def _prediction_log(model_name: str, input_name: str, inputs: list) -> prediction_log_pb2.PredictionLog:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = SIGNATURE
    request.inputs[input_name].CopyFrom(tf.make_tensor_proto(inputs, tf.string, [len(inputs)]))
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
