"""What the tests of the served models share: a loader that does as it is told, folders, configurations."""

import contextlib
import itertools
import threading
import time

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.errors import Code, ServingError
from serving.models.manager import Models, State

PATIENCE = 60
POLL_SECONDS = 0.01


class Loaded:
    """What the loader gives: it knows whether it was closed, and fails when it is closed twice."""

    def __init__(self, name, version, path):
        self.name, self.version, self.path = name, version, path
        self.closed = threading.Event()

    def close(self):
        assert not self.closed.is_set()
        self.closed.set()


class Loader:
    """Loads at once, but as `failures` and `gates` say for a (name, version) or a version."""

    def __init__(self):
        self.calls = []
        self.loaded = []
        self.failures = {}
        self.gates = {}
        self.running = self.most_running = 0
        self.lock = threading.Lock()

    def __call__(self, name, version, path):
        with self.lock:
            self.calls.append((name, version))
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            if (name, version) in self.gates:
                assert self.gates[name, version].wait(PATIENCE)
            failures = self.failures.get((name, version), ())
            if failures and (error := next(failures, None)) is not None:
                raise error
        finally:
            with self.lock:
                self.running -= 1
        with self.lock:
            self.loaded.append(Loaded(name, version, path))
        return self.loaded[-1]

    def fails(self, name, version, error=None, times=None):
        error = error or ServingError(Code.NOT_FOUND, "no SavedModel here")
        self.failures[name, version] = (
            itertools.repeat(error) if times is None else itertools.repeat(error, times)
        )

    def gate(self, name, version):
        self.gates[name, version] = threading.Event()
        return self.gates[name, version]


@contextlib.contextmanager
def serving(loader):
    """A function that makes Models with the loader; all are stopped, and their threads gone, at the end."""
    made = []

    def serve(**options):
        options = {"poll_seconds": POLL_SECONDS, "max_load_retries": 0, "retry_seconds": 0.01} | options
        made.append(Models(loader, **options))
        return made[-1]

    before = set(threading.enumerate())
    yield serve
    for gate in loader.gates.values():
        gate.set()
    for models in made:
        models.stop()
    assert set(threading.enumerate()) <= before


def folder(tmp_path, name="m", versions=()):
    base = tmp_path / name
    base.mkdir(exist_ok=True)
    for version in versions:
        (base / str(version)).mkdir()
    return base


def config(*models):
    """A configuration of (name, base path[, more fields as text])."""
    text = "".join(
        f'config {{ name: "{name}" base_path: "{base}" model_platform: "tensorflow" {" ".join(more)} }}\n'
        for name, base, *more in models
    )
    return text_format.Parse(f"model_config_list {{ {text} }}", model_server_config_pb2.ModelServerConfig())


def policy(text):
    return f"model_version_policy {{ {text} }}"


def labels(**versions):
    return " ".join(
        f'version_labels {{ key: "{label}" value: {version} }}' for label, version in versions.items()
    )


def eventually(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def available(models, name="m"):
    return [s.version for s in models.statuses(name) if s.state is State.AVAILABLE]


def state(models, version, name="m"):
    return next((s.state for s in models.statuses(name) if s.version == version), None)


def error_of(call, *arguments, **options):
    with pytest.raises(ServingError) as caught:
        call(*arguments, **options)
    return caught.value.code, caught.value.message


def error_of_use(models, *arguments, **options):
    with pytest.raises(ServingError) as caught, models.use(*arguments, **options):
        pass
    return caught.value.code, caught.value.message
