"""Keys of a recipe's training that do not go together."""

import pytest

from keras_seq import train


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        (["momentum=0.5"], "training.momentum: is of optimizer: sgd; the optimizer is adam"),
        (["weight_decay=0.1"], "training.weight_decay: Adam with a decay of weights is optimizer: adamw"),
        (
            ["patience=2", "evaluate_every=3"],
            "training.patience: 2 epochs are over before answers are scored",
        ),
        (
            ["learning_rate_schedule=plateau", "evaluate_every=3"],
            "training.plateau_patience: 2 epochs are over before answers are scored",
        ),
        (["thaw_after=2"], "training.thaw_after: is of frozen layers"),
        (
            ["distribution=mirrored", "gradient_accumulation=2"],
            "training.gradient_accumulation: 1: nothing else goes with distribution: mirrored",
        ),
        (["plateau_factor=0.1"], "training.plateau_factor: is of learning_rate_schedule: plateau"),
    ],
    ids=["momentum", "decay", "patience", "plateau patience", "thawing", "mirrored", "plateau"],
)
def test_keys_without_a_meaning_are_refused(keys, complaint, recipe_file, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(train, "_train", lambda *_: pytest.fail("the training began"))
    options = [word for key in keys for word in ("--set", f"training.{key}")]
    with pytest.raises(SystemExit, match="2"):
        train.main([str(recipe_file), "--run", str(tmp_path / "run"), *options])
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "key",
    [
        *("optimizer=adagrad", "gradient_accumulation=0", "warmup_steps=-1", "momentum=1"),
        *("precision=float16", "batch_budget=0", "steps_per_execution=many", "evaluate_every=0"),
    ],
)
def test_a_wrong_value_is_refused(key, recipe_file, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(train, "_train", lambda *_: pytest.fail("the training began"))
    with pytest.raises(SystemExit, match="2"):
        train.main([str(recipe_file), "--run", str(tmp_path / "run"), "--set", f"training.{key}"])
    assert f"training.{key.partition('=')[0]}: given" in capsys.readouterr().err
