"""A trial's process: it ends when it is asked to, and when nobody looks after it any more."""

import subprocess
import sys
import time

from corpora import PROJECT
from studies import Small

from keras_seq.study.attempt import Attempt


def test_a_trial_is_read_off_its_run(tmp_path, stub):
    small = Small(tmp_path)
    run = small.folder.run(0)
    attempt = Attempt(tmp_path / "tiny.yaml", run, small.folder.output_file(0), threads=1)
    assert attempt.wait() == 0
    assert attempt.is_over
    assert [round(score, 2) for score in attempt.scores("val_accuracy")] == [0.78, 0.83]
    assert (attempt.best_epoch(1), attempt.best_epoch(2), attempt.seconds()) == (1, 2, 3.0)


def test_what_a_trial_said_was_wrong(tmp_path, stub):
    small = Small(tmp_path)
    recipe = tmp_path / "bad.yaml"
    recipe.write_text("learning_rate: 0.03\nepochs: 2\n", encoding="utf-8")
    attempt = Attempt(recipe, small.folder.run(0), small.folder.output_file(0))
    assert attempt.wait() == 2
    assert attempt.last_words() == "the loss is NaN"


WATCHED = """
import pathlib, sys, time
sys.argv[0], sys.orig_argv = "-m", ["python", "-m", "keras_seq.tune"]  # as in a command of ours: without TensorFlow
from keras_seq.run import Run
from keras_seq.study import attempt
attempt.COMMAND = "stub_trial"
one = attempt.Attempt(pathlib.Path(sys.argv[1]), Run(sys.argv[2]), pathlib.Path(sys.argv[3]))
print(one.process.pid, flush=True)
time.sleep(60)
"""


def test_a_trial_ends_when_the_process_that_looks_after_it_is_killed(tmp_path, stub):
    small = Small(tmp_path)
    stub.setenv("STUB_WAITS", str(tmp_path / "never"))
    output = small.folder.output_file(0)
    arguments = [tmp_path / "tiny.yaml", small.folder.run(0).path, output]
    command = [sys.executable, "-c", WATCHED, *map(str, arguments)]
    watching = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE)
    assert int(watching.stdout.readline())
    wait_until(lambda: small.folder.run(0).read_history())
    watching.kill()
    watching.communicate()
    wait_until(lambda: "stopped" in output.read_text(encoding="utf-8"))


def wait_until(is_so, seconds=60):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
