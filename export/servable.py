"""Writing, publishing and pruning servables: `servables/NAME/VERSION/`."""

from __future__ import annotations

import os
import pathlib
import shutil

import keras
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from export import WARMUP_FILE
from keras_seq.errors import RecipeError
from keras_seq.layers import Answering

SIGNATURE = "serving_default"
CONFIG_FILE = "models.config"
MOUNTED_AT = "/models/"  # where TensorFlow Serving's image has its models


def write(model: Answering, requests: dict[str, list], name: str, folder: pathlib.Path) -> None:
    """Write a SavedModel with the model's signatures, and the warm-up requests that TensorFlow Serving replays at load.

    Args:
        model: raw inputs `(batch,)` string -> a dict of tensors.
        requests: input name -> raw inputs; one warm-up request is made of each, and one of all; of every other
            signature one of all.
        name: the model's name in the warm-up requests.
        folder: where; made.
    """
    signatures = model.signatures()
    archive = keras.export.ExportArchive()
    archive.track(model)
    for key, signature in signatures.items():
        archive.add_endpoint(key, signature.call, input_signature=[signature.spec])
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)  # a servable is not trained
    archive.write_out(str(folder), options, verbose=False)
    (input_name, inputs), *_ = requests.items()
    (folder / WARMUP_FILE.parent).mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / WARMUP_FILE)) as writer:
        for batch in (*([one] for one in inputs), inputs):
            writer.write(_prediction_log(name, SIGNATURE, input_name, tf.constant(batch)).SerializeToString())
        for key, signature in signatures.items():
            if key != SIGNATURE:
                batch = signature.example(tf.constant(inputs))
                writer.write(_prediction_log(name, key, signature.spec.name, batch).SerializeToString())


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


def list_in_config(folder: pathlib.Path, name: str) -> None:
    """Have a model stand in `models.config`, which TensorFlow Serving reads beside the folder mounted at /models.

    What else stands there, version policies and labels of yours too, stays; models whose folder is gone are left out.

    Raises:
        RecipeError: when the file that is there cannot be read.
    """
    path = folder / CONFIG_FILE
    config = model_server_config_pb2.ModelServerConfig()
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        text_format.Parse(text, config)
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise RecipeError(f"{path}: cannot be read: {error}") from None
    listed = config.model_config_list.config
    for place in reversed(range(len(listed))):
        if listed[place].base_path == MOUNTED_AT + listed[place].name and not (folder / listed[place].name).is_dir():
            del listed[place]
    if name not in {model.name for model in listed}:
        listed.add(name=name, base_path=MOUNTED_AT + name, model_platform="tensorflow")
    changed = text_format.MessageToString(config)
    if changed != text_format.MessageToString(text_format.Parse(text, model_server_config_pb2.ModelServerConfig())):
        part = path.with_name(f"{path.name}.part")
        part.write_text(changed, encoding="utf-8")
        os.replace(part, path)


def _prediction_log(
    model_name: str, signature: str, input_name: str, inputs: tf.Tensor
) -> prediction_log_pb2.PredictionLog:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature
    request.inputs[input_name].CopyFrom(tf.make_tensor_proto(inputs))
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
