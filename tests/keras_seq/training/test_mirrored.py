"""`distribution: mirrored`: two devices of one process learn what one learns, and go on from a saved state."""

import subprocess
import sys

import numpy as np
import pytest
from corpora import PROJECT

from keras_seq import train
from keras_seq.run import Run, load

TWO_DEVICES = """
import os, signal, sys
import tensorflow as tf
from keras_seq import train
from keras_seq.training import state, workers

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
workers.Mirrored.__init__.__defaults__ = (["CPU:0", "CPU:1"],)
if sys.argv[1]:
    begin = state.StateKeeper.on_epoch_begin
    def stop(self, *words):
        begin(self, *words)
        os.kill(os.getpid(), signal.Signals[sys.argv[1]])
    state.StateKeeper.on_epoch_begin = stop
sys.exit(train.main(sys.argv[2:]))
"""


def mirrored(words, *more, stop=""):
    distribution = ["--set", "training.distribution=mirrored"]
    return subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, stop, *words, *more, *distribution],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture
def words(recipe_file):
    """Batches of 32, which divide evenly, but for the last; nothing that is drawn."""
    settings = ["optimizer=sgd", "batch_size=32", "epochs=2"]
    made = [str(recipe_file), "--set", "model.dropout=0.0", "--set", "model.word_dropout=0.0"]
    return [*made, *(word for setting in settings for word in ("--set", f"training.{setting}"))]


def weights(path):
    return load(path).network.get_weights()


def test_two_devices_learn_what_one_does(words, tmp_path):
    assert train.main([*words, "--run", str(tmp_path / "one")]) == 0
    assert mirrored(words, "--run", str(tmp_path / "two")).returncode == 0
    for one, two in zip(weights(tmp_path / "one"), weights(tmp_path / "two"), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)
    [one, two] = (Run(tmp_path / name).read_metrics()["test"] for name in ("one", "two"))
    assert one == two


def test_odd_batches_are_trained_on_and_a_stopped_training_goes_on(words, tmp_path):
    """Batches of 33, the last of one row; stopped within the first epoch."""
    more = ["--set", "training.batch_size=33", "--set", "training.optimizer=adam"]
    assert mirrored(words, *more, "--run", str(tmp_path / "whole")).returncode == 0
    parts = [*words, *more, "--run", str(tmp_path / "parts")]
    assert mirrored(parts, stop="SIGTERM").returncode == 143
    assert Run(tmp_path / "parts").position_files
    done = mirrored(parts)
    assert done.returncode == 0
    assert "going on with" in done.stdout
    for one, two in zip(weights(tmp_path / "whole"), weights(tmp_path / "parts"), strict=True):
        np.testing.assert_array_equal(one, two)
