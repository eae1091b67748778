"""A training that is stopped and goes on ends where an undisturbed one ends, whatever its keys are."""

import fits
import numpy as np
import pytest

from keras_seq.run import Run

KEYS = {
    "adamw": {"optimizer": "adamw", "learning_rate_schedule": "one_cycle", "gradient_accumulation": 3},
    "sgd": {"optimizer": "sgd", "learning_rate_schedule": "plateau", "plateau_patience": 1, "epochs": 3},
    "lion": {"optimizer": "lion", "learning_rate_schedule": "cosine", "warmup_steps": 5, "batch_budget": 40},
    "execution": {"steps_per_execution": 3, "warmup_steps": 9, "gradient_clip": 1.0, "weight_averaging": 0.9},
    "thaw": {"freeze": ["embedding"], "thaw_after": 1, "gradient_accumulation": 2, "weight_decay": 0.1},
}
KEYS["thaw"]["optimizer"] = "adamw"


@pytest.mark.parametrize("name", KEYS)
def test_a_stopped_training_ends_where_an_undisturbed_one_ends(name, tmp_path, capsys):
    keys = {"learning_rate": 0.01, "weight_averaging": 0.9, **KEYS[name]}
    whole = fits.fitted(tmp_path / "whole", **keys)
    fits.stopped(tmp_path / "run", 1, 2, **keys)
    assert len(Run(tmp_path / "run").read_history()) == 1
    again = fits.fitted(tmp_path / "run", **keys)
    assert "going on with" in capsys.readouterr().out
    for one, other in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    for one, other in zip(again.optimizer.variables, whole.optimizer.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)
    rows = [Run(tmp_path / folder).read_history() for folder in ("run", "whole")]
    for one, other in zip(*rows, strict=True):
        one.pop("seconds"), other.pop("seconds")
        assert one == pytest.approx(other, abs=1e-6)


def test_an_epoch_of_several_steps_at_once_has_its_steps(tmp_path):
    """Eight batches an epoch in executions of three: none is taken from the next epoch."""
    plain = fits.fitted(tmp_path / "plain", learning_rate=0.01)
    at_once = fits.fitted(tmp_path / "at_once", learning_rate=0.01, steps_per_execution=3)
    for one, other in zip(plain.get_weights(), at_once.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
