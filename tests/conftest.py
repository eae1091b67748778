"""What several tests share: a tiny corpus, one tiny trained run, what is printed, a lock that another has."""

import gc
import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest
import tensorflow as tf
from corpora import PROJECT, TINY, write_corpus
from hypothesis import settings
from properties import tried_on  # noqa: F401  (registers the profiles)
from tensorflow.python.util import tf_stack

settings.load_profile("fixed")


def optimize_graphs(wanted):
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not wanted})


# Grappler takes a fifth of the time of networks that are trained for two steps. It runs where the models of the zoo do,
# in `test_zoo`, and in the commands that tests start.
optimize_graphs(False)
# Nor is it remembered of every op where in Python it was made, for errors that name it: a seventh of the time in which
# graphs are traced below the hundred frames of pytest and Keras.
HERE = tf_stack.extract_stack()
tf_stack.extract_stack = lambda stacklevel=1: HERE

HOLD = """
import pathlib, sys
sys.path.insert(0, sys.argv[2])
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("lock", sys.argv[2] + "/keras_seq/lock.py")
lock = module_from_spec(spec)
spec.loader.exec_module(lock)
with lock.locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


# TensorFlow keeps what was traced with gradients of our own for as long as a process lives, and slows down with
# it: what takes longest comes first. `make test` keeps this order.
FIRST = (
    *("test_zoo", "test_translation", "test_registered", "test_new_applications", "test_ner"),
    *("test_small_data", "test_keras_page", "test_recurrence", "test_lstm", "test_servable", "test_damage"),
    *("test_train", "test_state", "test_epochs", "test_fit", "test_readable_entities"),
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST))


def pytest_collection_finish():
    """What is imported by now stays: looked through for garbage again and again, it took an eighth of the time of
    every graph that is traced.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)


@pytest.fixture
def optimized_graphs():
    """Graphs are optimized as for a user."""
    optimize_graphs(True)
    yield
    optimize_graphs(False)


@pytest.fixture
def corpus(tmp_path):
    return write_corpus(tmp_path / "corpus")


@pytest.fixture
def recipe_file(tmp_path, corpus):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY % corpus, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """A finished run on a tiny corpus; not to be changed."""
    from keras_seq import train

    folder = tmp_path_factory.mktemp("tiny")
    recipe = folder / "tiny.yaml"
    both_ways = TINY.replace("bidirectional: false", "bidirectional: true")
    recipe.write_text(both_ways % write_corpus(folder / "corpus"), encoding="utf-8")
    assert train.main([str(recipe), "--run", str(folder / "runs" / "tiny")]) == 0
    return folder / "runs" / "tiny"


@pytest.fixture(scope="module")
def loaded_once():
    """What the commands load of a run stays for the next command of the module, and so do the graphs that are traced
    of it; a file that has changed is loaded anew.
    """
    from keras_seq import inspect, run

    load, loaded = run.load, {}

    def kept(path):
        file = run.Run(path).model_file
        key = (file, file.stat().st_mtime_ns)
        if key not in loaded:
            loaded[key] = load(path)
        return loaded[key]

    with pytest.MonkeyPatch.context() as patch:
        for module in (run, inspect):
            patch.setattr(module, "load", kept)
        yield


class Printed:
    """All that was printed on stderr so far."""

    def __init__(self, capsys):
        self.capsys, self.text = capsys, ""

    def getvalue(self):
        self.text += self.capsys.readouterr().err
        return self.text


@pytest.fixture
def errors_printed(monkeypatch, capsys):
    """All that is printed on stderr, with signs of life without a pause."""
    from keras_seq import progress

    monkeypatch.setattr(progress, "BEAT_SECONDS", {True: 0.01, False: 0.01})
    return Printed(capsys)


@pytest.fixture
def another_process():
    """Holds the lock of a file until it is let go or killed."""
    started = []

    def hold(file):
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", HOLD, str(file), str(PROJECT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def with_a_gpu_in_sight(monkeypatch):
    """What TensorFlow says on a machine with a GPU; there is none to run on."""
    listed = tf.config.list_logical_devices
    device = tf.config.LogicalDevice("/device:GPU:0", "GPU")
    monkeypatch.setattr(
        tf.config, "list_logical_devices", lambda kind=None: [device] if kind == "GPU" else listed(kind)
    )
    monkeypatch.setattr(
        tf.sysconfig, "get_build_info", lambda: {"is_cuda_build": True, "is_rocm_build": False}
    )


@pytest.fixture
def stub(monkeypatch):
    """Trials of studies are `stub_trial`, which takes no time."""
    from keras_seq.study import attempt

    monkeypatch.setattr(attempt, "COMMAND", "stub_trial")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT / "tests"))
    return monkeypatch


@pytest.fixture(scope="session")
def servables(tiny_run, tmp_path_factory):
    """What the export of the tiny run publishes; not to be changed."""
    import export.__main__ as command

    folder = tmp_path_factory.mktemp("servables")
    assert command.main([str(tiny_run), "--to", str(folder)]) == 0
    return folder
