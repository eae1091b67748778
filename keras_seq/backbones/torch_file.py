"""Tensors out of a file that `torch.save` wrote in PyTorch's old format, without PyTorch and without running it.

Such a file is a row of pickles (a magic number, a version, facts of the machine, the object, the keys of its
storages) and behind them each storage: a count and the raw numbers. A pickle can call anything; the reader here
knows the three names that a dict of tensors needs, and refuses every other one.
Source: `torch/serialization.py`, `_legacy_save`.
"""

from __future__ import annotations

import collections
import io
import math
import os
import pathlib
import pickle
from typing import Any, NamedTuple

import numpy as np

from keras_seq.errors import DataError, reason

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001
COUNT = np.dtype("<i8")
TYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}
# What unpickling damaged bytes may raise.
DAMAGE = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    OverflowError,
    MemoryError,
    RecursionError,
)


def read_tensors(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The tensors of a file by their names, as a module's `state_dict` has them.

    Raises:
        DataError: when the file cannot be read, is damaged or cut off, is of another format, or holds anything
            but tensors by name.
    """
    try:
        raw = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from None
    if raw.startswith(b"PK"):
        raise DataError(
            f"{path}: a file of PyTorch's newer format, a zip; expected its old one, which "
            "torch.save(..., _use_new_zipfile_serialization=False) writes"
        )
    try:
        return _tensors(io.BytesIO(raw), len(raw))
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except DAMAGE as error:
        raise DataError(f"{path}: damaged, or no file of PyTorch's old format ({error})") from None


class _Storage(NamedTuple):
    key: str
    type: np.dtype
    size: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in numbers


class _StorageType(NamedTuple):
    type: np.dtype


class _Entries(collections.OrderedDict):
    """A dict that keeps nothing else: a module's has attributes too, which are not needed."""

    def __setstate__(self, state: Any) -> None:
        pass


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _Entries
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if module == "torch" and name in TYPES:
            return _StorageType(np.dtype(TYPES[name]))
        raise DataError(f"it names {module}.{name}, and may hold nothing but tensors by name")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, storage_type, key, _, count, *view = pid
        if kind != "storage" or not isinstance(storage_type, _StorageType) or any(view):
            raise DataError("it refers to something that is no storage of numbers")
        if not isinstance(key, str) or not isinstance(count, int):
            raise DataError("a storage in it has no name or no size")
        return _Storage(key, storage_type.type, count)


def _rebuilt(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
    numbers = [offset, *shape, *strides]
    if not isinstance(storage, _Storage) or any(type(one) is not int or one < 0 for one in numbers):
        raise DataError("a tensor in it is not described as PyTorch does")
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _tensors(stream: io.BytesIO, size: int) -> dict[str, np.ndarray]:
    if _next(stream) != MAGIC or _next(stream) != VERSION:
        raise DataError("no file of PyTorch's old format")
    machine, entries, keys = _next(stream), _next(stream), _next(stream)
    if not machine["little_endian"]:
        raise DataError("its numbers are big-endian; expected little-endian ones")
    named = isinstance(entries, dict) and all(isinstance(name, str) for name in entries)
    if not named or not all(isinstance(value, _Tensor) for value in entries.values()):
        raise DataError(
            "it holds something else than tensors by name, such as a whole module; expected a state_dict"
        )
    types = {tensor.storage.key: tensor.storage.type for tensor in entries.values()}
    numbers = {key: _numbers(stream, size, types[key]) for key in keys}
    return {name: _view(name, tensor, numbers[tensor.storage.key]) for name, tensor in entries.items()}


def _next(stream: io.BytesIO) -> Any:
    return _Unpickler(stream).load()


def _numbers(stream: io.BytesIO, size: int, kind: np.dtype) -> np.ndarray:
    """The numbers of the storage that comes next."""
    start = stream.tell() + COUNT.itemsize
    head = stream.read(COUNT.itemsize)
    count = int(np.frombuffer(head, COUNT)[0]) if len(head) == COUNT.itemsize else -1
    if count < 0 or start + count * kind.itemsize > size:
        raise DataError(f"cut off: {size} bytes are not all of its numbers")
    return np.frombuffer(stream.read(count * kind.itemsize), kind)


def _view(name: str, tensor: _Tensor, numbers: np.ndarray) -> np.ndarray:
    """A tensor as an array of its own."""
    shape, strides, count = tensor.shape, tensor.strides, math.prod(tensor.shape)
    last = tensor.offset + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    if tensor.storage.size != len(numbers) or count > len(numbers) or (count and last >= len(numbers)):
        raise DataError(f"tensor {name!r} does not fit the numbers that are there for it")
    if not count:
        return np.zeros(shape, numbers.dtype)
    steps = [stride * numbers.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], shape, steps, writeable=False).copy()
