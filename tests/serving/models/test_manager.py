"""Models: what a configuration asks for is served, and what cannot be served is refused."""

import concurrent.futures
import contextlib
import logging
import threading
import time

import pytest
from google.protobuf import text_format
from loaders import (
    PATIENCE,
    POLL_SECONDS,
    Loader,
    available,
    config,
    error_of,
    error_of_use,
    eventually,
    folder,
    labels,
    policy,
    serving,
    state,
)
from tensorflow_serving.config import model_server_config_pb2

from serving.errors import Code, ServingError
from serving.models.manager import State


@pytest.fixture
def loader():
    return Loader()


@pytest.fixture
def serve(loader):
    with serving(loader) as serve:
        yield serve


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [123]),
        ("latest {}", [123]),
        ("latest { num_versions: 2 }", [123, 3]),
        ("latest { num_versions: 9 }", [123, 3, 1]),
        ("all {}", [123, 3, 1]),
        ("specific { versions: 1 versions: 123 versions: 55 }", [123, 1]),
    ],
)
def test_the_policy_says_which_versions_are_served(serve, tmp_path, text, expected):
    base = folder(tmp_path, versions=[1, 3, "00000123", "4.5", "v9", "-7", "tmp", "٤"])
    (base / "77").write_text("a file is no version", encoding="utf-8")
    models = serve()
    models.apply(config(("m", base, policy(text) if text else "")), PATIENCE)
    eventually(lambda: available(models) == expected)
    assert models.names() == ["m"]
    with models.use("m") as (version, loaded):
        assert (version, loaded.path) == (123, str(base / "00000123"))
    for version in expected:
        with models.use("m", version) as (number, loaded):
            assert number == loaded.version == version
    assert {s.version for s in models.statuses("m")} == set(expected)


def test_a_model_that_is_removed_leaves_no_thread(serve, tmp_path):
    """Thirty reloads, each with a model of another name; the last one comes back."""
    base = folder(tmp_path, versions=[1])
    models = serve()
    models.apply(config(("m", base, "")), PATIENCE)
    eventually(lambda: available(models) == [1])
    before = threading.active_count()
    for number in range(30):
        models.apply(config((f"m{number}", base, "")), PATIENCE)
    eventually(lambda: threading.active_count() <= before)
    assert state(models, 1) is State.END
    models.apply(config(("m", base, "")), PATIENCE)
    eventually(lambda: available(models) == [1])
    assert threading.active_count() <= before + 1


def test_what_is_not_there_is_not_found(serve, tmp_path):
    models = serve()
    models.apply(config(("m", folder(tmp_path, versions=[1]), labels())), PATIENCE)
    assert error_of_use(models, "n") == (Code.NOT_FOUND, "Servable not found for request: Latest(n)")
    assert error_of_use(models, "n", 2) == (Code.NOT_FOUND, "Servable not found for request: Specific(n, 2)")
    assert error_of_use(models, "m", 3) == (Code.NOT_FOUND, "Servable not found for request: Specific(m, 3)")
    for name in ("m", "n"):
        assert error_of_use(models, name, label="x") == (
            Code.INVALID_ARGUMENT,
            "Unrecognized servable version label: x",
        )
    assert error_of_use(models, "../m")[0] is Code.NOT_FOUND
    assert models.statuses("n") == []


def test_removing_all_versions_unloads_and_a_missing_base_path_does_not(serve, tmp_path, caplog):
    base = folder(tmp_path, versions=[1])
    models = serve()
    models.apply(config(("m", base)), PATIENCE)
    models.start()
    with caplog.at_level(logging.WARNING, "serving"):
        base.rename(tmp_path / "away")
        eventually(lambda: "Could not find base path" in caplog.text)
        time.sleep(5 * POLL_SECONDS)
        assert available(models) == [1], "a file system that is away for a moment unloads nothing"
        (tmp_path / "away").rename(base)
        (base / "1").rmdir()
        eventually(lambda: state(models, 1) is State.END)
        time.sleep(5 * POLL_SECONDS)
    assert [record.message.split(" of ")[0] for record in caplog.records] == [
        f"Could not find base path {base} for servable m with error No such file or directory",
        "No versions",
    ], "each is logged once"
    assert error_of_use(models, "m") == (Code.NOT_FOUND, "Servable not found for request: Latest(m)")
    (base / "1").mkdir()
    eventually(lambda: available(models) == [1])


