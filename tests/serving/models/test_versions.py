"""Versions: loaded in order, tried again when it helps, and reported."""

import os
import time

import pytest
from loaders import (
    PATIENCE,
    POLL_SECONDS,
    Loader,
    available,
    config,
    error_of,
    eventually,
    folder,
    policy,
    serving,
    state,
)

from serving.errors import Code
from serving.models.manager import State, VersionStatus


@pytest.fixture
def loader():
    return Loader()


@pytest.fixture
def serve(loader):
    with serving(loader) as serve:
        yield serve


def test_the_newest_version_is_loaded_first(serve, loader, tmp_path):
    models = serve()
    models.apply(config(("m", folder(tmp_path, versions=[1, 2, 10]), policy("all {}"))), PATIENCE)
    eventually(lambda: len(available(models)) == 3)
    assert [version for _, version in loader.calls] == [10, 2, 1]


def test_a_version_that_fails_is_reported_and_the_old_one_serves_on(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve()
    models.apply(config(("m", base)), PATIENCE)
    models.start()
    loader.fails("m", 2)
    loader.fails("m", 3, MemoryError("too big"))
    loader.fails("m", 4, SystemExit(3))
    for bad in (2, 3, 4):
        (base / str(bad)).mkdir()
        eventually(lambda bad=bad: state(models, bad) is State.END)
        with models.use("m") as (version, _):
            assert version == 1
    assert models.statuses("m") == [
        VersionStatus(4, State.END, Code.UNKNOWN, "SystemExit: 3"),
        VersionStatus(3, State.END, Code.UNKNOWN, "MemoryError: too big"),
        VersionStatus(2, State.END, Code.NOT_FOUND, "no SavedModel here"),
        VersionStatus(1, State.AVAILABLE, Code.OK, ""),
    ]
    (base / "5").mkdir()
    eventually(lambda: available(models) == [5])
    eventually(lambda: loader.loaded[0].closed.is_set())


def test_loads_are_retried_as_often_as_asked_for(serve, loader, tmp_path):
    models = serve(max_load_retries=3)
    loader.fails("three times", 1, times=3)
    loader.fails("ever", 1)
    three, ever = folder(tmp_path, "three times", [1]), folder(tmp_path, "ever", [1])
    code, message = error_of(models.apply, config(("three times", three), ("ever", ever)), PATIENCE)
    assert code is Code.UNKNOWN
    assert message == (
        "1 servable(s) did not become available: {{{name: ever version: 1} due to error: NOT_FOUND: "
        "no SavedModel here}, }"
    )
    assert loader.calls.count(("three times", 1)) == loader.calls.count(("ever", 1)) == 4
    assert models.statuses("three times") == [VersionStatus(1, State.AVAILABLE, Code.OK, "")]


def test_between_tries_a_version_is_loading_and_others_are_loaded(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[2])
    models = serve(max_load_retries=1, retry_seconds=3600)
    models.start()
    loader.fails("m", 2)
    models.apply(config(("m", base)), 0)
    eventually(lambda: loader.calls == [("m", 2)])
    (base / "3").mkdir()
    eventually(lambda: available(models) == [3])
    assert state(models, 2) is State.END, "a version that is not wanted any more is not tried again"


def test_what_failed_is_not_tried_again_until_it_was_gone_or_has_changed(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve()
    models.start()
    loader.fails("m", 1, times=3)
    assert error_of(models.apply, config(("m", base)), PATIENCE)[0] is Code.UNKNOWN
    time.sleep(5 * POLL_SECONDS)
    assert len(loader.calls) == 1
    os.utime(base / "1", (1, 1))
    eventually(lambda: len(loader.calls) == 2)
    (base / "1" / "saved_model.pb").write_bytes(b"half of it")
    eventually(lambda: len(loader.calls) >= 3)
    eventually(lambda: state(models, 1) in (State.END, State.AVAILABLE))
    (base / "1").rename(base / "gone")
    time.sleep(5 * POLL_SECONDS)
    (base / "gone").rename(base / "1")
    eventually(lambda: available(models) == [1])


def test_a_version_that_failed_and_is_completed_between_tries_is_loaded_at_once(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve(max_load_retries=5, retry_seconds=3600)
    models.start()
    loader.fails("m", 1, times=1)
    models.apply(config(("m", base)), 0)
    eventually(lambda: len(loader.calls) == 1)
    assert state(models, 1) is State.LOADING
    (base / "1" / "saved_model.pb").write_bytes(b"the whole of it")
    eventually(lambda: available(models) == [1])


def test_a_version_removed_while_it_is_loaded_is_never_used(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve()
    gate = loader.gate("m", 1)
    models.apply(config(("m", base)), 0)
    eventually(lambda: state(models, 1) is State.LOADING)
    models.apply(config(), PATIENCE)
    gate.set()
    eventually(lambda: state(models, 1) is State.END)
    assert [loaded.closed.is_set() for loaded in loader.loaded] == [True]


def test_load_threads_bound_how_many_loads_run_at_once(serve, loader, tmp_path):
    names = [f"m{i}" for i in range(6)]
    gates = [loader.gate(name, 1) for name in names]
    models = serve(load_threads=2)
    models.apply(config(*((name, folder(tmp_path, name, [1])) for name in names)), 0)
    eventually(lambda: loader.running == 2)
    time.sleep(0.05)
    assert [s.state for name in names for s in models.statuses(name)].count(State.START) == 4
    for gate in gates:
        gate.set()
    eventually(lambda: all(available(models, name) == [1] for name in names))
    assert loader.most_running == 2


def test_a_version_removed_while_it_waits_for_its_turn_is_not_loaded(serve, loader, tmp_path):
    first, second = (("first", folder(tmp_path, "first", [1])), ("second", folder(tmp_path, "second", [1])))
    gate = loader.gate("first", 1)
    models = serve(load_threads=1)
    models.apply(config(first), 0)
    eventually(lambda: state(models, 1, "first") is State.LOADING)
    models.apply(config(first, second), 0)
    time.sleep(0.05)
    assert state(models, 1, "second") is State.START
    models.apply(config(first), 0)
    assert state(models, 1, "second") is State.END
    gate.set()
    eventually(lambda: available(models, "first") == [1])
    models.stop()
    assert loader.calls == [("first", 1)]


def test_a_close_that_raises_still_ends_the_version(serve, loader, tmp_path, caplog):
    models = serve()
    models.apply(config(("m", folder(tmp_path, versions=[1]))), PATIENCE)
    loader.loaded[0].closed.set()
    models.apply(config(), PATIENCE)
    eventually(lambda: state(models, 1) is State.END)
    assert "could not be closed" in caplog.text
