"""The REST interface, as one ASGI application: any verb and any path reach it; it answers as TensorFlow
Serving does.

uvicorn speaks HTTP; nothing here routes, redirects or adds codes that TensorFlow Serving does not have.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import re
import urllib.parse
from collections.abc import Awaitable, Callable
from concurrent import futures
from typing import Any

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2, model_pb2

from serving.errors import Code, ServingError
from serving.inference import calls
from serving.inference.calls import DEFAULT_SIGNATURE
from serving.rest import bodies, messages
from serving.rest.messages import Reply
from serving.service import SIGNATURE_DEF, Service
from serving.values import json_text

log = logging.getLogger("serving")
_STATUS = {
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}
_CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "POST, GET"),
    ("Access-Control-Allow-Headers", "Content-Type"),
)
_ORIGIN = re.compile(rb"https?://")
_VERSION = r"(?:(?:/versions/(\d+))|(?:/labels/([^/:]+)))?"
_PREDICTION = re.compile(rf"/v1/models/([^/:]+){_VERSION}:(classify|regress|predict)", re.IGNORECASE)
_STATE = re.compile(rf"/v1/models(?:/([^/:]+))?{_VERSION}(?:/(metadata))?", re.IGNORECASE)
_NOT_FOUND = (
    "<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>\n</HEAD><BODY>\n<H1>Not Found</H1>\n"
    "<P>The requested URL was not found on this server.</P>\n</BODY></HTML>\n"
)


class App:
    """The ASGI application.

    Args:
        service: what it serves.
        threads: requests that are worked on at a time.
        timeout_ms: for a model's answer, and for a request's body to arrive.
        with_cors: whether browsers of other origins may ask.
        metrics_path: where the Prometheus page is; None for nowhere.

    Attributes:
        timeout_ms: as given.
    """

    def __init__(
        self,
        service: Service,
        threads: int,
        timeout_ms: int,
        with_cors: bool = False,
        metrics_path: str | None = None,
    ) -> None:
        self._service = service
        self.timeout_ms = timeout_ms
        self._with_cors = with_cors
        self._metrics_path = metrics_path
        self._pool = futures.ThreadPoolExecutor(threads, thread_name_prefix="rest")

    async def __call__(self, scope: dict, receive: Callable[[], Awaitable[dict]], send: Callable) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']} is not served")
        query = scope["query_string"].decode("latin-1")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1") + (
            f"?{query}" if query else ""
        )
        headers = {name.lower(): value for name, value in scope["headers"]}
        is_cut_off = False
        try:
            body = await asyncio.wait_for(messages.read_body(headers, receive), self.timeout_ms / 1000)
        except TimeoutError:
            reply = _error(ServingError(Code.DEADLINE_EXCEEDED, "The request's body did not arrive in time"))
            is_cut_off = True
        except ServingError as error:
            reply, is_cut_off = _error(error), True
        else:
            if body is None:
                return
            request = scope["method"], path, headers, body
            if scope["method"] == "POST" or body:
                reply = await asyncio.get_running_loop().run_in_executor(self._pool, self.answer, *request)
            else:  # at once: a health check must not wait for models
                reply = self.answer(*request)
        await messages.send_reply(reply, send, receive if is_cut_off else None)

    def answer(self, verb: str, path: str, headers: dict[bytes, bytes], body: bytes) -> Reply:
        """The answer to a request.

        Args:
            verb: "GET" and so on.
            path: percent-encoded, with the query if there is one.
            headers: by lower-case name.
            body: as sent.
        """
        if path == self._metrics_path:
            return Reply(200, self._service.metrics.page(), "text/plain")
        if not path.lower().startswith("/v1/"):
            return Reply(404, _NOT_FOUND, "text/html")
        if verb == "OPTIONS":  # a browser's question before it asks; the answer has no body
            reply = Reply(200 if _ORIGIN.search(headers.get(b"origin", b"")) else 400, "", content_type="")
            return reply._replace(headers=_CORS) if self._with_cors else reply
        try:
            reply = Reply(200, self._answer(verb, path, messages.inflated(headers, body)))
        except ServingError as error:
            reply = _error(error)
        except RecursionError:
            reply = _error(
                ServingError(Code.INVALID_ARGUMENT, "JSON Parse error: Nested too deeply. at offset: 0")
            )
        except Exception as error:
            log.exception("%s %s", verb, path)
            reply = _error(ServingError(Code.INTERNAL, f"{type(error).__name__}: {error}"))
        return reply._replace(headers=_CORS) if self._with_cors else reply

    def close(self) -> None:
        """End the threads, once they are done."""
        self._pool.shutdown()

    def _answer(self, verb: str, path: str, body: bytes) -> str:
        if verb == "POST" and (match := _PREDICTION.fullmatch(path)):
            method = match[4].lower()
            spec = _spec(match[1], match[2], match[3])
            with self._service.counted(spec.name, method, "REST"):
                return (
                    self._predict(spec, body)
                    if method == "predict"
                    else self._of_examples(spec, method, body)
                )
        if verb == "GET" and (match := _STATE.fullmatch(path)):
            if not match[1]:
                raise ServingError(Code.INVALID_ARGUMENT, "Missing model name in request.")
            spec = _spec(match[1], match[2], match[3])
            return _metadata(self._service.metadata(spec)) if match[4] else _json(self._service.status(spec))
        raise ServingError(Code.INVALID_ARGUMENT, f"Malformed request: {verb} {path}")

    def _predict(self, spec: model_pb2.ModelSpec, body: bytes) -> str:
        document = json_text.parsed(body)
        name = bodies.signature_name(document) or DEFAULT_SIGNATURE
        with self._service.use(spec) as (_, model):
            if name not in model.signatures:
                text = f'Serving signature name: "{name}" not found in signature def'
                raise ServingError(Code.INVALID_ARGUMENT, text)
            inputs, is_row = bodies.predict_inputs(document, model.signatures[name].inputs)
            outputs = calls.predict(model, name, inputs, timeout_ms=self.timeout_ms)
        return bodies.predictions(outputs, is_row)

    def _of_examples(self, spec: model_pb2.ModelSpec, method: str, body: bytes) -> str:
        document = json_text.parsed(body)
        name, examples = bodies.signature_name(document), bodies.examples(document)
        with self._service.use(spec) as (_, model):
            if method == "classify":
                return bodies.classifications(calls.classify(model, name, examples, self.timeout_ms))
            return bodies.regressions(calls.regress(model, name, examples, self.timeout_ms))


def _spec(name: str, version: str | None, label: str | None) -> model_pb2.ModelSpec:
    spec = model_pb2.ModelSpec(name=urllib.parse.unquote(name))
    if version:
        if len(version.lstrip("0")) > 19 or int(version) >= 2**63:
            raise ServingError(Code.INVALID_ARGUMENT, f"Failed to convert version: {version} to numeric.")
        spec.version.value = int(version)
    if label:
        spec.version_label = urllib.parse.unquote(label)
    return spec


# The keyword that prints fields with their defaults has another name from protobuf 5.26 on.
_WITH_DEFAULTS = {
    name: True
    for name in inspect.signature(json_format.MessageToJson).parameters
    if name in ("including_default_value_fields", "always_print_fields_with_no_presence")
}


def _json(message: Any) -> str:
    return json_format.MessageToJson(message, preserving_proto_field_name=True, indent=1, **_WITH_DEFAULTS)


def _metadata(response: get_model_metadata_pb2.GetModelMetadataResponse) -> str:
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata[SIGNATURE_DEF].Unpack(signatures)
    return (
        f'{{\n"model_spec":{_json(response.model_spec)}\n,\n'
        f'"metadata": {{"signature_def": {_json(signatures)}\n}}\n}}\n'
    )


def _error(error: ServingError) -> Reply:
    return Reply(
        _STATUS.get(error.code, 500), json.dumps({"error": error.message}, ensure_ascii=False, indent=4)
    )
