"""What REST and gRPC have in common: finding the model that is asked for, its status and metadata, and
counting.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, model_pb2

from serving.errors import Code, ServingError
from serving.inference.calls import DEFAULT_SIGNATURE, Model
from serving.metrics import Metrics
from serving.models.manager import Models

SIGNATURE_DEF = "signature_def"


class Service:
    """The models of a server, and its metrics.

    Args:
        models: what is loaded.
        metrics: what is counted.
    """

    def __init__(self, models: Models, metrics: Metrics) -> None:
        self.models = models
        self.metrics = metrics

    @contextlib.contextmanager
    def counted(self, model: str, api: str, entrypoint: str) -> Iterator[None]:
        """Count a request and its time, whatever becomes of it.

        Args:
            model: name of the model.
            api: the method, as TensorFlow Serving's metrics name it: "predict" over REST, "Predict" over
                gRPC.
            entrypoint: "REST" or "GRPC".
        """
        start, status = time.perf_counter(), Code.OK
        try:
            yield
        except ServingError as error:
            status = error.code
            raise
        except Exception:
            status = Code.INTERNAL
            raise
        finally:
            self.metrics.count_request(
                model, api, entrypoint, status.name, 1e6 * (time.perf_counter() - start)
            )

    @contextlib.contextmanager
    def use(self, spec: model_pb2.ModelSpec) -> Iterator[tuple[int, Model]]:
        """The version and the model that a request asks for; it stays loaded meanwhile.

        Raises:
            ServingError: INVALID_ARGUMENT without a name, NOT_FOUND for a model or version that is not
                served.
        """
        if not spec.name:
            raise ServingError(Code.INVALID_ARGUMENT, "ModelSpec has no name specified.")
        version = spec.version.value if spec.HasField("version") else None
        with self.models.use(spec.name, version, spec.version_label or None) as found:
            yield found

    def status(self, spec: model_pb2.ModelSpec) -> get_model_status_pb2.GetModelStatusResponse:
        """The states of a model's versions, newest first, or of the version asked for.

        Raises:
            ServingError: NOT_FOUND.
        """
        statuses = self.models.statuses(spec.name)
        if spec.HasField("version"):
            version = spec.version.value
            statuses = [status for status in statuses if status.version == version]
            if not statuses:
                raise ServingError(Code.NOT_FOUND, f"Could not find version {version} of model {spec.name}")
        if not statuses:
            raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {spec.name}")
        response = get_model_status_pb2.GetModelStatusResponse()
        for status in statuses:
            one = response.model_version_status.add(version=status.version, state=status.state.value)
            one.status.error_code = status.code.value
            one.status.error_message = status.message
        return response

    def metadata(self, spec: model_pb2.ModelSpec) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """A model's signatures."""
        with self.use(spec) as (version, model):
            signatures = get_model_metadata_pb2.SignatureDefMap()
            for name, signature in model.signatures.items():
                signatures.signature_def[name].CopyFrom(signature)
            response = get_model_metadata_pb2.GetModelMetadataResponse()
            response.model_spec.CopyFrom(answered_by(spec.name, "", version))
            response.model_spec.ClearField("signature_name")
            response.metadata[SIGNATURE_DEF].Pack(signatures)
            return response


def answered_by(name: str, signature_name: str, version: int) -> model_pb2.ModelSpec:
    """The `model_spec` of an answer: who gave it."""
    spec = model_pb2.ModelSpec(name=name, signature_name=signature_name or DEFAULT_SIGNATURE)
    spec.version.value = version
    return spec
