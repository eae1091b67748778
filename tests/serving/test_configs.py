"""Configuration files: read as TensorFlow Serving writes them, refused with file, line and reason."""

import os

import pytest

from serving import flags, starting
from serving.configs import (
    Batching,
    Monitoring,
    models_of_folder,
    read_batching,
    read_models,
    read_monitoring,
)

MODELS = """
# two models
model_config_list {
  config {
    name: "half", base_path: "/models/half", model_platform: "tensorflow",
    model_version_policy { specific { versions: 1, versions: 3 } }
    version_labels { key: "stable" value: 1 }
  }
  config { name: "double" base_path: "/models/double" model_platform: "tensorflow" }
}
"""
EVERY_PARAMETER = """
max_batch_size { value: 128 }
batch_timeout_micros { value: 2000 }
max_enqueued_batches { value: 1000000 }
num_batch_threads { value: 8 }
thread_pool_name { value: "mine" }
allowed_batch_sizes: 1
allowed_batch_sizes: 8
allowed_batch_sizes: 128
pad_variable_length_inputs: true
enable_large_batch_splitting { value: true }
max_execution_batch_size { value: 32 }
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "server.config"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_models_with_policies_and_labels(write):
    half, double = read_models(write(MODELS)).model_config_list.config
    assert (half.name, half.base_path, half.model_platform) == ("half", "/models/half", "tensorflow")
    assert list(half.model_version_policy.specific.versions) == [1, 3]
    assert dict(half.version_labels) == {"stable": 1}
    assert double.name == "double"
    assert not double.HasField("model_version_policy")


def test_every_batching_parameter_is_read(write):
    assert read_batching(write(EVERY_PARAMETER)) == Batching(
        max_batch_size=128,
        batch_timeout_micros=2000,
        max_enqueued_batches=1000000,
        num_batch_threads=8,
        thread_pool_name="mine",
        allowed_batch_sizes=(1, 8, 128),
        pad_variable_length_inputs=True,
        enable_large_batch_splitting=True,
        max_execution_batch_size=32,
    )


def test_what_is_not_set_has_tensorflow_servings_default(write):
    for batching in (read_batching(None), read_batching(write(""))):
        assert (batching.max_batch_size, batching.batch_timeout_micros, batching.max_enqueued_batches) == (
            1000,
            0,
            10,
        )
        assert batching.num_batch_threads == os.cpu_count()
        assert batching.allowed_batch_sizes == ()
        assert not batching.pad_variable_length_inputs
        assert not batching.enable_large_batch_splitting
    assert read_batching(None).thread_pool_name == "model_server_batch_threads"
    assert read_batching(write("")).thread_pool_name == "batch_threads"


def test_a_zero_that_is_set_is_not_the_default(write):
    assert read_batching(write("max_enqueued_batches { value: 0 }")).max_enqueued_batches == 0
    assert read_batching(write("batch_timeout_micros { }")).batch_timeout_micros == 0


def test_the_largest_batch_is_the_execution_size_only_when_large_ones_are_split():
    assert Batching(max_batch_size=8, max_execution_batch_size=4).largest_batch == 8
    assert Batching(max_batch_size=8, enable_large_batch_splitting=True).largest_batch == 8
    split = Batching(max_batch_size=8, enable_large_batch_splitting=True, max_execution_batch_size=4)
    assert split.largest_batch == 4


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("\nmax_batch_size { value: 0 }", 2, "max_batch_size must be positive; was 0"),
        ("batch_timeout_micros { value: -1 }", 1, "batch_timeout_micros must be non-negative; was -1"),
        ("max_enqueued_batches { value: -1 }", 1, "max_enqueued_batches must be non-negative; was -1"),
        (
            "enable_large_batch_splitting { value: true }\nmax_enqueued_batches { value: 0 }",
            2,
            "max_enqueued_batches must be positive; was 0",
        ),
        (
            "# num_batch_threads\n\nnum_batch_threads { value: 0 }",
            3,
            "num_batch_threads must be positive; was 0",
        ),
        (
            "max_batch_size { value: 4 }\nallowed_batch_sizes: [4, 2, 4]",
            2,
            "allowed_batch_sizes must be positive and ascending; was [4, 2, 4]",
        ),
        (
            "max_batch_size { value: 4 }\nallowed_batch_sizes: [4, 4]",
            2,
            "allowed_batch_sizes must be positive and ascending; was [4, 4]",
        ),
        (
            "max_batch_size { value: 4 }\nallowed_batch_sizes: [1, 2]",
            2,
            "Last entry in allowed_batch_sizes must match max_batch_size; last entry was 2; expected 4",
        ),
        (
            "allowed_batch_sizes: 8",
            1,
            "Last entry in allowed_batch_sizes must match max_batch_size; last entry was 8; expected 1000",
        ),
        (
            "enable_large_batch_splitting { value: true }\nmax_execution_batch_size { value: 2000 }",
            2,
            "max_execution_batch_size must be from 1 to max_batch_size, 1000; was 2000",
        ),
    ],
)
def test_batching_that_tensorflow_serving_would_refuse(write, text, line, reason):
    path = write(text)
    with pytest.raises(ValueError, match="batch") as caught:
        read_batching(path)
    assert str(caught.value) == f"{path}:{line}: {reason}"


@pytest.mark.parametrize(
    ("read", "text", "line", "words"),
    [
        (
            read_batching,
            "max_batch_size { value: 4 }\nmax_batch { value: 4 }",
            2,
            ["max_batch", "BatchingParameters"],
        ),
        (read_batching, "max_batch_size: 4", 1, ["BatchingParameters"]),
        (read_models, 'model_config_list {\n config {\n  nam: "x"\n }\n}', 3, ["nam", "ModelServerConfig"]),
        (read_models, "model_config_list {", 1, ["ModelServerConfig"]),
        (read_monitoring, "prometheus_config {\n enable: perhaps }", 2, ["MonitoringConfig"]),
        (
            read_monitoring,
            'prometheus_config {\n path: "metrics" }',
            2,
            ["path must begin with /", "'metrics'"],
        ),
    ],
)
def test_a_file_that_cannot_be_understood(write, read, text, line, words):
    path = write(text)
    with pytest.raises(ValueError, match=r"server\.config") as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("read", [read_models, read_batching, read_monitoring])
def test_a_file_that_cannot_be_read(tmp_path, read):
    with pytest.raises(ValueError, match=r"absent\.config: cannot be read: No such file"):
        read(tmp_path / "absent.config")
    (tmp_path / "bytes.config").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"bytes\.config: is not UTF-8 text"):
        read(tmp_path / "bytes.config")


def test_monitoring(write):
    default = "/monitoring/prometheus/metrics"
    assert read_monitoring(write("")) == Monitoring(enable=False, path=default)
    assert read_monitoring(write("prometheus_config { enable: true }")) == Monitoring(
        enable=True, path=default
    )
    text = 'prometheus_config { enable: true, path: "/metrics" }'
    assert read_monitoring(write(text)) == Monitoring(enable=True, path="/metrics")


def names_and_paths(config):
    return {model.name: model.base_path for model in config.model_config_list.config}


def test_a_folder_of_models(tmp_path, monkeypatch):
    for folder in ("b/1", "a/00000123", "a/part", "empty", "words/one", ".hidden/1", "superscript/²"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "models.config").write_text("", encoding="utf-8")
    (tmp_path / "file_version").mkdir()
    (tmp_path / "file_version" / "1").write_text("", encoding="utf-8")
    config = models_of_folder(tmp_path)
    assert names_and_paths(config) == {"a": str(tmp_path / "a"), "b": str(tmp_path / "b")}
    assert {model.model_platform for model in config.model_config_list.config} == {"tensorflow"}
    monkeypatch.chdir(tmp_path)
    assert models_of_folder(type(tmp_path)(".")) == config, "paths are absolute whatever is given"


def test_a_folder_with_versions_is_one_model_of_its_name(tmp_path, monkeypatch):
    (tmp_path / "half" / "7").mkdir(parents=True)
    (tmp_path / "half" / "assets" / "1").mkdir(parents=True)
    expected = {"half": str(tmp_path / "half")}
    assert names_and_paths(models_of_folder(tmp_path / "half")) == expected
    monkeypatch.chdir(tmp_path / "half")
    assert names_and_paths(models_of_folder(type(tmp_path)("."))) == expected
    (tmp_path / "linked").symlink_to(tmp_path / "half")
    assert names_and_paths(models_of_folder(tmp_path / "linked")) == {"linked": str(tmp_path / "linked")}


def saved(folder, *versions):
    for version in versions:
        (folder / version).mkdir(parents=True)
        (folder / version / "saved_model.pb").write_bytes(b"")


def test_a_model_may_be_called_by_a_number(tmp_path, caplog):
    """What decides is where a saved_model.pb is."""
    saved(tmp_path, "2024/1", "other/1")
    (tmp_path / "2025").mkdir()  # an export that has not got far
    assert set(names_and_paths(models_of_folder(tmp_path))) == {"2024", "other"}
    assert names_and_paths(models_of_folder(tmp_path / "2024")) == {"2024": str(tmp_path / "2024")}
    assert caplog.text == ""


@pytest.mark.parametrize("name", ["2024", "1"])
def test_a_folder_of_one_model_that_is_called_by_a_number(tmp_path, name):
    saved(tmp_path, f"{name}/1", f"{name}/2")
    assert names_and_paths(models_of_folder(tmp_path)) == {name: str(tmp_path / name)}


def test_models_beside_versions_are_named_and_not_served(tmp_path, caplog):
    saved(tmp_path / "half", "7", "old/1")
    assert names_and_paths(models_of_folder(tmp_path / "half")) == {"half": str(tmp_path / "half")}
    assert f"{tmp_path / 'half' / 'old'}: not served" in caplog.text


def test_a_mark_at_the_beginning_of_a_file_is_no_part_of_it(write):
    assert read_batching(write("\ufeffmax_batch_size { value: 4 }")).max_batch_size == 4
    text = '\ufeffmodel_config_list { config { name: "m" } }'
    assert [model.name for model in read_models(write(text)).model_config_list.config] == ["m"]
    assert read_monitoring(write("\ufeffprometheus_config { enable: true }")).enable


def test_a_name_that_is_not_utf_8_is_refused_in_a_sentence(tmp_path):
    name = os.fsdecode(b"mod\xe8le")
    try:
        saved(tmp_path, f"{name}/1")
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    with pytest.raises(ValueError, match=r"mod\\udce8le': the name is not UTF-8; rename the folder"):
        models_of_folder(tmp_path)
    with pytest.raises(ValueError, match="is not UTF-8"):
        starting.configured(flags.parsed([f"--model_base_path={tmp_path / name}"]))


def test_a_folder_without_models_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no model is here"):
        models_of_folder(tmp_path)
    with pytest.raises(ValueError, match="absent: cannot be read: No such file"):
        models_of_folder(tmp_path / "absent")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="file: cannot be read: Not a directory"):
        models_of_folder(tmp_path / "file")
