"""The gRPC interface: PredictionService, ModelService and, if wanted, health.

grpcio serves it with threads; TensorFlow lets go of Python's lock while it computes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from serving.errors import Code, ServingError
from serving.inference import calls
from serving.service import SIGNATURE_DEF, Service, answered_by
from serving.values import tensors

LARGEST_MESSAGE = 2**31 - 1  # bytes, TensorFlow Serving's own limit
LONGEST_TEXT = 1024  # bytes of an error
LONGEST_DEADLINE = 10 * 365 * 24 * 3600.0  # seconds; more is none
_CODES = {code.value[0]: code for code in grpc.StatusCode}


def make(service: Service, address: str, threads: int, with_health: bool) -> tuple[grpc.Server, int]:
    """A server that is ready to be started, and its port.

    Args:
        service: what it serves.
        address: "host:port"; port 0 takes a free one.
        threads: calls that are worked on at a time.
        with_health: whether the grpc.health.v1 service is there.

    Raises:
        RuntimeError: when the port cannot be had.
    """
    options = [
        ("grpc.max_receive_message_length", LARGEST_MESSAGE),
        ("grpc.max_send_message_length", LARGEST_MESSAGE),
        ("grpc.so_reuseport", 0),
    ]
    pool = futures.ThreadPoolExecutor(threads, thread_name_prefix="grpc")
    server = grpc.server(pool, options=options)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(PredictionService(service), server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(service), server)
    if with_health:
        servicer = health.HealthServicer()
        for name in ("", "ModelService", "PredictionService"):
            servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port(address)
    if not port:
        raise RuntimeError(f"{address} cannot be had")
    return server, port


def _answered(method: Callable[[Any, Any, grpc.ServicerContext], Any]) -> Callable[..., Any]:
    """A method of a servicer whose errors end the call with their status and text."""

    @functools.wraps(method)
    def call(servicer: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(servicer, request, context)
        except ServingError as error:
            context.abort(_CODES[error.code.value], _shortened(error.message))

    return call


def _shortened(message: str) -> str:
    """A text as TensorFlow Serving cuts it; what is not Unicode cannot be sent."""
    data = message.encode("utf-8", "replace")
    return (
        data.decode()
        if len(data) <= LONGEST_TEXT
        else f"{data[:LONGEST_TEXT].decode('utf-8', 'ignore')}...TRUNCATED"
    )


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """tensorflow.serving.PredictionService."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @_answered
    def Predict(self, request: Any, context: grpc.ServicerContext) -> predict_pb2.PredictResponse:
        spec = request.model_spec
        with self._service.counted(spec.name, "Predict", "GRPC"):
            _require_spec(request)
            with self._service.use(spec) as (version, model):
                outputs = calls.predict(
                    model,
                    spec.signature_name,
                    request.inputs,
                    list(request.output_filter),
                    _milliseconds(context),
                )
            response = predict_pb2.PredictResponse(
                model_spec=answered_by(spec.name, spec.signature_name, version)
            )
            for name, values in outputs.items():
                response.outputs[name].CopyFrom(tensors.tensor_proto(values))
        return response

    @_answered
    def Classify(
        self, request: Any, context: grpc.ServicerContext
    ) -> classification_pb2.ClassificationResponse:
        response = classification_pb2.ClassificationResponse()
        return self._of_examples(request, context, calls.classify, response)

    @_answered
    def Regress(self, request: Any, context: grpc.ServicerContext) -> regression_pb2.RegressionResponse:
        response = regression_pb2.RegressionResponse()
        return self._of_examples(request, context, calls.regress, response)

    def _of_examples(
        self, request: Any, context: grpc.ServicerContext, method: Callable, response: Any
    ) -> Any:
        spec = request.model_spec
        with self._service.counted(spec.name, method.__name__.capitalize(), "GRPC"):
            _require_spec(request)
            with self._service.use(spec) as (version, model):
                examples = calls.examples_of(request.input)
                response.result.CopyFrom(method(model, spec.signature_name, examples, _milliseconds(context)))
            response.model_spec.CopyFrom(answered_by(spec.name, spec.signature_name, version))
        return response

    @_answered
    def MultiInference(
        self, request: Any, context: grpc.ServicerContext
    ) -> inference_pb2.MultiInferenceResponse:
        spec = request.tasks[0].model_spec if request.tasks else model_pb2.ModelSpec()
        response = inference_pb2.MultiInferenceResponse()
        with self._service.counted(spec.name, "MultiInference", "GRPC"):
            with self._service.use(spec) as (version, model):
                examples = calls.examples_of(request.input)
                results = calls.several(model, request.tasks, examples, _milliseconds(context))
            for task, result in zip(request.tasks, results, strict=True):
                one = response.results.add(
                    model_spec=answered_by(spec.name, task.model_spec.signature_name, version)
                )
                is_class = isinstance(result, classification_pb2.ClassificationResult)
                (one.classification_result if is_class else one.regression_result).CopyFrom(result)
        return response

    @_answered
    def GetModelMetadata(
        self, request: Any, context: grpc.ServicerContext
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        _require_spec(request)
        if not request.metadata_field:
            text = "GetModelMetadataRequest must specify at least one metadata_field"
            raise ServingError(Code.INVALID_ARGUMENT, text)
        for field in request.metadata_field:
            if field != SIGNATURE_DEF:
                raise ServingError(Code.INVALID_ARGUMENT, f"Metadata field {field} is not supported")
        return self._service.metadata(request.model_spec)


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """tensorflow.serving.ModelService."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @_answered
    def GetModelStatus(
        self, request: Any, context: grpc.ServicerContext
    ) -> get_model_status_pb2.GetModelStatusResponse:
        _require_spec(request)
        return self._service.status(request.model_spec)

    @_answered
    def HandleReloadConfigRequest(
        self, request: Any, context: grpc.ServicerContext
    ) -> model_management_pb2.ReloadConfigResponse:
        if request.config.WhichOneof("config") != "model_config_list":
            text = (
                "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently "
                "supported"
            )
            raise ServingError(Code.INVALID_ARGUMENT, text)
        self._service.models.apply(request.config, wait_seconds=_seconds(context))
        response = model_management_pb2.ReloadConfigResponse()
        response.status.SetInParent()
        return response


def _require_spec(
    request: predict_pb2.PredictRequest
    | get_model_status_pb2.GetModelStatusRequest
    | get_model_metadata_pb2.GetModelMetadataRequest,
) -> None:
    if not request.HasField("model_spec"):
        raise ServingError(Code.INVALID_ARGUMENT, "Missing ModelSpec")


def _seconds(context: grpc.ServicerContext) -> float | None:
    """What is left of the call's deadline; None without one, which grpcio gives as the end of time."""
    remaining = context.time_remaining()
    return None if remaining is None or remaining > LONGEST_DEADLINE else remaining


def _milliseconds(context: grpc.ServicerContext) -> int | None:
    seconds = _seconds(context)
    return None if seconds is None else max(1, int(1000 * seconds))
