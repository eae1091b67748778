"""Training: a stopped run ends where an undisturbed one ends, and the best epoch is kept."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from corpora import PROJECT, TINY, write_corpus

import keras_seq
from keras_seq import train
from keras_seq.run import Run
from keras_seq.training import state

KILLED_AT = """
import os, signal, sys
from keras_seq import train
from keras_seq.training import state
state.SAVE_SECONDS = 0.0
save, calls = state.StateKeeper.save, []
def save_and_die(keeper):
    save(keeper)
    calls.append(keeper.step)
    if len(calls) == {calls}:
        os.kill(os.getpid(), signal.{signal})
state.StateKeeper.save = save_and_die
sys.exit(train.main(sys.argv[1:]))
"""


def weights(run):
    return keras_seq.load(run).get_weights()


@pytest.fixture(scope="module")
def averaged(tmp_path_factory):
    """A recipe with all that has a state: averaged weights, a schedule, dropout, a layer that thaws; and its
    undisturbed run.
    """
    folder = tmp_path_factory.mktemp("averaged")
    recipe = folder / "averaged.yaml"
    recipe.write_text(TINY % write_corpus(folder / "corpus"), encoding="utf-8")
    options = [
        *("--set", "training.weight_averaging=0.9", "--set", "training.learning_rate_schedule=cosine"),
        *("--set", "training.freeze=[embedding]", "--set", "training.thaw_after=1"),
    ]
    arguments = [str(recipe), *options, "--run"]
    assert train.main([*arguments, str(folder / "whole")]) == 0
    return folder, arguments


@pytest.mark.parametrize(("calls", "sent"), [(3, "SIGKILL"), (6, "SIGINT"), (7, "SIGKILL"), (9, "SIGTERM")])
def test_a_stopped_run_goes_on_and_ends_where_an_undisturbed_one_ends(averaged, calls, sent, capfd):
    """100 examples in batches of 16 are 7 steps an epoch: stops within both epochs, and just after the first.

    The state is saved after every step but an epoch's last, and at its end.
    """
    folder, arguments = averaged
    run = folder / f"{sent}{calls}"
    command = [sys.executable, "-c", KILLED_AT.format(calls=calls, signal=sent), *arguments, str(run)]
    stopped = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    number = getattr(signal, sent)
    assert stopped.returncode == (-number if sent == "SIGKILL" else 128 + number), stopped.stderr[-2000:]
    if sent != "SIGKILL":
        assert "the same command again" in stopped.stdout
        assert f"python -m keras_seq.train {arguments[0]}" in stopped.stdout
    assert not Run(run).is_complete
    assert train.main([*arguments, str(run)]) == 0
    assert "going on with" in capfd.readouterr().out
    for ours, whole in zip(weights(run), weights(folder / "whole"), strict=True):
        np.testing.assert_allclose(ours, whole, atol=1e-6)
    columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
    history = [[row[c] for c in columns] for row in Run(run).read_history()]
    np.testing.assert_allclose(
        history, [[row[c] for c in columns] for row in Run(folder / "whole").read_history()], atol=1e-6
    )


def test_a_complete_run_says_so_and_changes_nothing(averaged, capsys):
    folder, arguments = averaged
    before = {p: p.stat().st_mtime_ns for p in (folder / "whole").rglob("*")}
    assert train.main([*arguments, str(folder / "whole")]) == 0
    assert "is complete; --fresh starts it over" in capsys.readouterr().out
    assert {p: p.stat().st_mtime_ns for p in (folder / "whole").rglob("*")} == before


def test_another_recipe_or_other_data_in_the_same_run_is_refused(
    recipe_file, corpus, tmp_path, capsys, monkeypatch
):
    run = str(tmp_path / "run")
    arguments = [str(recipe_file), "--run", run]

    def stop(self, *_):
        raise state.Stopped(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(state.StateKeeper, "_stop_if_asked", stop)
        assert train.main(arguments) == 130
    with pytest.raises(SystemExit, match="2"):
        train.main([*arguments, "--set", "training.epochs=9"])
    assert "training.epochs was 2, is 9" in capsys.readouterr().err
    with (corpus / "train.tsv").open("a", encoding="utf-8") as lines:
        lines.write("a new review\tpositive\n")
    with pytest.raises(SystemExit, match="2"):
        train.main(arguments)
    assert "the training data is not what this run was begun with" in capsys.readouterr().err
    assert train.main([*arguments, "--fresh", "--set", "training.epochs=1"]) == 0
    assert len(Run(run).read_history()) == 1


def test_a_signal_in_the_last_step_of_an_epoch_stops_after_it(recipe_file, tmp_path, monkeypatch):
    end = state.StateKeeper.on_train_batch_end

    def interrupt(keeper, batch, logs=None):
        if keeper.epoch == 0 and batch == keeper.steps - 1:
            os.kill(os.getpid(), signal.SIGINT)
        end(keeper, batch, logs)

    arguments = [str(recipe_file), "--run", str(tmp_path / "run")]
    with monkeypatch.context() as patch:
        patch.setattr(state.StateKeeper, "on_train_batch_end", interrupt)
        assert train.main(arguments) == 130
    assert len(Run(tmp_path / "run").read_history()) == 1
    assert train.main(arguments) == 0
    assert len(Run(tmp_path / "run").read_history()) == 2


def test_the_state_is_gone_and_the_rest_is_there_when_a_run_is_complete(tiny_run):
    names = {p.name for p in tiny_run.iterdir()}
    assert names == {
        "recipe.yaml",
        "model.keras",
        "metrics.json",
        "history.csv",
        "plan.json",
        "requests.json",
        "card.md",
        "learning_curves.png",
        "confusion_matrix.png",
        "logs",
    }
    assert list((tiny_run / "logs").rglob("events.out.tfevents.*"))


def test_weights_that_are_averaged_are_the_ones_that_are_scored(averaged):
    """The scores that training wrote are those of the saved model."""
    folder, _ = averaged
    run = Run(folder / "whole")
    best = run.read_metrics()["training"]["best_epoch"]
    assert run.read_history()[best - 1]["val_accuracy"] == pytest.approx(
        run.read_metrics()["validation"]["accuracy"]
    )


def test_keras_random_state_is_part_of_the_state():
    """What `StateKeeper` saves has the dropout's random numbers in it."""
    network = keras_seq.build(PROJECT / "zoo" / "sentiment.yaml")
    assert sum("seed_generator_state" in variable.path for variable in network.variables) >= 3
