"""The states of a version, its record, and the errors for what is not there."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from serving.errors import Code, ServingError
from serving.models.versions import Folder


class Servable(Protocol):
    """What is loaded for a version."""

    def close(self) -> None:
        """Free what it holds; it is not used any more."""


T = TypeVar("T", bound=Servable)


class State(enum.Enum):
    """Where a version stands; the numbers are get_model_status.proto's."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


class VersionStatus(NamedTuple):
    """A version's state; `code` and `message` say why a version that is END could not be loaded."""

    version: int
    state: State
    code: Code
    message: str


class Loading(NamedTuple):
    """How versions are loaded.

    Args:
        load: called with name, version and path; gives an object that has `close()`, or raises.
        max_retries: how often a load that failed is tried again.
        retry_seconds: between the tries.
        slots: entered while `load` runs.
    """

    load: Callable[[str, int, str], Any]
    max_retries: int
    retry_seconds: float
    slots: contextlib.AbstractContextManager


class Version(Generic[T]):
    """One version's record; the lock of its model guards it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = State.END
        self.servable: T | None = None
        self.uses = 0
        self.failures = 0
        self.failed: Folder | None = None
        self.due: float | None = None
        self.code = Code.OK
        self.message = ""

    def begin(self) -> None:
        """Make it due to be loaded now, as if for the first time; one between two tries stays LOADING."""
        if self.state is State.END:
            self.state = State.START
        self.failures, self.failed, self.due = 0, None, 0.0
        self.code, self.message = Code.OK, ""

    def fail(self, error: BaseException) -> None:
        """Note that a load of it failed, and why."""
        self.failures += 1
        if isinstance(error, ServingError):
            self.code, self.message = error.code, error.message
        else:
            self.code, self.message = Code.UNKNOWN, f"{type(error).__name__}: {error}"

    @property
    def status(self) -> VersionStatus:
        """What others see: why it failed only once it is not tried again."""
        if self.state is State.END:
            return VersionStatus(self.number, self.state, self.code, self.message)
        return VersionStatus(self.number, self.state, Code.OK, "")

    @property
    def waits(self) -> bool:
        """Whether it is to be loaded, for the first time or again, and is not being loaded just now."""
        return self.state in (State.START, State.LOADING) and self.due is not None


def not_found(name: str, number: int | None) -> ServingError:
    """TensorFlow Serving's answer to a request for a model or version that is not available."""
    request = f"Latest({name})" if number is None else f"Specific({name}, {number})"
    return ServingError(Code.NOT_FOUND, f"Servable not found for request: {request}")


def unknown_label(label: str) -> ServingError:
    """TensorFlow Serving's answer to a request for a label that is not configured."""
    return ServingError(Code.INVALID_ARGUMENT, f"Unrecognized servable version label: {label}")
