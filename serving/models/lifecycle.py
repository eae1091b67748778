"""One model's versions, from START to END: loaded newest first, swapped without a gap, closed when they
are no longer used.

A thread a model does the loading and the closing, one at a time, and holds no lock meanwhile; it ends when
the model has been taken out of the configuration and all is closed. Everything else only notes what is wanted
or what has happened, under the model's lock, and wakes those who wait.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable
from typing import Generic

from serving.errors import Code
from serving.models.states import Loading, State, T, Version, VersionStatus, not_found, unknown_label
from serving.models.versions import Folder, Settings, list_versions

log = logging.getLogger("serving")


class Model(Generic[T]):
    """A model and its versions; thread-safe.

    A version that could not be loaded is tried again after a poll that did not want it, as TensorFlow Serving
    does, and also when its folder's contents have changed, which TensorFlow Serving does not do.

    Args:
        name: the model's name.
        loading: how its versions are loaded.
    """

    def __init__(self, name: str, loading: Loading) -> None:
        self.name = name
        self._loading = loading
        self._polling = threading.Lock()
        self._changed = threading.Condition()
        self._settings: Settings | None = None
        self._wanted: dict[int, Folder] = {}
        self._versions: dict[int, Version[T]] = {}
        self._available: dict[int, Version[T]] = {}
        self._notes: list[str] = []
        self._stopped = False
        self._waits_are_over = False
        # There from the first settings to the end of all versions.
        self._worker: threading.Thread | None = None

    def configure(self, settings: Settings | None) -> None:
        """Take new settings, in force at once for labels and at the next poll for versions; None unloads the
        model.
        """
        with self._changed:
            if self._stopped:
                return
            self._settings = settings
            if settings is None:
                self._want({})
            elif self._worker is None:
                self._worker = threading.Thread(target=self._work, name=f"model {self.name}", daemon=True)
                self._worker.start()

    def poll(self) -> None:
        """List the version folders and want those that the policy asks for; a missing base path changes
        nothing.
        """
        with self._polling:
            settings = self._settings
            if settings is None:
                return
            wanted: dict[int, Folder] | None = None
            notes: list[str] = []
            try:
                folders, listed = self._list(settings.base_path)
                wanted, notes = settings.choose(folders)
                notes = listed + notes
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                notes = [
                    f"Could not find base path {settings.base_path} for servable {self.name} with error {reason}"
                ]
            with self._changed:
                # The configuration may have changed during the listing: then this listing is of no use.
                if self._settings is not settings:
                    return
                news = [note for note in notes if note not in self._notes]
                self._notes = notes
                if wanted is not None:
                    self._want(wanted)
        for note in news:
            log.warning("%s", note)

    def wait(self, seconds: float | None) -> bool:
        """Wait until a version is available, or all that are wanted have failed, or `stop`; False when time
        was up.
        """
        with self._changed:
            return self._changed.wait_for(self._is_settled, seconds)

    def failure(self) -> str | None:
        """Why no version is available, as TensorFlow Serving puts it; None when one is, or none is to be."""
        with self._changed:
            if self._available or self._settings is None:
                return None
            failed = [
                self._versions[number]
                for number in self._wanted
                if self._versions[number].code is not Code.OK
            ]
            if failed:
                return ", ".join(
                    f"{{{self._id(v.number)} due to error: {v.code.name}: {v.message}}}" for v in failed
                )
            reason = f" due to error: NOT_FOUND: {' '.join(self._notes)}" if self._notes else ""
            return f"{{{{name: {self.name}}}{reason}}}"

    def acquire(self, number: int | None, label: str | None) -> tuple[Version[T], T]:
        """A version by number or label, or the newest available, and what was loaded; to be given to
        `release`.

        Raises:
            ServingError: NOT_FOUND when it is not available, INVALID_ARGUMENT when there is no such label.
        """
        with self._changed:
            if label is not None:
                number = self.labelled(label)
                if number is None:
                    raise unknown_label(label)
            version = self._available.get(max(self._available, default=0) if number is None else number)
            if version is None or version.servable is None:
                raise not_found(self.name, number)
            version.uses += 1
            return version, version.servable

    def release(self, version: Version[T]) -> None:
        """Give back what `acquire` gave."""
        with self._changed:
            version.uses -= 1
            if version.uses == 0 and version.state is State.UNLOADING:
                self._changed.notify_all()

    def labelled(self, label: str) -> int | None:
        """The version that a label stands for; None when there is no such label."""
        with self._changed:
            return None if self._settings is None else self._settings.labels.get(label)

    def is_available(self, number: int) -> bool:
        """Whether a version can be used."""
        with self._changed:
            return number in self._available

    def statuses(self) -> list[VersionStatus]:
        """Every version there has been, newest first."""
        with self._changed:
            versions = sorted(self._versions.values(), key=lambda version: -version.number)
            return [version.status for version in versions]

    def end_waits(self) -> None:
        """Let those who wait for a version go on without it."""
        with self._changed:
            self._waits_are_over = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Unload all, for good; does not wait."""
        with self._changed:
            self._stopped = True
            self._settings = None
            self._want({})

    def join(self, seconds: float) -> bool:
        """Wait until a stopped model has closed its versions; whether it has."""
        with self._changed:
            worker = self._worker
        if worker is None:
            return True
        worker.join(max(0.0, seconds))
        return not worker.is_alive()

    def _list(self, base_path: str) -> tuple[dict[int, Folder], list[str]]:
        """The version folders; not those of a moment when an old one is seen gone and its successor not yet
        seen.
        """
        seen = self._wanted.keys()
        folders, notes = list_versions(base_path)
        while not seen <= folders.keys():
            seen = folders.keys()
            folders, notes = list_versions(base_path)
        return folders, notes

    def _want(self, wanted: dict[int, Folder]) -> None:
        self._wanted = wanted
        for number, folder in wanted.items():
            version = self._versions.setdefault(number, Version(number))
            is_other = version.failed != folder
            is_between_tries = version.waits and version.failed is not None
            if is_other and (version.state is State.END or is_between_tries):
                version.begin()
        for number in self._versions.keys() - wanted.keys():
            version = self._versions[number]
            version.failed = None
            if version.waits:
                version.state, version.due = State.END, None
        self._update()

    def _update(self) -> None:
        """After any change: what is not wanted any more stops being available, unless nothing else would be
        left.
        """
        available = sorted(n for n, version in self._versions.items() if version.state is State.AVAILABLE)
        unwanted = [number for number in available if number not in self._wanted]
        if self._wanted and len(unwanted) == len(available):
            unwanted = unwanted[:-1]
        for number in unwanted:
            self._versions[number].state = State.UNLOADING
        self._available = {number: self._versions[number] for number in available if number not in unwanted}
        self._changed.notify_all()

    def _is_settled(self) -> bool:
        wanted = (self._versions[number] for number in self._wanted)
        return (
            self._stopped
            or self._waits_are_over
            or bool(self._available)
            or all(version.state is State.END for version in wanted)
        )

    def _work(self) -> None:
        while True:
            with self._changed:
                while (step := self._next_step()) is None:
                    if self._settings is None and all(v.state is State.END for v in self._versions.values()):
                        self._worker = None
                        return
                    retries = [v.due - time.monotonic() for v in self._versions.values() if v.waits and v.due]
                    self._changed.wait(max(0.0, min(retries)) if retries else None)
            step()

    def _next_step(self) -> Callable[[], None] | None:
        for version in self._versions.values():
            if version.state is State.UNLOADING and not version.uses:
                return functools.partial(self._close, version)
        now = time.monotonic()
        due = [v for v in self._versions.values() if v.waits and v.due is not None and v.due <= now]
        return functools.partial(self._load, max(due, key=lambda version: version.number)) if due else None

    def _load(self, version: Version[T]) -> None:
        with self._loading.slots:
            with self._changed:
                # It may have gone while this thread waited for its turn.
                if not version.waits:
                    return
                folder = self._wanted[version.number]
                version.state, version.due = State.LOADING, None
                self._changed.notify_all()
            log.info("Loading servable version %s from %s", self._id(version.number), folder.path)
            begun = time.monotonic()
            try:
                servable = self._loading.load(self.name, version.number, folder.path)
            except BaseException as error:  # in a thread of its own it would be lost
                self._fail(version, folder, error)
                return
        seconds = time.monotonic() - begun
        log.info("Successfully loaded servable version %s in %.1f s", self._id(version.number), seconds)
        with self._changed:
            version.servable, version.state = servable, State.AVAILABLE
            version.code, version.message = Code.OK, ""
            self._update()

    def _fail(self, version: Version[T], folder: Folder, error: BaseException) -> None:
        log.error("Servable: %s load failure: %s", self._id(version.number), error)
        with self._changed:
            version.fail(error)
            version.failed = folder if version.number in self._wanted else None
            version.due = time.monotonic() + self._loading.retry_seconds
            if version.number not in self._wanted or version.failures > self._loading.max_retries:
                version.state, version.due = State.END, None
            self._update()

    def _close(self, version: Version[T]) -> None:
        with self._changed:
            servable, version.servable = version.servable, None
        try:
            if servable is not None:
                servable.close()
        except Exception as error:
            log.error("Servable: %s could not be closed: %s", self._id(version.number), error)
        log.info("Done unloading servable version %s", self._id(version.number))
        with self._changed:
            version.state = State.END
            if version.number in self._wanted:
                version.begin()
            self._update()

    def _id(self, number: int) -> str:
        return f"{{name: {self.name} version: {number}}}"