def test_a_missing_base_path_stalls_nobody_and_is_polled_on(serve, tmp_path):
    models = serve()
    models.start()
    there, missing, empty = folder(tmp_path, "there", [1]), tmp_path / "missing", folder(tmp_path, "empty")
    code, message = error_of(
        models.apply, config(("missing", missing), ("empty", empty), ("there", there)), wait_seconds=None
    )
    assert code is Code.UNKNOWN
    assert message.startswith(
        "2 servable(s) did not become available: {{{name: missing} due to error: NOT_FOUND: "
    )
    assert f"Could not find base path {missing} for servable missing" in message
    assert available(models, "there") == [1]
    folder(tmp_path, "missing", [4])
    (empty / "5").mkdir()
    eventually(lambda: available(models, "missing") == [4] and available(models, "empty") == [5])


def test_reload_adds_changes_and_removes_models(serve, loader, tmp_path):
    a, b = folder(tmp_path, "a", [1, 2]), folder(tmp_path, "b", [7])
    models = serve()
    models.apply(config(("a", a)), PATIENCE)
    models.apply(config(("b", b), ("a", a, policy("specific { versions: 1 }"))), PATIENCE)
    assert models.names() == ["b", "a"]
    assert available(models, "b") == [7], "what is added was waited for"
    eventually(lambda: available(models, "a") == [1])
    models.apply(config(("b", b)), PATIENCE)
    eventually(lambda: state(models, 1, "a") is State.END)
    assert error_of_use(models, "a") == (Code.NOT_FOUND, "Servable not found for request: Latest(a)")
    assert [s[:2] for s in models.statuses("a")] == [(2, State.END), (1, State.END)]
    assert models.names() == ["b"]
    models.apply(config(), PATIENCE)
    assert models.names() == []
    eventually(lambda: state(models, 7, "b") is State.END)
    assert all(loaded.closed.is_set() for loaded in loader.loaded)
    assert sorted(loader.calls) == [("a", 1), ("a", 2), ("b", 7)]


BAD = [
    (
        ['name: "m" base_path: "/m" model_platform: "tensorflow"'] * 2,
        "Illegal to list model m multiple times in ",
    ),
    (
        ['name: "m" model_platform: "tensorflow"'],
        "Expected model m to have an absolute path or URI; got base_path()=",
    ),
    (
        ['name: "m" base_path: "m" model_platform: "tensorflow"'],
        "Expected model m to have an absolute path or URI; got base_path()=m",
    ),
    (['base_path: "/m" model_platform: "tensorflow"'], "Expected every model to have a name"),
    (
        ['name: "m" base_path: "/m"'],
        "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ",
    ),
    (
        ['name: "m" base_path: "/m" model_type: TENSORFLOW model_platform: "tensorflow"'],
        "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform.",
    ),
    (
        ['name: "m" base_path: "/m" model_type: OTHER'],
        "ModelServerConfig::model_type choice 2 not supported.",
    ),
    (['name: "m" base_path: "/m" model_platform: "onnx"'], "Model m requests unsupported platform onnx"),
    (
        ['name: "served" base_path: "/m" model_platform: "onnx"'],
        "Illegal to change a model's platform. For model served platform was tensorflow and new platform requested",
    ),
]


@pytest.mark.parametrize(("bad", "message"), BAD)
def test_a_configuration_is_refused_whole_and_changes_nothing(serve, loader, tmp_path, bad, message):
    served, good = folder(tmp_path, "served", [1, 2]), folder(tmp_path, "good", [1])
    models = serve()
    models.apply(config(("served", served)), PATIENCE)
    refused = config(("good", good))
    for text in bad:
        text_format.Parse(text, refused.model_config_list.config.add())
    code, text = error_of(models.apply, refused, PATIENCE)
    assert code is Code.INVALID_ARGUMENT
    assert text.startswith(message)
    assert models.names() == ["served"]
    assert available(models, "served") == [2]
    assert models.statuses("good") == []
    assert loader.calls == [("served", 2)]


def test_the_kind_of_a_configuration_cannot_change(serve, tmp_path):
    empty, custom = model_server_config_pb2.ModelServerConfig(), model_server_config_pb2.ModelServerConfig()
    custom.custom_model_config.SetInParent()
    models = serve()
    models.apply(empty, PATIENCE)
    assert error_of(models.apply, custom, PATIENCE)[0] is Code.INVALID_ARGUMENT
    models.apply(config(("m", folder(tmp_path, versions=[1]))), PATIENCE)
    for other in (empty, custom):
        code, message = error_of(models.apply, other, PATIENCE)
        assert code is Code.FAILED_PRECONDITION
        assert message.startswith(
            "Cannot transition to requested config. It is only legal to transition from one "
        )
    assert available(models) == [1]


def test_the_deprecated_model_type_is_still_understood(serve, tmp_path):
    base = folder(tmp_path, versions=[1])
    old = text_format.Parse(
        f'model_config_list {{ config {{ name: "m" base_path: "{base}" model_type: TENSORFLOW }} }}',
        model_server_config_pb2.ModelServerConfig(),
    )
    (models := serve()).apply(old, PATIENCE)
    assert available(models) == [1]


