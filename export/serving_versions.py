"""The versions of TensorFlow Serving that a servable can be made for; needs no TensorFlow."""

from __future__ import annotations

import importlib.metadata

OLDEST, NEWEST = "2.12", "2.20"


def number(version: str) -> tuple[int, int]:
    """A version's major and minor number, by which versions are compared."""
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def parsed(text: str) -> str:
    """A version as it stands in `op_history.json`: "2.17" of "2.17.1".

    Raises:
        ValueError: when there is no such version, or nothing is known of it.
    """
    parts = text.split(".")
    if len(parts) in (2, 3) and all(part.isascii() and part.isdecimal() for part in parts):
        version = "{}.{}".format(*number(text))
        if number(OLDEST) <= number(version) <= number(NEWEST):
            return version
    raise ValueError(f"{text!r}: expected a version of TensorFlow Serving from {OLDEST} to {NEWEST}")


def fitting() -> str:
    """The version that fits the TensorFlow that is installed: the same one, or the newest that there is."""
    installed = importlib.metadata.version("tensorflow")
    return NEWEST if number(installed) > number(NEWEST) else "{}.{}".format(*number(installed))
