"""Tensors between JSON, protocol messages and NumPy, as TensorFlow Serving's REST and gRPC interfaces have
them.

Source: api_rest.md of tensorflow/serving, and the behaviour of its util/json_tensor.cc (version 2.17.1).
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from serving.errors import Code, ServingError
from serving.values import b64
from serving.values.json_text import decimals, kind, text

MOST_FILLED = (
    2**26
)  # bytes of a tensor of which a request gives not all values: a shape of a few bytes may claim anything
MOST_DIMENSIONS = 32  # the limit of NumPy 1; that of NumPy 2 is higher
_NAMES = {tf.float32: "float", tf.float64: "double", tf.float16: "half"}
_INTEGERS = {tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint32, tf.uint64}
_FIELDS = {
    **dict.fromkeys((tf.int8, tf.int16, tf.int32, tf.uint8, tf.uint16), "int_val"),
    **dict.fromkeys((tf.float16, tf.bfloat16), "half_val"),
    tf.float32: "float_val",
    tf.float64: "double_val",
    tf.int64: "int64_val",
    tf.uint32: "uint32_val",
    tf.uint64: "uint64_val",
    tf.bool: "bool_val",
    tf.string: "string_val",
    tf.complex64: "scomplex_val",
    tf.complex128: "dcomplex_val",
}


def type_name(dtype: tf.DType) -> str:
    """A type as TensorFlow's C++ texts name it: "float", "double", "int32"."""
    return _NAMES.get(dtype, dtype.name)


def array(proto: tensor_pb2.TensorProto, name: str) -> np.ndarray:
    """A tensor of a request.

    Args:
        proto: with `tensor_content` or the field of its type; the last value given stands for those left out.
        name: of the input, for the error.

    Raises:
        ServingError: INVALID_ARGUMENT when it cannot be.
    """
    try:
        return _array(proto)
    except (TypeError, ValueError, OverflowError, KeyError):
        raise ServingError(Code.INVALID_ARGUMENT, f"tensor parsing error: {name}") from None


def _array(proto: tensor_pb2.TensorProto) -> np.ndarray:
    dtype = tf.as_dtype(proto.dtype)
    field = _FIELDS[dtype]
    shape = [dimension.size for dimension in proto.tensor_shape.dim]
    count = math.prod(shape)
    if (
        proto.tensor_shape.unknown_rank
        or len(shape) > MOST_DIMENSIONS
        or min(shape, default=0) < 0
        or count >= 2**63
    ):
        raise ValueError("shape")
    if proto.tensor_content:
        return np.frombuffer(proto.tensor_content, dtype.as_numpy_dtype).reshape(shape).copy()
    given = list(getattr(proto, field))
    if dtype.is_complex:
        given = [complex(*pair) for pair in zip(given[::2], given[1::2], strict=True)]
    if len(given) < count and count * max(dtype.size, 16) > MOST_FILLED:
        raise ValueError("size")
    blank = b"" if dtype == tf.string else 0
    given = given[:count] + (given[-1:] or [blank]) * (count - len(given))
    if dtype in (tf.float16, tf.bfloat16):
        return np.array(given, np.uint16).view(dtype.as_numpy_dtype).reshape(shape)
    if field == "int_val":  # a number that is too large wraps around
        return np.array(given, np.int64).astype(dtype.as_numpy_dtype).reshape(shape)
    return np.array(given, dtype.as_numpy_dtype).reshape(shape)


def tensor_proto(values: np.ndarray) -> tensor_pb2.TensorProto:
    """A tensor of an answer, its values in the field of their type; clients read `float_val` and the like."""
    dtype = tf.string if values.dtype == object else tf.as_dtype(values.dtype)
    field = _FIELDS.get(dtype)
    if field is None:  # quantized and the like
        return tf.make_tensor_proto(values)
    proto = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
    for size in values.shape:
        proto.tensor_shape.dim.add(size=size)
    flat = values.ravel()
    if field == "half_val":
        flat = flat.view(np.uint16)
    elif dtype.is_complex:
        flat = flat.view(dtype.real_dtype.as_numpy_dtype)
    getattr(proto, field).extend(flat.tolist())
    return proto


def from_json(value: Any, dtype: tf.DType) -> np.ndarray:
    """A dense tensor of nested lists, as `json` gives them.

    Raises:
        ServingError: INVALID_ARGUMENT for another type, a value out of range, or lists of unequal length;
            UNIMPLEMENTED for a type that JSON has no way to write.
    """
    if dtype in (tf.float32, tf.float64) or dtype in _INTEGERS:
        fast = _numbers(value, dtype)
        if fast is not None:
            return fast
    shape: list[int] = []
    inner = value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if len(shape) > MOST_DIMENSIONS:
        raise _invalid(
            f"Encountered list at unexpected level: {MOST_DIMENSIONS} expected < {MOST_DIMENSIONS}"
        )
    leaves: list[Any] = []
    _fill(value, 0, shape, dtype, leaves)
    if dtype.is_floating:
        return _floats(np.array(leaves, np.float64), dtype).reshape(shape)
    return np.array(leaves, dtype.as_numpy_dtype).reshape(shape)


