"""The server's configuration files, in TensorFlow Serving's own text form.

The messages of the batching and monitoring files are not in the tensorflow-serving-api wheel, so they are
made here.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
import os
import pathlib
import shlex
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2
from tensorflow_serving.config import model_server_config_pb2

DEFAULT_METRICS_PATH = "/monitoring/prometheus/metrics"
LARGEST_VERSION = 2**63 - 1
SAVED_MODELS = ("saved_model.pb", "saved_model.pbtxt")

log = logging.getLogger("serving")

_OPTIONAL, _REPEATED = 1, 3  # labels of descriptor.proto
_MESSAGES = {
    "BatchingParameters": [
        ("max_batch_size", 1, ".google.protobuf.Int64Value", _OPTIONAL),
        ("batch_timeout_micros", 2, ".google.protobuf.Int64Value", _OPTIONAL),
        ("max_enqueued_batches", 3, ".google.protobuf.Int64Value", _OPTIONAL),
        ("num_batch_threads", 4, ".google.protobuf.Int64Value", _OPTIONAL),
        ("thread_pool_name", 5, ".google.protobuf.StringValue", _OPTIONAL),
        ("allowed_batch_sizes", 6, "int64", _REPEATED),
        ("pad_variable_length_inputs", 7, "bool", _OPTIONAL),
        ("enable_large_batch_splitting", 8, ".google.protobuf.BoolValue", _OPTIONAL),
        ("max_execution_batch_size", 9, ".google.protobuf.Int64Value", _OPTIONAL),
    ],
    "PrometheusConfig": [("enable", 1, "bool", _OPTIONAL), ("path", 2, "string", _OPTIONAL)],
    "MonitoringConfig": [("prometheus_config", 1, ".tensorflow.serving.PrometheusConfig", _OPTIONAL)],
}


class _FieldError(ValueError):
    """A field that is well written and cannot be used; `field` finds its line."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclasses.dataclass(frozen=True)
