"""Stubs of both interfaces that speak the documented API, for the tests of the client."""

import base64
import http.server
import json
import re
import sys
import threading
import time
from concurrent import futures

import grpc
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

# Model -> inputs, outputs; the last one changes its input's name when it is told to.
SIGNATURES = {
    "sentiment": ({"text": "DT_STRING"}, {"label": "DT_STRING", "score": "DT_FLOAT", "scores": "DT_FLOAT"}),
    "speech": ({"audio": "DT_STRING"}, {"transcript": "DT_STRING"}),
    "half_plus_two": ({"x": "DT_FLOAT"}, {"y": "DT_FLOAT"}),
    "sum": ({"a": "DT_INT64", "b": "DT_INT64"}, {"total": "DT_INT64"}),
    "echo": ({"image": "DT_STRING"}, {"image_bytes": "DT_STRING", "size": "DT_INT32"}),
    "changing": ({"old": "DT_STRING"}, {"transcript": "DT_STRING"}),
}

STATE = {"state_letters": "DT_FLOAT", "state_seconds": "DT_FLOAT"}
HEARD = {"final": "DT_STRING", "pending": "DT_STRING", "endpoint": "DT_FLOAT", "seconds": "DT_FLOAT"}
# The signatures that a model has beside its own when it hears streams.
STREAM = {
    "stream_start": ({"pcm": "DT_STRING"}, {**HEARD, **STATE}),
    "stream_step": ({"pcm": "DT_STRING", **STATE}, {**HEARD, **STATE}),
    "stream_finish": ({"pcm": "DT_STRING", **STATE}, HEARD),
}


def stream_outputs(signature: str, inputs: dict[str, list]) -> dict[str, list]:
    """A stub's stream hears letters: white space ends a word, "." an utterance too. Its state is the letters of
    the word in the making, and the seconds heard."""
    (piece,), (letters,), (before,) = (inputs.get(name, [[]]) for name in ("pcm", *STATE))
    text = "".join(map(chr, map(int, letters))) + piece.decode()
    ends = signature == "stream_finish" or text.endswith(".")
    end = len(text) if ends else max(text.rfind(" "), 0)
    heard = {"final": [text[:end].encode()], "pending": [text[end:].encode()]}
    seconds = sum(before) + len(piece) / 32_000
    heard |= {"endpoint": [float(text.endswith("."))], "seconds": [seconds]}
    state = {"state_letters": [[float(ord(letter)) for letter in text[end:]]], "state_seconds": [[seconds]]}
    return heard if signature == "stream_finish" else {**heard, **state}


def outputs_of(model: str, inputs: dict[str, list]) -> dict[str, list]:
    """What a stub's model answers: texts and bytes come as bytes."""
    if model == "sum":
        return {"total": [a + b for a, b in zip(inputs["a"], inputs["b"], strict=True)]}
    (values,) = inputs.values()
    if model == "half_plus_two":
        return {"y": [value / 2 + 2 for value in values]}
    if model == "sentiment":
        fine = [b"fine" in value for value in values]
        scores = [[0.75, 0.25] if is_fine else [0.25, 0.75] for is_fine in fine]
        return {
            "label": [b"good" if f else b"bad" for f in fine],
            "score": [max(s) for s in scores],
            "scores": scores,
        }
    if model == "sampling":
        return {"frames": [4] * len(values), "side": [24] * len(values)}
    if model == "echo":
        return {"image_bytes": values, "size": [len(value) for value in values]}
    return {"transcript": [b"heard %d bytes" % len(value) for value in values]}


class State:
    """What a stub was asked, and how it is to behave."""

    def __init__(self):
        self.requests = []
        self.versions = [(2, "AVAILABLE"), (1, "END")]
        self.delay = 0
        self.signatures = dict(SIGNATURES)
        self.readable = {}  # model -> the name and the outputs of a second signature
        self.streams = {}  # model -> the signatures of a stream

    def signatures_of(self, model):
        """Signature -> its inputs and outputs."""
        inputs, outputs = self.signatures[model]
        more = (
            {name: (inputs, outputs) for name, outputs in [self.readable[model]]}
            if model in self.readable
            else {}
        )
        return {"serving_default": (inputs, outputs), **more, **self.streams.get(model, {})}

    def outputs(self, model, signature, inputs):
        """What a signature of a model answers."""
        if signature in self.streams.get(model, {}):
            return stream_outputs(signature, inputs)
        return outputs_of(self.answering(model, signature), inputs)

    def answering(self, model, signature):
        """What `outputs_of` knows the signature of a model by."""
        return model if signature == "serving_default" else signature


