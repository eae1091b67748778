"""python -m keras_seq.tune: what it prints and writes; killed anywhere, it goes on; its best recipe trains."""

import os
import signal
import subprocess
import sys
import time

import pytest
from corpora import PROJECT
from refusals import refused
from studies import write_recipe

from keras_seq import train, tune
from keras_seq.run import Run
from keras_seq.study import tuner

TUNE_STUBS = """
import sys
sys.argv[0], sys.orig_argv = "-m", ["python", "-m", "keras_seq.tune"]  # as in a command of ours: without TensorFlow
from keras_seq import tune
from keras_seq.study import attempt
attempt.COMMAND = "stub_trial"
sys.exit(tune.main(sys.argv[1:]))
"""


@pytest.fixture
def words(tmp_path):
    recipe, space = write_recipe(tmp_path)
    return [str(recipe), "--space", str(space), "--study", str(tmp_path / "study"), "--trials"]


def test_the_best_recipe_trains_and_no_trial_looks_at_the_test_split(words, tmp_path, capsys):
    (tmp_path / "corpus" / "test.tsv").write_bytes(b"no such label\tneither\n")
    assert tune.main([*words, "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("trial 0: accuracy ")
    best = tmp_path / "study" / "tiny_best.yaml"
    assert printed.splitlines()[-2:] == [
        f"  python -m keras_seq.train {best}",
        f"  python -m keras_seq.predict {tmp_path / 'study' / 'trials' / '0000'} TEXT",
    ]
    metrics = Run(tmp_path / "study" / "trials" / "0000").read_metrics()
    assert "validation" in metrics
    assert "test" not in metrics
    assert "label 'neither' in test" in refused(train, best, "--run", tmp_path / "run", capsys=capsys)
    assert train.main([str(best), "--run", str(tmp_path / "run"), "--no-test"]) == 0


def wait_until(is_so, seconds=60):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("sent", ["SIGKILL", "SIGINT", "SIGTERM"])
def test_a_study_that_is_stopped_goes_on(words, tmp_path, stub, sent, capsys):
    ready = tmp_path / "ready"
    stub.setenv("STUB_WAITS", str(ready))
    command = [sys.executable, "-c", TUNE_STUBS, *words, "3"]
    first = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    run = Run(tmp_path / "study" / "trials" / "0000")
    wait_until(lambda: len(run.read_history()) == 1)
    number = getattr(signal, sent)
    os.kill(first.pid, number)
    printed, errors = first.communicate(timeout=60)
    assert first.returncode == (-number if sent == "SIGKILL" else 128 + number), errors
    if sent == "SIGINT":
        assert f"the same command again:\n  python -m keras_seq.tune {words[0]}" in printed
    wait_until(lambda: "stopped" in (tmp_path / "study" / "trials" / "0000.log").read_text())
    ready.touch()
    stub.setattr(tuner, "POLL_SECONDS", 0.02)
    assert tune.main([*words, "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == ["trial 0", "trial 1", "trial 2"]
    assert lines[3].startswith("best of 3 trials: trial ")


def test_mistakes_are_told_before_anything_is_begun(words, tmp_path, capsys):
    (tmp_path / "space.yaml").write_text("model: {unit: [1, 2]}\n", encoding="utf-8")
    assert "did you mean 'units'?" in refused(tune, *words, "3", capsys=capsys)
    assert not (tmp_path / "study").exists()
    for wrong in ("0", "many"):
        with pytest.raises(SystemExit, match="2"):
            tune.main([*words, wrong])


def test_a_study_is_checked_without_tensorflow(words, tmp_path):
    (tmp_path / "space.yaml").write_text("model: {unit: [1, 2]}\n", encoding="utf-8")
    command = [sys.executable, "-X", "importtime", "-m", "keras_seq.tune", *words, "3"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert not {"tensorflow", "optuna", "numpy"} & {
        line.split("|")[-1].strip() for line in done.stderr.splitlines()
    }