NOT_AVAILABLE = (
    "Request to assign label to version {} of model m, which is not currently available for inference"
)


def test_labels_are_given_to_available_versions_only_and_moved(serve, tmp_path):
    base = folder(tmp_path, versions=[1, 2])
    models = serve()

    def labelled(**versions):
        return config(("m", base, policy("all {}"), labels(**versions)))

    assert error_of(models.apply, labelled(stable=1), PATIENCE) == (
        Code.FAILED_PRECONDITION,
        NOT_AVAILABLE.format(1),
    )
    assert models.statuses("m") == []
    models.apply(labelled(), PATIENCE)
    eventually(lambda: available(models) == [2, 1])
    models.apply(labelled(stable=1, canary=2), PATIENCE)
    for label, expected in (("stable", 1), ("canary", 2)):
        with models.use("m", label=label) as (version, _):
            assert version == expected
    assert error_of(models.apply, labelled(stable=9), PATIENCE) == (
        Code.FAILED_PRECONDITION,
        NOT_AVAILABLE.format(9),
    )
    with models.use("m", label="stable") as (version, _):
        assert version == 1, "a refused configuration leaves the labels"
    models.apply(labelled(stable=2), PATIENCE)
    with models.use("m", label="stable") as (version, _):
        assert version == 2
    assert error_of_use(models, "m", label="canary")[1] == "Unrecognized servable version label: canary"


def test_new_labels_of_unavailable_versions_when_they_are_allowed(serve, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve(allow_labels_of_unavailable=True)
    models.apply(config(("m", base, labels(stable=1, next=5))), PATIENCE)
    with models.use("m", label="stable") as (version, _):
        assert version == 1
    assert error_of_use(models, "m", label="next") == (
        Code.NOT_FOUND,
        "Servable not found for request: Specific(m, 5)",
    )
    models.apply(config(("m", base, labels(stable=1, next=5))), PATIENCE)
    moved = config(("m", base, labels(stable=6, next=5)))
    assert error_of(models.apply, moved, PATIENCE) == (Code.FAILED_PRECONDITION, NOT_AVAILABLE.format(6))


def test_a_reload_reports_what_is_new_and_fails_and_serves_the_rest(serve, loader, tmp_path):
    a, b, c = (folder(tmp_path, name, [1]) for name in "abc")
    models = serve()
    loader.fails("a", 1)
    loader.fails("b", 1)
    assert error_of(models.apply, config(("a", a)), PATIENCE)[0] is Code.UNKNOWN
    code, message = error_of(models.apply, config(("a", a), ("b", b), ("c", c)), PATIENCE)
    assert code is Code.UNKNOWN
    assert message == (
        "1 model(s) did not become available: {{{name: b version: 1} due to error: NOT_FOUND: no SavedModel here}, }"
    )
    assert available(models, "c") == [1]
    models.apply(config(("a", a), ("b", b), ("c", c)), PATIENCE)


def test_apply_waits_no_longer_than_told(serve, loader, tmp_path):
    models = serve()
    gate = loader.gate("m", 1)
    slow = config(("m", folder(tmp_path, versions=[1])))
    models.apply(slow, 0)
    assert error_of(models.apply, slow, 0.05) == (
        Code.DEADLINE_EXCEEDED,
        "1 model(s) did not become available in time: m",
    )
    gate.set()
    models.apply(slow, None)
    assert available(models) == [1]


def test_configurations_from_many_threads_end_in_one_of_them(serve, loader, tmp_path):
    names = [f"m{i}" for i in range(8)]
    bases = {name: folder(tmp_path, name, [1]) for name in names}
    models = serve(poll_seconds=0.001)
    models.start()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for applied in [pool.submit(models.apply, config((n, bases[n])), None) for n in names * 4]:
            with contextlib.suppress(ServingError):
                applied.result(PATIENCE)
    (last,) = models.names()
    eventually(lambda: available(models, last) == [1])
    eventually(lambda: all(state(models, 1, name) in (None, State.END) for name in names if name != last))
    eventually(lambda: sum(not loaded.closed.is_set() for loaded in loader.loaded) == 1)


def test_without_polling_each_configuration_is_looked_at_once(serve, tmp_path):
    base = folder(tmp_path, versions=[1])
    models = serve(poll_seconds=0)
    models.start()
    models.apply(config(("m", base)), PATIENCE)
    (base / "2").mkdir()
    time.sleep(0.05)
    assert available(models) == [1]
    models.apply(config(("m", base)), PATIENCE)
    eventually(lambda: available(models) == [2])