class RestStub(http.server.BaseHTTPRequestHandler):
    """The REST API as api_rest.md has it; 500 for what the client should never send."""

    state: State

    def log_message(self, *args):
        pass

    def do_GET(self):
        self._answer(None)

    def do_POST(self):
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body):
        self.state.requests.append((self.command, self.path, body))
        time.sleep(self.state.delay)
        status, answer = self._status_and_answer(body)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _status_and_answer(self, body):
        path = re.fullmatch(
            r"(/prefix)?/v1/models/([^/:]+)(/versions/\d+|/labels/\w+)?(/metadata|:predict)?", self.path
        )
        if not path:
            return 500, {"error": f"Malformed request: {self.command} {self.path}"}
        model, what = path[2], path[4]
        if model == "other":
            return 200, b'{"it": "works"}' if what is None else b"<html>It works!</html>"
        if model not in self.state.signatures:
            return 404, {"error": f"Servable not found for request:\n Latest({model})"}
        if what is None:
            good = {"error_code": "OK", "error_message": ""}
            return 200, {
                "model_version_status": [
                    {"version": str(version), "state": state, "status": good}
                    for version, state in self.state.versions
                ]
            }
        if what == "/metadata":
            tensors = {
                signature: {
                    kind: {name: {"dtype": dtype, "name": f"{name}:0"} for name, dtype in named.items()}
                    for kind, named in zip(("inputs", "outputs"), tensors, strict=True)
                }
                for signature, tensors in self.state.signatures_of(model).items()
            }
            return 200, {"metadata": {"signature_def": {"signature_def": tensors}}}
        inputs, _ = self.state.signatures_of(model)[body["signature_name"]]
        if set(body["inputs"]) != set(inputs):
            return 400, {"error": f"input names {sorted(body['inputs'])}, not {sorted(inputs)}"}
        values = {name: [self._value(value) for value in given] for name, given in body["inputs"].items()}
        found = self.state.outputs(model, body["signature_name"], values)
        answer = {name: [self._json(name, v) for v in column] for name, column in sorted(found.items())}
        return 200, {"outputs": answer if len(answer) > 1 else next(iter(answer.values()))}

    @staticmethod
    def _value(value):
        if isinstance(value, dict):
            return base64.b64decode(value["b64"], validate=True)
        return value.encode() if isinstance(value, str) else value

    @staticmethod
    def _json(name, value):
        if not isinstance(value, bytes):
            return value
        return {"b64": base64.b64encode(value).decode()} if name.endswith("_bytes") else value.decode()


class GrpcStub:
    """Both of TensorFlow Serving's services."""

    def __init__(self, state):
        self.state = state

    def _find(self, request, context):
        self.state.requests.append(request)
        time.sleep(self.state.delay)
        if request.model_spec.name == "full":
            context.abort(grpc.StatusCode.UNAVAILABLE, "The batch scheduling queue is full")
        if request.model_spec.name not in self.state.signatures:
            context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request:\n Latest(nobody)")
        return self.state.signatures[request.model_spec.name]

    def Predict(self, request, context):
        self._find(request, context)
        values = {name: tf.make_ndarray(tensor).tolist() for name, tensor in request.inputs.items()}
        response = predict_pb2.PredictResponse()
        model, signature = request.model_spec.name, request.model_spec.signature_name
        _, dtypes = self.state.signatures_of(model)[signature]
        for name, column in self.state.outputs(model, signature, values).items():
            dtype = dtypes[name].removeprefix("DT_").lower()
            dtype = "float32" if dtype == "float" else dtype
            response.outputs[name].CopyFrom(tf.make_tensor_proto(column, dtype))
        return response

    def GetModelMetadata(self, request, context):
        signatures = get_model_metadata_pb2.SignatureDefMap()
        self._find(request, context)
        for signature_name, (inputs, outputs) in self.state.signatures_of(request.model_spec.name).items():
            signature = signatures.signature_def[signature_name]
            for named, tensors in ((inputs, signature.inputs), (outputs, signature.outputs)):
                for name, dtype in named.items():
                    tensors[name].CopyFrom(text_format.Parse(f"dtype: {dtype}", meta_graph_pb2.TensorInfo()))
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.metadata["signature_def"].Pack(signatures)
        return response

    def GetModelStatus(self, request, context):
        self._find(request, context)
        response = get_model_status_pb2.GetModelStatusResponse()
        for version, state in self.state.versions:
            response.model_version_status.add(version=version, state=state)
        return response

    def MultiInference(self, request, context):
        raise NotImplementedError

    Classify = Regress = HandleReloadConfigRequest = MultiInference


class RestServer(http.server.ThreadingHTTPServer):
    """A stub's server, which prints nothing where a client has gone before its answer."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def start_rest(state, port=0):
    handler = type("Handler", (RestStub,), {"state": state})
    server = RestServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


def start_grpc(state, port=0):
    options = [("grpc.max_receive_message_length", -1)]  # as TensorFlow Serving
    server = grpc.server(futures.ThreadPoolExecutor(4), options=options)
    stub = GrpcStub(state)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(stub, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(stub, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, port
