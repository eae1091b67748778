"""A state that is damaged is passed over, and the one before it is gone on from."""

import fits
import numpy as np
import pytest

from keras_seq.errors import DataError
from keras_seq.run import Run
from keras_seq.training import position


def half(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file):
    """One byte of the first array is another one."""
    content = bytearray(file.read_bytes())
    content[200] ^= 255
    file.write_bytes(bytes(content))


def empty(file):
    file.write_bytes(b"")


def two_states(folder):
    """After epoch 1, and in epoch 2."""
    run = Run(folder)
    fits.stopped(folder, 1, 1)
    assert run.position_file.exists()
    assert run.earlier_position_file.exists()
    return run


@pytest.mark.parametrize("damage", [half, flip, empty])
def test_a_damaged_state_falls_back_to_the_one_before_and_says_so(damage, tmp_path, capsys):
    whole = fits.fitted(tmp_path / "whole")
    run = two_states(tmp_path / "run")
    damage(run.position_file)
    again = fits.fitted(tmp_path / "run")
    said = capsys.readouterr().out
    assert "position.npz is damaged" in said
    assert "at epoch 2, step 0" in said
    for one, other in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert len(run.read_history()) == 2


def test_a_damaged_history_is_mended_from_the_state(tmp_path):
    run = two_states(tmp_path / "run")
    run.history_file.write_text("epoch,loss\n1,", encoding="utf-8")
    fits.fitted(tmp_path / "run")
    assert [row["epoch"] for row in run.read_history()] == [1, 2]


def test_where_nothing_is_whole_it_says_what_to_do(tmp_path):
    run = two_states(tmp_path / "run")
    half(run.position_file)
    empty(run.earlier_position_file)
    with pytest.raises(DataError, match=r"no state is whole.*--fresh starts over"):
        position.newest(run)


def test_damaged_best_weights_are_told_before_anything_is_trained(tmp_path):
    run = two_states(tmp_path / "run")
    half(run.best_weights_file)
    with pytest.raises(DataError, match=r"best_weights.npz: without the weights of the best epoch.*--fresh"):
        position.newest(run)


def test_nothing_was_saved(tmp_path):
    assert position.newest(Run(tmp_path)) is None
