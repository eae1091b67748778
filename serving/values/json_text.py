"""JSON as rapidjson, which TensorFlow Serving uses, reads and writes it: its errors, numbers and layout."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np

from serving.errors import Code, ServingError

LONGEST_VALUE = 4096  # characters of a value in an error
_TRAILING_COMMAS = {
    "Illegal trailing comma before end of array": "Invalid value.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
}
_PARSE_ERRORS = {
    **_TRAILING_COMMAS,
    "Expecting value": "Invalid value.",
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Extra data": "The document root must not be followed by other values.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
    "Invalid control character at": "Invalid encoding in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
}
# What Python's parser takes another way: numbers beyond 64 bits or a double, and halves of surrogate pairs.
# Those of DC80 to DCFF may also stand for a byte that is not UTF-8, which rapidjson passes on to the model as
# it is.
_UNUSUAL = re.compile(rb"\d{19}|[eE]\+?\d{3}|\\u[dD][89a-fA-F]")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_HALF_PAIR_AMONG_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)


def parsed(body: bytes) -> dict[str, Any]:
    """A request's body, a JSON object; NaN, Infinity and -Infinity are numbers.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    if not body:
        raise _invalid("JSON Parse error: The document is empty")
    document, half_pair = "", _HALF_PAIR
    try:
        document = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        document, half_pair = (
            body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"),
            _HALF_PAIR_AMONG_BYTES,
        )
    try:
        is_unusual = _UNUSUAL.search(body)
        value = (
            json.loads(document, parse_int=_integer, parse_float=_decimal)
            if is_unusual
            else json.loads(document)
        )
    except json.JSONDecodeError as error:
        place = error.pos
        if error.msg in _TRAILING_COMMAS:  # Python 3.13 points to the comma, rapidjson to what comes after it
            place = len(document) - len(document[place + 1 :].lstrip())
        raise _parse_error(_reason(error), len(document[:place].encode("utf-8", "surrogateescape"))) from None
    except OverflowError as error:
        offset = body.find(str(error).encode())
        raise _parse_error("Number too big to be stored in double.", offset) from None
    except RecursionError:
        raise _parse_error("Nested too deeply.", 0) from None
    if is_unusual and half_pair.search(json.dumps(value, ensure_ascii=False)):
        raise _parse_error("The surrogate pair in string is invalid.", is_unusual.start())
    if not isinstance(value, dict):
        raise _invalid(f"JSON Value: {text(value)} Is not object")
    return value


def text(value: Any) -> str:
    """A JSON value as it stands in an error; a long one is cut off."""
    if isinstance(value, float):
        dtype = np.float32 if abs(value) <= np.finfo(np.float32).max else np.float64
        return decimals(np.array([value], dtype))[0]
    short = json.dumps(value, ensure_ascii=False)
    if len(short) > LONGEST_VALUE:
        return f"{short[:LONGEST_VALUE]}..."
    return json.dumps(value, ensure_ascii=False, indent=4)


def kind(value: Any) -> str:
    """What a JSON value is, as it stands in an error: "Number", "Null"."""
    kinds = {bool: str(value), type(None): "Null", dict: "Object", list: "Array", str: "String"}
    return kinds.get(type(value), "Number")


def decimals(values: np.ndarray) -> list[str]:
    """Floating-point numbers as JSON: "1.0", "9e+06", "NaN"; six digits where these are exact, else all there
    are.

    Args:
        values: one dimension, float32 or float64.
    """
    digits = 9 if values.dtype == np.float32 else 17
    numbers = values.tolist()
    texts = [f"{number:g}" for number in numbers]
    with np.errstate(over="ignore"):
        are_exact = np.array([float(one) for one in texts], np.float64).astype(values.dtype) == values
    return [
        (one if "." in one or "e" in one else f"{one}.0")
        if is_exact and math.isfinite(number)
        else _full(number, digits)
        for one, number, is_exact in zip(texts, numbers, are_exact.tolist(), strict=True)
    ]


def _full(number: float, digits: int) -> str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    full = f"{number:.{digits}g}"
    return full if "." in full or "e" in full else f"{full}.0"


def _integer(token: str) -> int | float:
    """A whole number; one that 64 bits cannot hold is a double."""
    value = int(token) if len(token) <= 20 else 2**64
    return value if -(2**63) <= value < 2**64 else _decimal(token)


def _decimal(token: str) -> float:
    value = float(token)
    if math.isinf(value):
        raise OverflowError(token)
    return value


def _reason(error: json.JSONDecodeError) -> str:
    """rapidjson's message for an error of Python's parser."""
    if not error.doc.strip():
        return "The document is empty"
    if error.msg != "Expecting ',' delimiter":
        return _PARSE_ERRORS.get(error.msg, error.msg)
    closed = 0
    for sign in reversed(_STRING.sub("", error.doc[: error.pos])):
        if sign in "]}":
            closed += 1
        elif sign in "[{":
            if not closed:
                ending, part = ("]", "array element") if sign == "[" else ("}", "object member")
                return f"Missing a comma or {ending} after an {part}."
            closed -= 1
    return "Invalid value."


def _parse_error(what: str, offset: int) -> ServingError:
    return _invalid(f"JSON Parse error: {what} at offset: {offset}")


def _invalid(message: str) -> ServingError:
    return ServingError(Code.INVALID_ARGUMENT, message)