def _floats(values: np.ndarray, dtype: tf.DType) -> np.ndarray:
    """Numbers as TensorFlow Serving casts them: to a double, then to the type; beyond its range they are
    infinite.
    """
    with np.errstate(over="ignore"):
        return values.astype(np.float64).astype(dtype.as_numpy_dtype)


def _numbers(value: Any, dtype: tf.DType) -> np.ndarray | None:
    """The tensor where NumPy can make it and nothing about it is in doubt; else None."""
    if not isinstance(value, list) or not _holds_numbers_only(value):
        return None
    try:
        found = np.array(value)
    except ValueError:
        return None
    is_float = dtype.is_floating
    if found.dtype.kind not in ("ifu" if is_float else "i") or found.dtype.itemsize > 8:
        return None
    if found.ndim > MOST_DIMENSIONS:
        return None
    if is_float:
        return _floats(found, dtype)
    limits = np.iinfo(dtype.as_numpy_dtype)
    fits = not found.size or (int(found.min()) >= limits.min and int(found.max()) <= limits.max)
    return found.astype(dtype.as_numpy_dtype) if fits else None


def _holds_numbers_only(values: list[Any]) -> bool:
    """NumPy takes True for 1, and makes all of a list as wide as its longest text; neither must come to that."""
    kinds = set(map(type, values))
    if kinds == {list}:
        return all(map(_holds_numbers_only, values))
    return kinds <= {int, float}


def _fill(value: Any, level: int, shape: list[int], dtype: tf.DType, leaves: list[Any]) -> None:
    if not isinstance(value, list):
        if level != len(shape):
            raise _invalid(
                f"JSON Value: {text(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {len(shape)}"
            )
        leaves.append(_leaf(value, dtype))
        return
    if level >= len(shape):
        raise _invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise _invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    for item in value:
        _fill(item, level + 1, shape, dtype, leaves)


def _leaf(value: Any, dtype: tf.DType) -> Any:
    if isinstance(value, dict):
        if dtype != tf.string:
            raise _wrong_type(value, dtype)
        return b64.decoded(value)
    if dtype == tf.string:
        if not isinstance(value, str):
            raise _wrong_type(value, dtype)
        return value.encode("utf-8", "surrogateescape")
    if dtype == tf.bool:
        if not isinstance(value, bool):
            raise _wrong_type(value, dtype)
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if dtype in _INTEGERS:
        limits = np.iinfo(dtype.as_numpy_dtype)
        if not is_number or isinstance(value, float) or not limits.min <= value <= limits.max:
            raise _wrong_type(value, dtype)
        return value
    if dtype not in (tf.float32, tf.float64):
        raise ServingError(
            Code.UNIMPLEMENTED, f"Conversion of JSON Value: {text(value)} to type: {type_name(dtype)}"
        )
    if not is_number:
        raise _wrong_type(value, dtype)
    return float(value)


def to_json(values: np.ndarray, as_bytes: bool) -> str:
    """A tensor as JSON text: nested lists, or one value for a scalar.

    Args:
        values: strings as an object array of bytes.
        as_bytes: write strings as `{"b64": "..."}`, as is done where an output's name ends in `_bytes`.

    Raises:
        ServingError: INVALID_ARGUMENT for a type that JSON has no way to write.
    """
    return _nested(iter(_tokens(values, as_bytes)), values.shape)


def rows_to_json(values: np.ndarray, as_bytes: bool) -> list[str]:
    """Each row of a tensor as JSON text; see `to_json`."""
    tokens = iter(_tokens(values, as_bytes))
    return [_nested(tokens, values.shape[1:]) for _ in range(len(values))]


def _nested(tokens: Iterator[str], shape: tuple[int, ...]) -> str:
    if not shape:
        return next(tokens)
    if len(shape) == 1:
        return f"[{', '.join(itertools.islice(tokens, shape[0]))}]"
    return f"[{', '.join([_nested(tokens, shape[1:]) for _ in range(shape[0])])}]"


def _tokens(values: np.ndarray, as_bytes: bool) -> Iterable[str]:
    flat = values.ravel()
    if not flat.size:
        return []
    if values.dtype == object:
        items = [item if isinstance(item, bytes) else str(item).encode() for item in flat]
        if as_bytes:
            return [b64.encoded(item) for item in items]
        return [json.dumps(item.decode("utf-8", "replace"), ensure_ascii=False) for item in items]
    dtype = tf.as_dtype(values.dtype)
    if dtype == tf.bool:
        return ["true" if item else "false" for item in flat]
    if dtype in _INTEGERS:
        return map(str, flat.tolist())
    if dtype not in (tf.float32, tf.float64):
        raise _invalid(f"Failed to write JSON value for tensor type: {type_name(dtype)}")
    return decimals(flat)


def _wrong_type(value: Any, dtype: tf.DType) -> ServingError:
    return _invalid(
        f"JSON Value: {text(value)} Type: {kind(value)} is not of expected type: {type_name(dtype)}"
    )


def _invalid(message: str) -> ServingError:
    return ServingError(Code.INVALID_ARGUMENT, message)
