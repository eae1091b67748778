"""Writing a servable: the SavedModel, its warm-up requests, and what a client may want to know of a signature."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable

import keras
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from export import FACTS_FILE, WARMUP_FILE
from keras_seq.answers import Answering
from keras_seq.answers.signatures import Signature

SIGNATURE = "serving_default"
Function = Callable[..., dict[str, tf.Tensor]]


def write(model: Answering, requests: dict[str, list], name: str, folder: pathlib.Path) -> None:
    """Write a SavedModel with the model's signatures, the warm-up requests that TensorFlow Serving replays at
    load, and the `facts` of signatures that have some.

    Args:
        model: raw inputs `(batch,)` string -> a dict of tensors.
        requests: input name -> raw inputs; one warm-up request is made of each, and one of all; of every
            other signature one of all.
        name: the model's name in the warm-up requests.
        folder: where; made.
    """
    signatures = model.signatures()
    archive = keras.export.ExportArchive()
    for table in tables(model):
        archive.track(table)
    for key, signature in signatures.items():
        specs = list(signature.specs.values())
        archive.add_endpoint(key, traced(_of_its_rank(signature), specs), input_signature=specs)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)  # a servable is not trained
    archive.write_out(str(folder), options, verbose=False)
    inputs = next(iter(requests.values()))
    (folder / WARMUP_FILE.parent).mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / WARMUP_FILE)) as writer:
        for batch in (*([one] for one in inputs), inputs):
            log = _prediction_log(name, SIGNATURE, signatures[SIGNATURE].examples(tf.constant(batch)))
            writer.write(log.SerializeToString())
        for key, signature in signatures.items():
            if key != SIGNATURE:
                log = _prediction_log(name, key, signature.examples(tf.constant(inputs)))
                writer.write(log.SerializeToString())
    facts = {key: signature.facts for key, signature in signatures.items() if signature.facts}
    if facts:
        (folder / FACTS_FILE).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def tables(model: keras.Model) -> list[tf.saved_model.experimental.TrackableResource]:
    """The lookup tables of a model; of its variables an archive finds those that its signatures use.

    Where an archive is given the model to look for them itself, it traces that model and every model in it once
    more, for calls that are not saved.
    """
    parts = tf.train.TrackableView(model).descendants()
    return [part for part in parts if isinstance(part, tf.saved_model.experimental.TrackableResource)]


def traced(function: Function, specs: list[tf.TensorSpec]) -> Function:
    """A function that calls the graph of another, of tensors as `specs` say.

    Keras traces an endpoint to see which variables it uses, and TensorFlow traces it once more as it saves it;
    of a large model this took most of the time of an export.
    """
    graph = tf.function(function, specs, autograph=False).get_concrete_function()
    return lambda *given: graph(*given)


def _of_its_rank(signature: Signature) -> Function:
    """A signature's function, of its inputs one by one, that refuses those of another rank or shape than its own.

    TensorFlow Serving does not compare a request with the signature's shape: an instance of two texts went
    through the graph and came out as two answers. In the graph, the refusal is an INVALID_ARGUMENT (400) of
    every server.
    """

    def answers(*given: tf.Tensor) -> dict[str, tf.Tensor]:
        pairs = zip(given, signature.specs.items(), strict=True)
        return signature.answers({name: tf.ensure_shape(one, spec.shape) for one, (name, spec) in pairs})

    return answers


def _prediction_log(
    model_name: str, signature: str, inputs: dict[str, tf.Tensor]
) -> prediction_log_pb2.PredictionLog:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature
    for name, values in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