class Batching:
    """How requests are joined; names and defaults are those of TensorFlow Serving's BatchingParameters.

    Args:
        max_batch_size: most rows of a request, and of a batch unless large ones are split.
        batch_timeout_micros: how long a batch waits for more rows, in microseconds.
        max_enqueued_batches: how many batches may wait in a queue.
        num_batch_threads: how many batches run at a time, over all queues.
        thread_pool_name: what the threads are called.
        allowed_batch_sizes: sizes that a batch is filled up to, ascending; empty allows all.
        pad_variable_length_inputs: pad unequal inputs, each with its own first element.
        enable_large_batch_splitting: spread a large request over several batches.
        max_execution_batch_size: most rows of a batch when large ones are split; None is max_batch_size.

    Raises:
        ValueError: when TensorFlow Serving would refuse the numbers.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = dataclasses.field(default_factory=lambda: os.cpu_count() or 1)
    thread_pool_name: str = "batch_threads"
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    enable_large_batch_splitting: bool = False
    max_execution_batch_size: int | None = None

    def __post_init__(self) -> None:
        least = {
            "max_batch_size": 1,
            "batch_timeout_micros": 0,
            "max_enqueued_batches": 0,
            "num_batch_threads": 1,
        }
        if self.enable_large_batch_splitting:
            least["max_enqueued_batches"] = 1
        for name, lowest in least.items():
            if getattr(self, name) < lowest:
                must = "positive" if lowest else "non-negative"
                raise _FieldError(name, f"{name} must be {must}; was {getattr(self, name)}")
        self._check_sizes()

    def _check_sizes(self) -> None:
        sizes, execution = self.allowed_batch_sizes, self.max_execution_batch_size
        if any(size < 1 for size in sizes) or any(b <= a for a, b in itertools.pairwise(sizes)):
            raise _FieldError(
                "allowed_batch_sizes",
                f"allowed_batch_sizes must be positive and ascending; was {list(sizes)}",
            )
        if sizes and sizes[-1] != self.max_batch_size:
            raise _FieldError(
                "allowed_batch_sizes",
                "Last entry in allowed_batch_sizes must match max_batch_size; "
                f"last entry was {sizes[-1]}; expected {self.max_batch_size}",
            )
        if (
            execution is not None
            and self.enable_large_batch_splitting
            and not 1 <= execution <= self.max_batch_size
        ):
            raise _FieldError(
                "max_execution_batch_size",
                f"max_execution_batch_size must be from 1 to max_batch_size, {self.max_batch_size}; was {execution}",
            )

    @property
    def largest_batch(self) -> int:
        """Most rows that a batch is run with."""
        if self.enable_large_batch_splitting and self.max_execution_batch_size is not None:
            return self.max_execution_batch_size
        return self.max_batch_size


@dataclasses.dataclass(frozen=True)
class Monitoring:
    """Whether and where the Prometheus page is served."""

    enable: bool = False
    path: str = DEFAULT_METRICS_PATH


def read_models(path: str | os.PathLike) -> model_server_config_pb2.ModelServerConfig:
    """A `--model_config_file` as its message; what it asks for is not checked here.

    Raises:
        ValueError: when the file cannot be read or is not a ModelServerConfig.
    """
    return _parse(path, model_server_config_pb2.ModelServerConfig())[0]


def read_batching(path: str | os.PathLike | None) -> Batching:
    """A `--batching_parameters_file`; without one, the defaults.

    Raises:
        ValueError: when the file cannot be read, is not a BatchingParameters, or TensorFlow Serving would
            refuse it.
    """
    if path is None:
        return Batching(thread_pool_name="model_server_batch_threads")
    message, text = _parse(path, _message("BatchingParameters"))
    values: dict[str, Any] = {field.name: getattr(message, field.name) for field, _ in message.ListFields()}
    given = {name: getattr(value, "value", value) for name, value in values.items()}
    if "allowed_batch_sizes" in given:
        given["allowed_batch_sizes"] = tuple(given["allowed_batch_sizes"])
    try:
        return Batching(**given)
    except _FieldError as error:
        raise ValueError(f"{path}:{_line(text, error.field)}: {error}") from None


def read_monitoring(path: str | os.PathLike) -> Monitoring:
    """A `--monitoring_config_file`.

    Raises:
        ValueError: when the file cannot be read or is not a MonitoringConfig.
    """
    message, text = _parse(path, _message("MonitoringConfig"))
    prometheus = message.prometheus_config
    if prometheus.path and not prometheus.path.startswith("/"):
        raise ValueError(f"{path}:{_line(text, 'path')}: path must begin with /; was {prometheus.path!r}")
    return Monitoring(enable=prometheus.enable, path=prometheus.path or DEFAULT_METRICS_PATH)


def models_of_folder(folder: pathlib.Path) -> model_server_config_pb2.ModelServerConfig:
    """The models of a folder: each subfolder with a numbered version in it, or the folder itself when it has
    versions.

    A number may be a model's name too: what decides is where a saved_model.pb is. With
    `FOLDER/2024/saved_model.pb`, 2024 is a version of the model FOLDER; with `FOLDER/2024/1/saved_model.pb`
    it is a model.

    Raises:
        ValueError: when the folder cannot be read or holds no model.
    """
    folder = pathlib.Path(os.path.abspath(folder))  # noqa: PTH100  (not resolved: a linked folder keeps its name)
    try:
        models = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".") and _versions(p)]
    except OSError as error:
        raise ValueError(f"{error.filename or folder}: cannot be read: {error.strerror}") from None
    versions = _versions(folder)
    has_models = any(_holds_a_model(version) for model in models for version in _versions(model))
    if any(map(_holds_a_model, versions)) or (versions and not has_models):
        for other in models if has_models else ():
            log.warning("%s: not served: %s is one model, with versions", other, folder)
        models = [folder]
    if not models:
        raise ValueError(
            f"{folder}: no model is here; expected folders such as NAME/1/saved_model.pb, "
            f"as python -m export RUN --to {shlex.quote(str(folder))} makes"
        )
    config = model_server_config_pb2.ModelServerConfig()
    for model in models:
        path = unicode(model)
        config.model_config_list.config.add(name=model.name, base_path=path, model_platform="tensorflow")
    return config


def unicode(path: str | os.PathLike) -> str:
    """A path as text.

    Raises:
        ValueError: when it holds bytes that are no UTF-8, which a configuration cannot name and no client ask
            for.
    """
    text = os.fspath(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text!a}: the name is not UTF-8; rename the folder") from None
    return text


def _versions(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folders in a folder whose names are version numbers."""
    try:
        found = [p for p in folder.iterdir() if p.is_dir()] if folder.is_dir() else []
    except PermissionError:  # such as lost+found
        return []
    names = [p for p in found if p.name.isascii() and p.name.isdigit() and len(p.name) < 100]
    return [p for p in names if int(p.name) <= LARGEST_VERSION]


def _holds_a_model(version: pathlib.Path) -> bool:
    return any((version / name).exists() for name in SAVED_MODELS)


def _parse(path: str | os.PathLike, message: Any) -> tuple[Any, str]:
    """A text file as a message, and the text.

    Raises:
        ValueError: with the file, the line, and what was expected.
    """
    kind = message.DESCRIPTOR.name
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: is not UTF-8 text: {error.reason}; expected a {kind} in text form"
        ) from None
    try:
        return text_format.Parse(text, message), text
    except text_format.ParseError as error:
        reason = str(error).partition(" : ")[2] or str(error)
        raise ValueError(f"{path}:{error.GetLine() or 1}: {reason} Expected a {kind} in text form.") from None


def _line(text: str, field: str) -> int:
    """The line that a field is first set on."""
    for number, line in enumerate(text.splitlines(), 1):
        if field in line.partition("#")[0]:
            return number
    return 1


def _message(name: str) -> Any:
    """A new message of `_MESSAGES`, in a pool of its own: others may define the real ones in the process's."""
    file = descriptor_pb2.FileDescriptorProto(name="serving/configs.proto", package="tensorflow.serving")
    file.syntax = "proto3"
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    for message, fields in _MESSAGES.items():
        added = file.message_type.add(name=message)
        for field, number, kind, label in fields:
            if kind.startswith("."):
                added.field.add(name=field, number=number, label=label, type="TYPE_MESSAGE", type_name=kind)
            else:
                added.field.add(name=field, number=number, label=label, type=f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tensorflow.serving.{name}"))()
