"""What a servable is asked by the gates, and the forms of questions and answers on their way to the fresh process
and back.

Needs no TensorFlow.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

BATCH_SIZE = 32
MOST_BATCH_BYTES = 2**25  # of the inputs of a batch; in base64 it is a body that the embedded server takes
MOST_NUMBER_BYTES = 2**22  # of the numbers of a batch, padded; as JSON they are five times as long
LIKE = 4  # how many times as long as the shortest of its batch an input may be where lengths are to be alike
SHORT = 16  # bytes; what is shorter counts as so long there
SHOWN = 60  # characters or bytes of an input in a message


def as_bytes(raw: str | bytes) -> bytes:
    """A raw input as it is fed to a graph."""
    return raw.encode("utf-8", "replace") if isinstance(raw, str) else raw


def batched(inputs: Sequence[bytes], numbers: bool = False) -> list[list[bytes]]:
    """Every input at least once, 32 a batch; the last one is filled up with the first inputs.

    So inputs at the end, which may be damaged, have good ones beside them. Large inputs make smaller
    batches, of 32 MiB; of numbers, which are sent padded and as JSON, of 4 MiB.
    """
    count = -(-len(inputs) // BATCH_SIZE) * BATCH_SIZE
    batches: list[list[bytes]] = [[]]
    for raw in itertools.islice(itertools.cycle(inputs), count):
        sizes = [*map(len, batches[-1]), len(raw)]
        is_large = max(sizes) * len(sizes) > MOST_NUMBER_BYTES if numbers else sum(sizes) > MOST_BATCH_BYTES
        if len(batches[-1]) == BATCH_SIZE or (batches[-1] and is_large):
            batches.append([])
        batches[-1].append(raw)
    return batches


def alike(inputs: Sequence[bytes]) -> list[list[bytes]]:
    """Every input once, the shortest first, in batches of like lengths.

    Answers may be padded to the longest input in two dimensions: one text of 300 words beside twenty short ones
    makes a hundred megabytes of JSON of the attention.
    """
    batches: list[list[bytes]] = []
    for raw in sorted(inputs, key=len):
        if not batches or len(raw) > LIKE * max(SHORT, len(batches[-1][0])):
            batches.append([])
        batches[-1].append(raw)
    return batches


def described(raw: bytes) -> str:
    """A raw input in a message: its beginning, and its size when that is not all."""
    try:
        shown = raw.decode()
    except UnicodeDecodeError:
        return repr(raw) if len(raw) <= SHOWN else f"{raw[:SHOWN]!r}... ({len(raw):,} bytes)"
    return repr(shown) if len(shown) <= SHOWN else f"{shown[:SHOWN]!r}... ({len(raw):,} bytes)"


def encoded(value: Any) -> Any:
    """Inputs in (nested) lists, and dicts of them, as JSON can hold them: texts and bytes in base64, numbers as
    they are.
    """
    if isinstance(value, dict):
        return {key: encoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return value if _are_numbers(value) else [encoded(item) for item in value]
    if isinstance(value, int | float):
        return value
    return base64.b64encode(as_bytes(value)).decode()


def decoded(value: Any) -> Any:
    """What `encoded` was given, texts as bytes."""
    if isinstance(value, dict):
        return {key: decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return value if _are_numbers(value) else [decoded(item) for item in value]
    return value if isinstance(value, int | float) else base64.b64decode(value)


def _are_numbers(values: list) -> bool:
    """Whether a list is one of numbers; a list has one kind of value."""
    return bool(values) and isinstance(values[0], int | float)


def array(values: Any) -> np.ndarray:
    """An answer, an array or (nested) lists, as an array: of numbers, or of `str`, decoded where they were bytes."""
    if not isinstance(values, np.ndarray):
        first = values
        while isinstance(first, list):
            first = first[0] if first else None
        # NumPy's own strings would lose a NUL at their end, and all be as long as the longest.
        values = np.array(values, object if isinstance(first, str | bytes) else None)
    return np.asarray(_as_texts(values), object) if values.dtype == object else values


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


_as_texts = np.frompyfunc(_as_text, 1, 1)
