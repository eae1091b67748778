"""python -m keras_seq.launch: workers on one machine, started again where one is lost."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from corpora import PROJECT
from refusals import refused

from keras_seq import launch, train
from keras_seq.cluster import VARIABLE, of_environment
from keras_seq.deploy import ray_train
from keras_seq.run import Run, load

SCRIPT = """
import json, os, pathlib, sys, time
index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
folder = pathlib.Path(sys.argv[1])
attempt = len(list(folder.glob(f"worker_{index}_*")))
part = folder / f"part_{index}"
part.write_text(json.dumps([os.environ["TF_CONFIG"], sys.argv[2:]]))
part.rename(folder / f"worker_{index}_{attempt}")
for other in range(len(json.loads(os.environ["TF_CONFIG"])["cluster"]["worker"])):
    while not (folder / f"worker_{other}_{attempt}").exists():
        time.sleep(0.02)
"""


@pytest.fixture
def workers(tmp_path, recipe_file, monkeypatch):
    """Lets workers run a script in place of training; gives what they were told, by worker and attempt."""

    def use(body):
        monkeypatch.setattr(launch, "TRAIN", (sys.executable, "-S", "-c", SCRIPT + body, str(tmp_path)))

    def told():
        return {file.name: json.loads(file.read_text()) for file in sorted(tmp_path.glob("worker_*"))}

    use.told, use.recipe = told, str(recipe_file)
    return use


def test_every_worker_has_its_place_in_one_cluster(workers):
    workers("")
    assert launch.main(["--workers", "3", workers.recipe, "--set", "training.epochs=1"]) == 0
    told = workers.told()
    clusters = [of_environment({VARIABLE: config}) for config, _ in told.values()]
    assert [cluster.index for cluster in clusters] == [0, 1, 2]
    assert len({tuple(cluster.addresses) for cluster in clusters}) == 1
    assert len(set(clusters[0].addresses)) == 3
    words = [workers.recipe, "--set", "training.epochs=1", "--set", "training.distribution=multi_worker"]
    assert all(given == words for _, given in told.values())


@pytest.mark.parametrize("how", ["os.kill(os.getpid(), 9)", "os._exit(75)"], ids=["killed", "lost"])
@pytest.mark.parametrize("who", [0, 1])
def test_all_are_started_again_where_one_is_lost(how, who, workers, capsys):
    workers(f"if index == {who} and not attempt: {how}\nif not attempt: time.sleep(60)\n")
    assert launch.main(["--workers", "2", workers.recipe]) == 0
    assert len(workers.told()) == 4
    assert (
        f"worker {who} {'died (SIGKILL)' if 'kill' in how else 'has lost the others'}"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("is_begun", [True, False], ids=["begun", "not_begun"])
def test_they_start_over_until_the_run_was_begun(is_begun, workers, tmp_path):
    begin = "(folder / 'run').mkdir(); (folder / 'run' / 'recipe.yaml').touch()" if is_begun else "pass"
    workers(f"if index == 0 and not attempt:\n    {begin}\n    os._exit(75)\n")
    assert launch.main(["--workers", "2", workers.recipe, "--fresh", "--run", str(tmp_path / "run")]) == 0
    told = workers.told()
    assert "--fresh" in told["worker_0_0"][1]
    assert ("--fresh" in told["worker_0_1"][1]) == (not is_begun)


def test_what_goes_on_is_the_command_that_has_started_them(workers, tmp_path):
    workers("(folder / 'command').write_text(os.environ['KERAS_SEQ_COMMAND'])")
    assert launch.main(["--workers", "1", workers.recipe, "--fresh"]) == 0
    command = f"python -m keras_seq.launch --workers 1 {workers.recipe}"
    assert (tmp_path / "command").read_text() == command


def test_a_recipe_that_is_wrong_starts_nobody(workers, capsys):
    workers("")
    message = refused(launch, workers.recipe, "--set", "training.epochs=0", capsys=capsys)
    assert "training.epochs: given 0" in message
    assert workers.told() == {}


def test_it_is_not_started_again_for_ever(workers):
    workers("os._exit(75)")
    assert launch.main(["--workers", "2", "--restarts", "2", workers.recipe]) == 75
    assert sorted(name for name in workers.told() if name.startswith("worker_0")) == [
        f"worker_0_{attempt}" for attempt in range(3)
    ]


def test_an_error_of_a_worker_ends_it_for_all_and_is_shown(workers, capsys):
    workers("if index == 1: print('error: no such file'); os._exit(2)\ntime.sleep(60)")
    started = time.monotonic()
    assert launch.main(["--workers", "3", workers.recipe]) == 2
    assert time.monotonic() - started < 30
    assert "error: no such file" in capsys.readouterr().out
    assert len(workers.told()) == 3


def test_what_is_wrong_is_told_before_who_was_lost_by_it(workers, capsys):
    """The chief notices first that worker 1 ends, as where both end between two looks."""
    workers(
        "if index == 0: os._exit(75)\ntime.sleep(0.5)\nprint('error: no such file', flush=True)\nos._exit(2)"
    )
    assert launch.main(["--workers", "2", workers.recipe]) == 2
    assert "worker 1 died (exit code 2):\n  error: no such file" in capsys.readouterr().out
    assert len(workers.told()) == 2


@pytest.mark.parametrize("handled", [True, False], ids=["handled", "not_yet"])
def test_sigterm_is_sent_on_and_ends_it(handled, workers):
    workers(
        f"import signal\nif {handled}: signal.signal(signal.SIGTERM, lambda *_: os._exit(143))\n"
        "(folder / f'ready_{index}').touch()\nfor _ in range(600): time.sleep(0.1)\n"
    )

    def stop():
        folder = launch.TRAIN[-1]
        while not all(os.path.exists(f"{folder}/ready_{index}") for index in range(2)):  # noqa: PTH110
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop).start()
    assert launch.main(["--workers", "2", workers.recipe]) == 143
    assert len(workers.told()) == 2


@pytest.mark.parametrize("module", [launch, ray_train], ids=["launch", "ray_train"])
@pytest.mark.parametrize("count", ["--workers=0", "--restarts=-1"])
def test_a_number_of_workers_or_restarts_that_is_none_is_refused(count, module, capsys):
    with pytest.raises(SystemExit, match="2"):
        module.main([count, "recipe.yaml"])
    assert "expected a whole number" in capsys.readouterr().err


def test_two_workers_train_as_one_does(recipe_file, tmp_path):
    """A last batch of one row, of which a worker has none; without dropout, which is another for every worker."""
    settings = [
        "training.batch_size=33",
        "model.dropout=0.0",
        "model.word_dropout=0.0",
        "training.epochs=2",
        "training.optimizer=sgd",
    ]
    words = [str(recipe_file), *(word for setting in settings for word in ("--set", setting))]
    assert train.main([*words, "--run", str(tmp_path / "one")]) == 0
    command = [
        sys.executable,
        "-m",
        "keras_seq.launch",
        "--workers",
        "2",
        *words,
        "--run",
        str(tmp_path / "two"),
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 workers take 33 examples a step together" in done.stdout
    one, two = Run(tmp_path / "one"), Run(tmp_path / "two")
    weights = [load(run.path).network.get_weights() for run in (one, two)]
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
    histories = [[[row[name] for name in columns] for row in run.read_history()] for run in (one, two)]
    np.testing.assert_allclose(*histories, atol=1e-5)
    assert two.read_metrics()["training"]["workers"] == 2
    assert "2 workers" in two.card_file.read_text(encoding="utf-8")
    assert train.main([*words, "--run", str(tmp_path / "two")]) == 0  # complete, whoever asks
