"""Raw inputs as the body of a predict request to TensorFlow Serving, in its column format; bytes in base64."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable


def encoded(name: str, inputs: Iterable[str | bytes]) -> str:
    """The body that asks all inputs at once.

    Args:
        name: of the model's input.
        inputs: raw.
    """
    values = [{"b64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v for v in inputs]
    return json.dumps({"inputs": {name: values}}, indent=2, ensure_ascii=False) + "\n"


def decoded(body: str) -> dict[str, list[str | bytes]]:
    """Input name -> raw inputs.

    Raises:
        ValueError, KeyError, AttributeError: when it is no such body.
    """
    return {
        name: [base64.b64decode(value["b64"]) if isinstance(value, dict) else value for value in values]
        for name, values in json.loads(body)["inputs"].items()
    }
