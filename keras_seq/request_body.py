"""Raw inputs as the body of a predict request to TensorFlow Serving, in its column format: bytes in base64; of a
model that takes numbers, those of `.npy` files.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from keras_seq import npy


def encoded(name: str, inputs: Iterable[str | bytes], numbers: bool = False) -> str:
    """The body that asks all inputs at once.

    Args:
        name: of the model's input.
        inputs: raw.
        numbers: whether the model takes the numbers of `.npy` files, padded with frames of zeros at the end.
    """
    if numbers:
        clips = npy.padded([npy.rows(raw) for raw in inputs if isinstance(raw, bytes)])
        return json.dumps({"inputs": {name: clips}}, separators=(",", ":")) + "\n"
    values = [{"b64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v for v in inputs]
    return json.dumps({"inputs": {name: values}}, indent=2, ensure_ascii=False) + "\n"


def decoded(body: str) -> dict[str, list[str | bytes]]:
    """Input name -> raw inputs; of numbers the `.npy` files.

    Raises:
        ValueError, KeyError, AttributeError: when it is no such body.
    """
    return {name: [_raw(value) for value in values] for name, values in json.loads(body)["inputs"].items()}


def _raw(value: Any) -> str | bytes:
    if isinstance(value, list):
        return npy.packed(value)
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value
