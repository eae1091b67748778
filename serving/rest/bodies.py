"""Bodies of REST requests and answers: predict in row and column format, classify, regress.

Source: api_rest.md of tensorflow/serving and the behaviour of its util/json_tensor.cc (version 2.17.1). The
answer to classify and regress stands under "results", as its code and tests have it (its text says "result").
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.example import example_pb2, feature_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import classification_pb2, regression_pb2

from serving.errors import Code, ServingError
from serving.values import b64, tensors
from serving.values.json_text import kind, text


def signature_name(document: Mapping[str, Any]) -> str:
    """The signature asked for; "" for the default one."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise _invalid(
            f"JSON Value: {text(document)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return name


def predict_inputs(
    document: Mapping[str, Any], wanted: Mapping[str, meta_graph_pb2.TensorInfo]
) -> tuple[dict[str, np.ndarray], bool]:
    """The inputs of a predict request by name, and whether they came in row format.

    Args:
        document: with `instances` (row format) or `inputs` (column format).
        wanted: the inputs of the signature.

    Raises:
        ServingError: as TensorFlow Serving's.
    """
    if not wanted:
        name = signature_name(document) or "DEFAULT"
        raise _invalid(f"Failed to get input map for signature: {name}")
    types = {name: tf.as_dtype(info.dtype) for name, info in wanted.items()}
    if "instances" in document:
        if "inputs" in document:
            raise _invalid(
                f"JSON Value: {text(document)} Not formatted correctly expecting only one of 'inputs' or 'instances' "
                "keys to exist "
            )
        instances = document["instances"]
        if not isinstance(instances, list):
            raise _invalid(f"JSON Value: {text(document)} Expecting 'instances' to be an list/array")
        if not instances:
            raise _invalid(f"JSON Value: {text(document)} No values in 'instances' array")
        return _rows(instances, types), True
    if "inputs" in document:
        return _columns(document["inputs"], types), False
    raise _invalid("Missing 'inputs' or 'instances' key")


def _rows(instances: list[Any], types: Mapping[str, tf.DType]) -> dict[str, np.ndarray]:
    if not isinstance(instances[0], dict) and len(types) > 1:
        raise _invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    if _is_named(instances[0]):
        return _named_rows(instances, types)
    name = min(types)
    if not any(map(_is_named, instances)):
        with contextlib.suppress(ServingError):
            return {name: tensors.from_json(instances, types[name])}
    # One by one, for the error of the first that is wrong.
    found: list[np.ndarray] = []
    for place, instance in enumerate(instances):
        if _is_named(instance):
            raise _invalid(f"Expecting value/list but got object at item {place} of input list")
        _append(found, place, None, instance, types[name])
    return {name: np.stack(found)}


def _named_rows(instances: list[Any], types: Mapping[str, tf.DType]) -> dict[str, np.ndarray]:
    found: dict[str, list[np.ndarray]] = {name: [] for name in types}
    for place, instance in enumerate(instances):
        if not _is_named(instance):
            raise _invalid(f"Expecting object but got list at item {place} of input list")
        for name, value in instance.items():
            if name not in types:
                raise _failed(
                    place, name, f"INVALID_ARGUMENT: JSON object: does not have named input: {name}"
                )
            _append(found[name], place, name, value, types[name])
        if instance.keys() != types.keys():
            raise _invalid(
                f"Failed to process element: {place} of 'instances' list. JSON object: {text(instance)} keys must be "
                f"equal to: {','.join(sorted(types))}"
            )
    return {name: np.stack(values) for name, values in found.items()}


def _append(found: list[np.ndarray], place: int, name: str | None, value: Any, dtype: tf.DType) -> None:
    """Add an instance's value to those of the instances before it; all must have one shape."""
    try:
        one = tensors.from_json(value, dtype)
    except ServingError as error:
        raise _failed(place, name, f"{error.code.name}: {error.message}") from None
    if found and one.size != found[0].size:
        raise _failed(
            place, name, f"INVALID_ARGUMENT: Expecting tensor size: {found[0].size} but got: {one.size}"
        )
    if found and one.shape != found[0].shape:
        shapes = (f"[{','.join(map(str, shape))}]" for shape in (found[0].shape, one.shape))
        raise _failed(place, name, "INVALID_ARGUMENT: Expecting shape {} but got: {}".format(*shapes))
    found.append(one)


def _columns(value: Any, types: Mapping[str, tf.DType]) -> dict[str, np.ndarray]:
    if not _is_named(value):
        if len(types) > 1:
            raise _invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        ((name, dtype),) = types.items()
        return {name: tensors.from_json(value, dtype)}
    found = {}
    for name, dtype in types.items():
        if name not in value:
            raise _invalid(f"Missing named input: {name} in 'inputs' object.")
        found[name] = tensors.from_json(value[name], dtype)
    return found


