"""Rows of several calls as one batch: checked, padded and filled up as TensorFlow Serving's batching session
does.
"""

from __future__ import annotations

import numpy as np

from serving.configs import Batching
from serving.errors import Code, ServingError

MOST_DIMENSIONS = 6  # that TensorFlow Serving pads


def num_rows(feeds: dict[str, np.ndarray]) -> int:
    """The size of dimension 0, which all feeds share.

    Raises:
        ServingError: when they do not.
    """
    if not feeds:
        raise ServingError(Code.INVALID_ARGUMENT, "Batching Run() must have at least one input tensor")
    if any(array.ndim == 0 for array in feeds.values()):
        raise ServingError(
            Code.INVALID_ARGUMENT, "Batching Run() input tensors must have at least one dimension"
        )
    sizes = {array.shape[0] for array in feeds.values()}
    if len(sizes) > 1:
        raise ServingError(
            Code.INVALID_ARGUMENT, "Batching Run() input tensors must have equal 0th-dimension size"
        )
    return sizes.pop()


def merge(tasks: list[dict[str, np.ndarray]], batching: Batching) -> tuple[dict[str, np.ndarray], int]:
    """The feeds of a batch, and its rows.

    Args:
        tasks: each task's feeds, all of the same names and ranks.
        batching: whether unequal shapes are padded, and which sizes are allowed.

    Returns:
        The feeds, filled up to the next allowed size with copies of the last task's first row, and that size.

    Raises:
        ServingError: when shapes or types differ and cannot be made equal.
    """
    rows = sum(next(iter(feeds.values())).shape[0] for feeds in tasks)
    missing = (
        next((size for size in batching.allowed_batch_sizes if size >= rows), rows) - rows if rows else 0
    )
    merged = {}
    for name in sorted(tasks[0]):
        arrays = [feeds[name] for feeds in tasks]
        if batching.pad_variable_length_inputs:
            arrays = _padded(arrays)
        elif len({array.shape[1:] for array in arrays}) > 1:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                f"Tensors with name '{name}' from different tasks have different shapes and padding is turned off."
                "Set pad_variable_length_inputs to true, or ensure that all tensors with the same name"
                "have equal dimensions starting with the first dim.",
            )
        if len({array.dtype.kind if array.dtype.kind == "S" else array.dtype for array in arrays}) > 1:
            raise ServingError(Code.INTERNAL, f"Tensor concat operation failed: types of '{name}' differ")
        if missing:
            row = next(array[:1] for array in reversed(arrays) if array.shape[0])
            arrays.append(np.repeat(row, missing, axis=0))
        merged[name] = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    return merged, rows + missing


def check_outputs(outputs: list[np.ndarray], fetches: tuple[str, ...], rows: int) -> None:
    """Refuse what cannot be handed out row by row.

    Raises:
        ServingError: when an output has not a row for each row that went in.
    """
    if len(outputs) != len(fetches):
        raise ServingError(Code.INTERNAL, "Wrong number of batched output tensors")
    for output in outputs:
        if np.ndim(output) == 0:
            raise ServingError(Code.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if len(output) != rows:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes "
                "of the input tensors",
            )


def _padded(arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Arrays as large as the largest, each padded with its own first element, whatever that means to a model."""
    shape = tuple(max(sizes) for sizes in zip(*(array.shape[1:] for array in arrays), strict=True))
    return [array if array.shape[1:] == shape else _pad(array, (array.shape[0], *shape)) for array in arrays]


def _pad(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if array.ndim > MOST_DIMENSIONS:
        raise ServingError(Code.INVALID_ARGUMENT, "Only tensors with rank from 1 to 6 can be padded.")
    if 0 in shape:
        return array.reshape(shape)
    if array.size == 0:
        raise ServingError(Code.INVALID_ARGUMENT, "Got empty tensor in batch of non-empty tensors.")
    padded = np.full(shape, array.flat[0], dtype=array.dtype)
    padded[tuple(slice(size) for size in array.shape)] = array
    return padded
