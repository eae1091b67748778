"""A request whose input has other dimensions than the signature's, asked of a servable of ours."""

import json
import socket
import urllib.error
import urllib.request

import grpc
import keras
import numpy as np
import pytest
import tensorflow as tf
from served import PATIENCE
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from export import servable
from keras_seq.answers import Answering
from keras_seq.answers.signatures import Signature
from serving import flags, server


class Lengths(keras.layers.Layer):
    """A number a text, whatever dimensions the texts have."""

    def call(self, texts):
        return tf.cast(tf.strings.length(tf.reshape(texts, [-1])), tf.float32)

    def compute_output_spec(self, texts):
        return keras.KerasTensor((None,), dtype="float32")


class TwoWays(Answering):
    """A model with a signature of texts and one of a table of tokens."""

    def signatures(self):
        spec = tf.TensorSpec([None, None], tf.string, name="tokens")
        tokens = Signature(
            lambda given: self(tf.strings.reduce_join(given, -1)), spec, lambda raw: raw[:, None]
        )
        return {**super().signatures(), "tokens": tokens}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    text = keras.Input((), dtype="string", name="text")
    model = TwoWays(text, {"score": Lengths(name="lengths")(text)}, name="m")
    servable.write(model, {"text": ["ab", "abc"]}, "m", folder / "m" / "1")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
    asked = server.Server(flags.parsed([str(folder), f"--rest_api_port={ports[0]}", f"--port={ports[1]}"]))
    asked.start()
    yield asked
    asked.stop()


def post(running, document):
    url = f"http://127.0.0.1:{running.rest_port}/v1/models/m:predict"
    try:
        with urllib.request.urlopen(url, json.dumps(document).encode(), timeout=PATIENCE) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


SIGNATURES = [("serving_default", ["ab", "c"], [2.0, 1.0]), ("tokens", [["a", "b"], ["c", ""]], [2.0, 1.0])]


@pytest.mark.parametrize(("signature", "right", "answer"), SIGNATURES, ids=["texts", "tokens"])
def test_only_a_request_of_the_signatures_rank_is_answered(running, signature, right, answer):
    asked = {"signature_name": signature}
    assert post(running, {**asked, "instances": right}) == (200, {"predictions": answer})
    assert post(running, {**asked, "inputs": right}) == (200, {"outputs": answer})
    for wrong in ([right], [[right]], [] if signature == "tokens" else [[]]):
        for key in ("instances", "inputs"):
            status, body = post(running, {**asked, key: wrong})
            assert (status, list(body)) == (400, ["error"])
    status, body = post(running, {**asked, "inputs": "one text"})
    assert status == 400
    assert "[] is not compatible with expected shape [?" in body["error"]


@pytest.mark.parametrize(("signature", "right", "answer"), SIGNATURES, ids=["texts", "tokens"])
def test_the_same_over_grpc(running, signature, right, answer):
    with grpc.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        request = predict_pb2.PredictRequest()
        request.model_spec.name, request.model_spec.signature_name = "m", signature
        name = "text" if signature == "serving_default" else "tokens"
        request.inputs[name].CopyFrom(tf.make_tensor_proto(right))
        assert list(stub.Predict(request, timeout=PATIENCE).outputs["score"].float_val) == answer
        for wrong in ([right], right[0][0], np.zeros([0, 2, 2], "S")):
            request.inputs[name].CopyFrom(tf.make_tensor_proto(wrong, tf.string))
            with pytest.raises(grpc.RpcError) as caught:
                stub.Predict(request, timeout=PATIENCE)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert "is not compatible with expected shape" in caught.value.details()
