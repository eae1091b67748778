"""The learning rate over a training."""

import keras
import numpy as np
import pytest

from keras_seq.training import schedules


def rates(steps, **keys):
    rate = schedules.make(steps, **keys).rate
    return [
        float(keras.ops.convert_to_numpy(rate(step))) if callable(rate) else rate for step in range(steps)
    ]


def test_a_constant_rate_is_a_number():
    assert schedules.make(9, learning_rate=0.5) == schedules.Schedule(0.5, [])


def test_a_warm_up_rises_in_a_line_to_the_height():
    assert rates(6, learning_rate=0.4, warmup_steps=4) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])


def test_a_cosine_ends_at_the_last_step_with_a_warm_up_too():
    plain, warm = (
        rates(8, learning_rate_schedule="cosine"),
        rates(11, learning_rate_schedule="cosine", warmup_steps=3),
    )
    assert warm[:3] == pytest.approx([0.001, 0.002, 0.003])
    assert warm[3:] == pytest.approx(plain)
    assert plain == sorted(plain, reverse=True)
    assert plain[-1] < 0.05 * plain[0] == pytest.approx(0.05 * 0.003)


@pytest.mark.parametrize(("warmup", "top"), [(None, 3), (5, 5), (0, 0)])
def test_one_cycle_goes_up_and_down_once(warmup, top):
    found = rates(10, learning_rate=1.0, learning_rate_schedule="one_cycle", warmup_steps=warmup)
    assert np.argmax(found) == top
    assert found[top] == pytest.approx(1.0)
    assert found[:top] == sorted(found[:top])
    assert found[top:] == sorted(found[top:], reverse=True)
    assert found[-1] == pytest.approx(4e-6)
    assert not top or found[0] == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("losses", "falls"),
    [([], 0), ([3, 2, 1], 0), ([3, 2, 2], 0), ([3, 2, 2, 2], 1), ([3, 2, 2, 2, 1, 1, 1, 1, 1], 3)],
    ids=["none", "better", "once", "twice", "again"],
)
def test_a_plateau_falls_after_so_many_epochs_without_a_better_score(losses, falls):
    history = [{"val_loss": float(loss)} for loss in losses]
    assert schedules.reductions(history, ["val_loss"], 2) == falls


def test_a_plateaus_rate_follows_from_the_history_and_a_warm_up_goes_before():
    history = [{"val_loss": 1.0}] * 3
    schedule = schedules.make(
        9,
        lambda: history,
        learning_rate=0.4,
        learning_rate_schedule="plateau",
        warmup_steps=2,
        plateau_patience=1,
        plateau_factor=0.25,
    )
    [plateau] = schedule.callbacks
    found = []
    for epoch in range(4):
        plateau.on_epoch_begin(epoch)
        found.append(float(schedule.rate(7)))
    assert found == pytest.approx([0.4, 0.4, 0.1, 0.025])
    assert float(schedule.rate(0)) == pytest.approx(0.2)
