"""Swaps: one version follows another without a gap, and none is closed while it is in use."""

import concurrent.futures
import contextlib
import shutil
import threading
import time

import pytest
from loaders import (
    PATIENCE,
    Loader,
    available,
    config,
    error_of,
    error_of_use,
    eventually,
    folder,
    policy,
    serving,
    state,
)
from tensorflow_serving.config import model_server_config_pb2

from serving.errors import Code, ServingError
from serving.models import lifecycle
from serving.models.manager import Models, State, VersionStatus


@pytest.fixture
def loader():
    return Loader()


@pytest.fixture
def serve(loader):
    with serving(loader) as serve:
        yield serve


def test_a_new_version_replaces_the_old_one_which_stays_as_end(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve()
    models.apply(config(("m", base)), PATIENCE)
    models.start()
    gate = loader.gate("m", 2)
    (base / "2").mkdir()
    eventually(lambda: state(models, 2) is State.LOADING)
    with models.use("m") as (version, _):
        assert version == 1, "the old one serves while the new one is loaded"
    gate.set()
    eventually(lambda: state(models, 1) is State.END)
    assert models.statuses("m") == [
        VersionStatus(2, State.AVAILABLE, Code.OK, ""),
        VersionStatus(1, State.END, Code.OK, ""),
    ]
    assert [loaded.closed.is_set() for loaded in loader.loaded] == [True, False]
    shutil.rmtree(base / "2")
    eventually(lambda: available(models) == [1])
    assert loader.calls == [("m", 1), ("m", 2), ("m", 1)]


def test_a_version_in_use_is_closed_only_after_use(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve()
    models.apply(config(("m", base)), PATIENCE)
    models.start()
    with models.use("m") as (_, first), models.use("m", 1) as (_, same):
        assert first is same
        (base / "2").mkdir()
        eventually(lambda: state(models, 1) is State.UNLOADING)
        eventually(lambda: available(models) == [2])
        assert error_of_use(models, "m", 1)[0] is Code.NOT_FOUND, "no new use of what is being unloaded"
        assert not first.closed.wait(0.05)
    assert first.closed.wait(PATIENCE)
    eventually(lambda: state(models, 1) is State.END)


def test_an_error_in_the_callers_code_ends_the_use(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve()
    models.apply(config(("m", base)), PATIENCE)
    with pytest.raises(KeyError), models.use("m"):
        raise KeyError("the caller's")
    models.apply(config(), PATIENCE)
    assert loader.loaded[0].closed.wait(PATIENCE)


def test_a_version_that_comes_back_while_it_is_being_unloaded_is_loaded_again(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve()
    one = config(("m", base))
    models.apply(one, PATIENCE)
    with models.use("m") as (_, first):
        models.apply(config(), PATIENCE)
        models.apply(one, 0)
        assert state(models, 1) is State.UNLOADING
        assert not first.closed.is_set()
    models.apply(one, PATIENCE)
    assert first.closed.is_set()
    with models.use("m") as (_, second):
        assert second is not first
        assert not second.closed.is_set()


def test_a_slow_load_holds_up_nobody_else(serve, loader, tmp_path):
    slow, fast = folder(tmp_path, "slow", [1]), folder(tmp_path, "fast", [1])
    models = serve()
    models.start()
    models.apply(config(("slow", slow), ("fast", fast)), PATIENCE)
    gate = loader.gate("slow", 2)
    (slow / "2").mkdir()
    eventually(lambda: state(models, 2, "slow") is State.LOADING)
    (fast / "2").mkdir()
    eventually(lambda: available(models, "fast") == [2])
    with models.use("slow") as (version, _):
        assert version == 1
    models.apply(config(("slow", slow), ("fast", fast), ("third", folder(tmp_path, "third", [1]))), PATIENCE)
    gate.set()
    eventually(lambda: available(models, "slow") == [2])


def test_a_listing_between_two_changes_unloads_nothing(serve, tmp_path, monkeypatch):
    """A folder that is read while 2 appears and 1 goes may show neither."""
    base = folder(tmp_path, versions=[1])
    models = serve(poll_seconds=0)
    served = config(("m", base))
    models.apply(served, PATIENCE)
    (base / "1").rename(base / "2")
    listings = iter([({}, []), lifecycle.list_versions(str(base)), lifecycle.list_versions(str(base))])
    monkeypatch.setattr(lifecycle, "list_versions", lambda path: next(listings))
    models.apply(served, PATIENCE)
    eventually(lambda: available(models) == [2])
    assert len(list(listings)) == 1, "a second look at once, and no third"


def test_no_request_fails_while_versions_are_swapped(serve, loader, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve(poll_seconds=0.001)
    models.apply(config(("m", base)), PATIENCE)
    models.start()
    stop = threading.Event()

    def use():
        count = 0
        while not stop.is_set():
            with models.use("m") as (version, loaded):
                assert loaded.version == version
                assert not loaded.closed.is_set()
                time.sleep(0)
                assert not loaded.closed.is_set()
            count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        users = [pool.submit(use) for _ in range(16)]
        with contextlib.ExitStack() as ended:
            ended.callback(stop.set)
            for round in range(20):
                new, old = (2, 1) if round % 2 == 0 else (1, 2)
                (base / str(new)).mkdir()
                if new < old:
                    (base / str(old)).rmdir()
                eventually(lambda new=new: available(models) == [new])
                if new > old:
                    (base / str(old)).rmdir()
        assert all(user.result(PATIENCE) > 0 for user in users)
    assert len(loader.calls) == 21
    eventually(lambda: sum(not loaded.closed.is_set() for loaded in loader.loaded) == 1)


def test_stop_is_prompt_and_unloads_all(serve, loader, tmp_path):
    models = serve(poll_seconds=3600, max_load_retries=5, retry_seconds=3600)
    models.start()
    loader.fails("failing", 1)
    good, failing = folder(tmp_path, "good", [1, 2]), folder(tmp_path, "failing", [1])
    models.apply(config(("good", good, policy("all {}")), ("failing", failing)), 0)
    eventually(lambda: len(available(models, "good")) == 2)
    begin = time.monotonic()
    models.stop()
    models.stop()
    assert time.monotonic() - begin < 60, "it did not wait for the next poll or try, which are an hour away"
    assert all(loaded.closed.is_set() for loaded in loader.loaded)
    assert {s.state for name in ("good", "failing") for s in models.statuses(name)} == {State.END}
    assert error_of_use(models, "good")[0] is Code.NOT_FOUND
    assert error_of(models.apply, config(("late", good)), PATIENCE)[0] is Code.UNAVAILABLE
    assert models.statuses("late") == []


def test_stop_leaves_what_is_in_use_to_be_closed_after_use(serve, loader, tmp_path):
    models = serve()
    models.apply(config(("m", folder(tmp_path, versions=[1]))), PATIENCE)
    with models.use("m") as (_, loaded):
        models.stop(wait_seconds=0.05)
        assert not loaded.closed.is_set()
    assert loaded.closed.wait(PATIENCE)


def test_stop_ends_an_apply_that_waits_and_what_was_being_loaded_is_closed(serve, loader, tmp_path):
    models = serve()
    gate = loader.gate("m", 1)
    waiting = config(("m", folder(tmp_path, versions=[1])))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        applied = pool.submit(models.apply, waiting, None)
        eventually(lambda: state(models, 1) is State.LOADING)
        models.stop(wait_seconds=0.05)
        with pytest.raises(ServingError, match="stopping"):
            applied.result(PATIENCE)
    gate.set()
    eventually(lambda: state(models, 1) is State.END)
    assert [loaded.closed.is_set() for loaded in loader.loaded] == [True]


def test_what_waits_for_a_model_ends_when_the_server_is_to_stop(tmp_path):
    """A configuration that came without a deadline waits for its model's load, which may take for ever."""
    release = threading.Event()
    (tmp_path / "m" / "1").mkdir(parents=True)
    models = Models(lambda *_: release.wait(60))
    wanted = model_server_config_pb2.ModelServerConfig()
    wanted.model_config_list.config.add(name="m", base_path=str(tmp_path / "m"), model_platform="tensorflow")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(models.apply, wanted, None)
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        models.end_waits()
        with pytest.raises(ServingError, match="stopping"):
            waiting.result(5)
        release.set()
    models.stop()
