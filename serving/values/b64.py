"""Bytes in JSON: `{"b64": "..."}`."""

from __future__ import annotations

import base64
import binascii
import json
import string
from typing import Any

from serving.errors import Code, ServingError
from serving.values.json_text import text

_WITHOUT_WHITE_SPACE = dict.fromkeys(map(ord, string.whitespace))


def is_encoded(value: Any) -> bool:
    """Whether a JSON value stands for bytes: an object with the one key `b64`, a string."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def decoded(value: Any) -> bytes:
    """The bytes that a JSON object stands for; white space is skipped, the padding may be dots or left out.

    Raises:
        ServingError: INVALID_ARGUMENT when it stands for none.
    """
    if not is_encoded(value):
        raise ServingError(
            Code.INVALID_ARGUMENT, f"JSON Value: {text(value)} not formatted correctly for base64 data"
        )
    given = value["b64"].translate(_WITHOUT_WHITE_SPACE)
    bare = given.rstrip("=.")
    padding = "=" * (-len(bare) % 4)
    try:
        if len(given) - len(bare) not in (0, len(padding)):
            raise ValueError("padding")
        return base64.b64decode(bare + padding, validate=True)
    except (binascii.Error, ValueError):
        raise ServingError(Code.INVALID_ARGUMENT, "Unable to base64 decode") from None


def encoded(value: bytes) -> str:
    """Bytes as JSON text."""
    return json.dumps({"b64": base64.b64encode(value).decode("ascii")})