def examples(document: Mapping[str, Any]) -> list[bytes]:
    """The serialized tf.train.Examples of a classify or regress request; a context is merged into each.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    context = b""
    if "context" in document:
        context = _example(document["context"]).SerializeToString()
    if "examples" not in document:
        raise _invalid(
            f"JSON Value: {text(document)} When method is classify, key 'examples' is expected and was not found"
        )
    listed = document["examples"]
    if not isinstance(listed, list):
        raise _invalid(f"JSON Value: {text(document)} Expecting 'examples' value to be an list/array")
    if not listed:
        raise _invalid(f"JSON Value: {text(document)} 'examples' value is an empty array")
    return [context + _example(item).SerializeToString() for item in listed]


def _example(value: Any) -> example_pb2.Example:
    if not isinstance(value, dict):
        raise _invalid(f"Example must be JSON object but got JSON {kind(value)}")
    example = example_pb2.Example()
    for given_name, content in value.items():
        name = given_name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        feature = feature_pb2.Feature()
        for item in content if isinstance(content, list) else [content]:
            _add(feature, name, item)
        example.features.feature[name].CopyFrom(feature)
    return example


def _add(feature: feature_pb2.Feature, name: str, value: Any) -> None:
    """Add a value to a feature, whose kind the first value decides: whole numbers and booleans, floats, or
    bytes.
    """
    if isinstance(value, str) or b64.is_encoded(value):
        list_name = "bytes_list"
    elif isinstance(value, int | float):
        list_name = "float_list" if isinstance(value, float) else "int64_list"
    else:
        raise _invalid(f"Feature: {name} has element with unexpected JSON type: {kind(value)}")
    if (expected := feature.WhichOneof("kind") or list_name) != list_name:
        raise _invalid(
            f"Unexpected element type in feature: {name} expecting type: {expected.removesuffix('_list')}"
        )
    if isinstance(value, int) and value >= 2**63:
        raise _invalid(f"Feature: {name} has uint64_t element. Only int64_t is supported.")
    getattr(feature, list_name).value.append(_feature_value(value))


def _feature_value(value: Any) -> bytes | int | float:
    if isinstance(value, dict):
        return b64.decoded(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, float):
        with np.errstate(over="ignore"):
            return float(np.float32(value))
    return int(value)


def predictions(outputs: Mapping[str, np.ndarray], row_format: bool) -> str:
    """The body of an answer to a predict request, in row or column format.

    Raises:
        ServingError: INVALID_ARGUMENT when row format cannot hold the outputs.
    """
    if not outputs:
        raise _invalid("Cannot convert empty tensor map to JSON")
    as_bytes = {name: name.endswith("_bytes") for name in outputs}
    if not row_format:
        columns = {name: tensors.to_json(values, as_bytes[name]) for name, values in outputs.items()}
        return (
            f'{{\n    "outputs": {_object(columns) if len(columns) > 1 else next(iter(columns.values()))}\n}}'
        )
    size = None
    for name, values in outputs.items():
        if not values.ndim:
            raise _invalid(f"Tensor name: {name} has no shape information ")
        if size not in (None, len(values)):
            raise _invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(values)} expecting: {size}"
            )
        size = len(values)
    columns_of_rows = {name: tensors.rows_to_json(values, as_bytes[name]) for name, values in outputs.items()}
    rows: Iterable[str] = next(iter(columns_of_rows.values()))
    if len(outputs) > 1:
        rows = (
            _object(dict(zip(outputs, row, strict=True)))
            for row in zip(*columns_of_rows.values(), strict=True)
        )
    return f'{{\n    "predictions": [{", ".join(rows)}]\n}}'


def classifications(result: classification_pb2.ClassificationResult) -> str:
    """`{"results": [[["label", score], ...], ...]}`: a list of pairs for each example."""
    rows = [
        f"[{', '.join(f'[{text(one.label)}, {_float(one.score)}]' for one in row.classes)}]"
        for row in result.classifications
    ]
    return f'{{\n    "results": [{", ".join(rows)}]\n}}'


def regressions(result: regression_pb2.RegressionResult) -> str:
    """`{"results": [value, ...]}`: a value for each example."""
    return f'{{\n    "results": [{", ".join(_float(one.value) for one in result.regressions)}]\n}}'


def _object(members: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in members.items()) + "}"


def _float(value: float) -> str:
    return tensors.to_json(np.array(value, np.float32), as_bytes=False)


def _is_named(value: Any) -> bool:
    """Whether a JSON object names tensors; one that stands for bytes does not."""
    return isinstance(value, dict) and not b64.is_encoded(value)


def _failed(place: int, name: str | None, status: str) -> ServingError:
    key = "" if name is None else f" key: {name}"
    return _invalid(f"Failed to process element: {place}{key} of 'instances' list. Error: {status}")


def _invalid(message: str) -> ServingError:
    return ServingError(Code.INVALID_ARGUMENT, message)
