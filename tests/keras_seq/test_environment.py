"""Settings of the shell, of the home and of the process change neither what a command does nor what a model
answers.
"""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from corpora import PROJECT

from keras_seq import applications, environment
from keras_seq.formats import Example
from keras_seq.version import version

TEXTS = ["the plot is superb", "a dull film ."]


def python(*arguments, **options):
    options = {"cwd": PROJECT, "capture_output": True, "timeout": 300, "check": False, **options}
    return subprocess.run([sys.executable, *map(str, arguments)], text=True, **options)


def test_a_command_answers_the_same_whatever_the_shell_and_the_home_say(tiny_run, tmp_path):
    settings = {"floatx": "float16", "backend": "jax", "image_data_format": "channels_first"}
    (tmp_path / "keras.json").write_text(json.dumps(settings), encoding="utf-8")
    odd = {
        "KERAS_BACKEND": "torch",
        "TF_USE_LEGACY_KERAS": "1",
        "KERAS_HOME": str(tmp_path),
        "KERAS_MAX_EPOCHS": "many",
        "PYTHONIOENCODING": "ascii",
        "LC_ALL": "C",
    }
    done = python("-m", "keras_seq.predict", tiny_run, *TEXTS, "naïve", env={**os.environ, **odd})
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == [*TEXTS, "naïve"]
    model = keras.saving.load_model(tiny_run / "model.keras", compile=False)
    scores = model([*TEXTS, "naïve"])["scores"].numpy()
    np.testing.assert_allclose([answer["scores"] for answer in answers], scores, atol=1e-5)


def test_the_package_brings_keras_3_on_tensorflow_and_none_of_tensorflows_noise():
    odd = {"KERAS_BACKEND": "torch", "TF_USE_LEGACY_KERAS": "1"}
    quiet = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    code = "import keras_seq, keras; print(keras.backend.backend(), keras_seq.__version__, *dir(keras_seq))"
    done = python("-c", code, env={**quiet, **odd})
    public = "DataError Recipe RecipeError __version__ build list_models load load_recipe"
    assert done.stdout.split("\n")[0] == f"tensorflow {version()} {public}"
    assert done.stderr == ""


def test_keras_on_another_backend_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ImportError, match="imported already, with the backend 'jax'"):
        environment.prepare()


def test_outside_the_environment_a_command_says_what_to_do(tmp_path):
    """As a Python without the packages would: `-S` leaves out the folder where they are installed."""
    done = python("-S", "-m", "keras_seq.train", "zoo/sentiment.yaml", stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "has no pydantic, ruamel.yaml" in done.stderr
    assert "Traceback" not in done.stderr
    imported = python("-S", "-c", "import keras_seq")
    assert "ImportError" in imported.stderr
    assert "activate" in imported.stderr


@pytest.mark.parametrize(
    ("words", "spec", "expected"),
    [
        (["python", "-m", "keras_seq.train"], None, "keras_seq.train"),
        (["python", "-Xdev", "-um", "keras_seq.train"], None, "keras_seq.train"),
        (["python", "-mkeras_seq"], None, "keras_seq"),
        (["python", "-m", "pytest", "keras_seq.train"], None, ""),
    ],
)
def test_a_command_is_told_while_python_still_looks_for_it(words, spec, expected, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec)
    monkeypatch.setattr(sys, "argv", ["-m"])
    monkeypatch.setattr(sys, "orig_argv", words)
    assert environment.command() == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [("/bin/keras-seq-train", "keras_seq.train"), ("keras-seq-export", "export"), ("/bin/other", "")],
)
def test_a_script_is_told_by_its_name(script, expected, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    monkeypatch.setattr(sys, "argv", [script])
    assert environment.command() == expected


def untrained(application):
    """A model of an application on a few examples, as `train` presents it, with weights of a seed."""
    module = applications.functions(application)
    truths = {"sentiment": ["good", "bad"], "translation": ["le film est bon .", "un mauvais film ."]}
    truths["ner"] = ["4\t8\tB-WORK\n9\t11\tO", "0\t1\tO\n2\t6\tB-WORK"]
    examples = [Example(text, truth, "") for text, truth in zip(TEXTS, truths[application], strict=True)]
    small = {"sentiment": {}, "ner": {"characters": "cnn"}, "translation": {"layers": 2}}[application]
    sizes = {"translation": {"vocabulary_size": 60}}.get(application, {})
    keras.utils.set_random_seed(1)
    preprocessing = module.prepare(examples, **sizes)
    network = module.build(preprocessing.sizes, units=4, embedding_dim=4, **small)
    return module.present(preprocessing, network)


@pytest.fixture
def process_settings():
    before = keras.config.floatx(), keras.config.dtype_policy(), keras.config.image_data_format()
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])
    keras.config.set_image_data_format(before[2])


@pytest.mark.parametrize(
    ("application", "policy"),
    [("sentiment", "float16"), ("ner", "mixed_bfloat16"), ("translation", "float16")],
)
def test_a_loaded_model_answers_the_same_under_another_dtype_policy(
    application, policy, tmp_path, process_settings
):
    model = untrained(application)
    model.save(tmp_path / "model.keras")
    expected = model(TEXTS)
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float16" if policy == "float16" else "bfloat16")
    keras.config.set_dtype_policy(policy)
    answers = keras.saving.load_model(tmp_path / "model.keras", compile=False)(TEXTS)
    for name, value in expected.items():
        assert answers[name].dtype == value.dtype
        if value.dtype.is_floating:
            np.testing.assert_allclose(answers[name].numpy(), value.numpy(), atol=1e-5)
        else:
            assert answers[name].numpy().tolist() == value.numpy().tolist()


QUIET_IMPORT = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("environment", "keras_seq/environment.py")
environment = importlib.util.module_from_spec(spec)
spec.loader.exec_module(environment)
with environment.quiet():
    os.write(2, b"noise of a library\\n")
    print("from Python", file=sys.stderr)
    if sys.argv[1:]:
        raise ImportError("a library is damaged")
print("after", file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("level", "arguments", "shown"),
    [
        ("3", [], "from Python\nafter\n"),
        ("0", [], "noise of a library\nfrom Python\nafter\n"),
        ("3", ["fail"], "from Python\nnoise of a library\nTraceback"),
    ],
    ids=["quiet", "asked for", "failed"],
)
def test_libraries_are_quiet_while_they_are_imported_unless_they_are_asked_or_fail(level, arguments, shown):
    done = python("-c", QUIET_IMPORT, *arguments, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": level})
    assert done.stderr.startswith(shown)
