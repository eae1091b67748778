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
    archive.track(model)
    for key, signature in signatures.items():
        archive.add_endpoint(key, _of_its_rank(signature), input_signature=list(signature.specs.values()))
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


def _of_its_rank(signature: Signature) -> Callable[..., dict[str, tf.Tensor]]:
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
