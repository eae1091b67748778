"""Training: the best epoch is kept, weights may start from a file, and what is odd is said."""

import json
import math

import fits
import numpy as np
import pytest

import keras_seq
from keras_seq import train
from keras_seq.run import Run
from keras_seq.training import state
from keras_seq.training.epochs import best_of


def test_the_best_epoch_is_kept_and_patience_ends_training(recipe_file, tmp_path, monkeypatch, capsys):
    scores = iter([0.5, 0.9, 0.7, 0.9, 0.1])
    kept = []
    end = state.StateKeeper.on_test_end

    def scored(keeper, logs=None):
        score = next(scores)
        logs["accuracy"] = score
        end(keeper, logs)

    saved = Run.save_best_weights
    monkeypatch.setattr(state.StateKeeper, "on_test_end", scored)
    monkeypatch.setattr(
        Run, "save_best_weights", lambda run, network: (kept.append(1), saved(run, network))[1]
    )
    changed = state.StateKeeper.on_epoch_end

    def epoch_end(keeper, epoch, logs=None):
        changed(keeper, epoch, {**logs, "val_accuracy": [0.5, 0.9, 0.7, 0.9, 0.1][epoch]})

    monkeypatch.setattr(state.StateKeeper, "on_epoch_end", epoch_end)
    options = ["--set", "training.epochs=5", "--set", "training.patience=2"]
    assert train.main([str(recipe_file), "--run", str(tmp_path / "run"), *options]) == 0
    assert "no better val_accuracy in 2 epochs" in capsys.readouterr().out
    assert len(kept) == 2, "the first and the second epoch were the best so far; an equal one is not better"
    summary = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))["training"]
    assert (summary["epochs"], summary["best_epoch"]) == (4, 2)


def test_the_network_may_start_from_word_vectors(recipe_file, tmp_path, capsys):
    vectors = tmp_path / "v.txt"
    vectors.write_text("film " + " ".join(["0.5"] * 8) + "\n", encoding="utf-8")
    options = ["--set", f"prepare.vectors={vectors}", "--set", "training.learning_rate=1e-9"]
    assert train.main([str(recipe_file), "--run", str(tmp_path / "run"), *options]) == 0
    assert "v.txt has 1 of the" in capsys.readouterr().out
    model = keras_seq.load(tmp_path / "run")
    row = model.get_layer("word_ids").vocabulary.index("film") + 2
    table = model.get_layer("sentiment_network").get_layer("embedding").get_weights()[0]
    np.testing.assert_allclose(table[row], 0.5, atol=1e-4)
    with pytest.raises(SystemExit, match="2"):
        train.main(
            [str(recipe_file), "--run", str(tmp_path / "r2"), *options, "--set", "model.embedding_dim=9"]
        )
    assert "set model.embedding_dim to 8" in capsys.readouterr().err


def test_a_sorted_file_larger_than_the_buffer_is_warned_about(recipe_file, corpus, tmp_path, capsys):
    rows = sorted(
        (corpus / "train.tsv").read_text(encoding="utf-8").splitlines(), key=lambda row: row.split("\t")[1]
    )
    (corpus / "train.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    options = ["--set", "training.shuffle_buffer=20", "--set", "training.epochs=1"]
    assert train.main([str(recipe_file), "--run", str(tmp_path / "run"), *options]) == 0
    assert "the first 20 training examples have 1 of 2 classes only" in capsys.readouterr().out


def test_answers_are_scored_every_so_many_epochs_and_after_the_last(tmp_path):
    """The best epoch is one of those that were scored, where a loss is lower in others."""
    scores = iter([0.5, 0.4])
    fits.fitted(tmp_path, watch=lambda: {"watched": next(scores)}, evaluate_every=2, epochs=3)
    rows = Run(tmp_path).read_history()
    assert math.isnan(rows[0]["val_watched"])
    assert [row["val_watched"] for row in rows[1:]] == [0.5, 0.4]
    assert best_of(rows, ["val_watched", "val_loss"]) == (1, "val_watched")
