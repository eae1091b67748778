"""The models being served: configured, polled for versions, swapped while they are in use."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Generic

from tensorflow_serving.config import model_server_config_pb2

from serving.errors import Code, ServingError
from serving.models.lifecycle import Model
from serving.models.states import Loading, State, T, VersionStatus, not_found, unknown_label
from serving.models.versions import Settings, check_models

__all__ = ["Models", "State", "VersionStatus"]

log = logging.getLogger("serving")


class Models(Generic[T]):
    """The models of a configuration and their versions; thread-safe.

    A new version is loaded before the old one is unloaded, and when it can't be loaded the old one serves on.
    A version whose loads have all failed is tried again when a poll has seen its folder gone and back, as in
    TensorFlow Serving, and also when the modification time of its folder or of its saved_model.pb has
    changed, which TensorFlow Serving does not do. A base path that is missing or empty is logged once and
    polled on.

    Args:
        load: called with name, version and path; gives what is served, an object with `close()`. Whatever it
            raises, that version's load has failed; a ServingError's code and text stand in its status.
        poll_seconds: between two listings of the base paths; 0 or less for one at each configuration.
        max_load_retries: how often a load that failed is tried again.
        retry_seconds: between the tries.
        allow_labels_of_unavailable: whether a new label may be given to a version that is not available
            (yet).
        load_threads: how many loads run at once; 0 for one a model.
    """

    def __init__(
        self,
        load: Callable[[str, int, str], T],
        *,
        poll_seconds: float = 1,
        max_load_retries: int = 5,
        retry_seconds: float = 60,
        allow_labels_of_unavailable: bool = False,
        load_threads: int = 0,
    ) -> None:
        slots: contextlib.AbstractContextManager = (
            threading.Semaphore(load_threads) if load_threads else contextlib.nullcontext()
        )
        self._loading = Loading(load, max_load_retries, retry_seconds, slots)
        self._poll_seconds = poll_seconds
        self._allow_labels_of_unavailable = allow_labels_of_unavailable
        self._configuring = threading.Lock()
        self._configured: tuple[str, ...] | None = None
        self._models: dict[str, Model[T]] = {}
        self._stopping = threading.Event()
        self._poller: threading.Thread | None = None

    def apply(self, config: model_server_config_pb2.ModelServerConfig, wait_seconds: float | None) -> None:
        """Take a configuration: the first, or one that adds, changes and removes models.

        It is checked whole before anything is changed. Then each of its models is waited for, until it has a
        version available or all its versions have failed. As in TensorFlow Serving, unloads are not waited
        for, and nor is the change from one available version to another.

        Args:
            config: what is to be served from now on.
            wait_seconds: how long to wait at most; None without end, 0 not at all.

        Raises:
            ServingError: INVALID_ARGUMENT or FAILED_PRECONDITION when the configuration is refused and
                nothing has changed; UNKNOWN when models that are new in it did not become available, or
                DEADLINE_EXCEEDED when some have not after `wait_seconds`: it is in force all the same, and
                its other models are served. UNAVAILABLE after `stop`.
        """
        deadline = None if wait_seconds is None else time.monotonic() + wait_seconds
        with self._configuring:
            if self._stopping.is_set():
                raise _stopped()
            if not self._accepts(config):
                return
            configured = self._configured
            settings = check_models(config.model_config_list.config, configured or ())
            self._check_labels(settings)
            awaited = self._change(settings)
        for model in awaited:
            model.poll()
        if wait_seconds != 0:
            new = [model for model in awaited if model.name not in (configured or ())]
            self._await(awaited, new, deadline, "servable" if configured is None else "model")

    def start(self) -> None:
        """Begin to poll the base paths."""
        if self._poller is None and self._poll_seconds > 0:
            self._poller = threading.Thread(target=self._poll, name="poll", daemon=True)
            self._poller.start()

    def end_waits(self) -> None:
        """End what waits for a version in `apply`, and the polling: the server is about to stop."""
        self._stopping.set()
        for model in list(self._models.values()):
            model.end_waits()

    def stop(self, wait_seconds: float = 5) -> None:
        """Unload all, for good.

        Args:
            wait_seconds: how long to wait at most for versions that are in use or being loaded; those are
                closed by their threads as soon as they can be.
        """
        deadline = time.monotonic() + wait_seconds
        self._stopping.set()
        # A configuration that is being taken comes first: it has no other chance to be unloaded.
        with self._configuring:
            models = list(self._models.values())
        for model in models:
            model.stop()
        open_models = [model.name for model in models if not model.join(deadline - time.monotonic())]
        if self._poller is not None:
            self._poller.join(max(0.0, deadline - time.monotonic()))
        if open_models:
            log.warning("Still in use or being loaded: %s", ", ".join(open_models))

    @contextlib.contextmanager
    def use(self, name: str, version: int | None = None, label: str | None = None) -> Iterator[tuple[int, T]]:
        """A version's number and what was loaded for it; it is not closed inside this context.

        Args:
            name: the model.
            version: which; the newest available one when neither this nor a label is given.
            label: which, by its label; it takes precedence over `version`.

        Raises:
            ServingError: NOT_FOUND when it is not available, INVALID_ARGUMENT when there is no such label.
        """
        model = self._models.get(name)
        if model is None:
            raise not_found(name, version) if label is None else unknown_label(label)
        used, servable = model.acquire(version, label)
        try:
            yield used.number, servable
        finally:
            model.release(used)

    def statuses(self, name: str) -> list[VersionStatus]:
        """A model's versions, newest first; unloaded ones stay as END, and a model never seen has none."""
        model = self._models.get(name)
        return [] if model is None else model.statuses()

    def names(self) -> list[str]:
        """The models that are configured, in the configuration's order."""
        return list(self._configured or ())

    def _accepts(self, config: model_server_config_pb2.ModelServerConfig) -> bool:
        kind = config.WhichOneof("config")
        if self._configured is not None and kind != "model_config_list":
            raise ServingError(
                Code.FAILED_PRECONDITION,
                "Cannot transition to requested config. It is only legal to transition from one ModelConfigList to "
                "another.",
            )
        if kind == "custom_model_config":
            raise ServingError(
                Code.INVALID_ARGUMENT, "Missing custom_model_config_loader in ServerCore Options"
            )
        return kind is not None

    def _check_labels(self, settings: Mapping[str, Settings]) -> None:
        for name, wanted in settings.items():
            model = self._models.get(name)
            for label, version in wanted.labels.items():
                present = None if model is None else model.labelled(label)
                if self._allow_labels_of_unavailable and present in (None, version):
                    continue
                if model is None or not model.is_available(version):
                    raise ServingError(
                        Code.FAILED_PRECONDITION,
                        f"Request to assign label to version {version} of model {name}, which is not currently "
                        "available for inference",
                    )

    def _change(self, settings: Mapping[str, Settings]) -> list[Model[T]]:
        models = dict(self._models)
        for name in settings.keys() - models.keys():
            models[name] = Model(name, self._loading)
        for name, model in models.items():
            model.configure(settings.get(name))
        # Readers take no lock: they see the dict of before or that of after.
        self._models = models
        self._configured = tuple(settings)
        return [models[name] for name in settings]

    def _await(self, awaited: list[Model[T]], new: list[Model[T]], deadline: float | None, what: str) -> None:
        late = [
            model.name
            for model in awaited
            if not model.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
        ]
        if self._stopping.is_set():
            raise _stopped()
        if late:
            raise ServingError(
                Code.DEADLINE_EXCEEDED,
                f"{len(late)} {what}(s) did not become available in time: {', '.join(late)}",
            )
        failures = [failure for model in new if (failure := model.failure()) is not None]
        if failures:
            listed = "".join(f"{failure}, " for failure in failures)
            raise ServingError(
                Code.UNKNOWN, f"{len(failures)} {what}(s) did not become available: {{{listed}}}"
            )

    def _poll(self) -> None:
        while not self._stopping.wait(self._poll_seconds):
            for model in list(self._models.values()):
                model.poll()


def _stopped() -> ServingError:
    return ServingError(Code.UNAVAILABLE, "The model server is stopping")
