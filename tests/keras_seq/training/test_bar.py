"""What a training shows while it goes on."""

import pytest

from keras_seq.training import bar as bar_module
from keras_seq.training.bar import Bar, duration


class Clock:
    """In place of `time`: seconds that a test lets go by."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(bar_module, "time", clock)
    return clock


def train(bar, clock, epoch, steps, seconds, validation=0.0):
    """Go through an epoch; gives the bar's line after every step."""
    bar.set_params({"steps": steps})
    bar.on_epoch_begin(epoch)
    lines = []
    for batch in range(steps):
        clock.now += seconds
        bar.on_train_batch_end(batch, {"loss": 0.25, "accuracy": 0.5})
        lines.append(bar._step.name)
    bar.on_test_begin()
    clock.now += validation
    bar.on_epoch_end(epoch, {"loss": 0.25, "val_loss": 0.0000125})
    return lines


def test_a_line_has_the_scores_the_speed_and_the_time_that_is_left(clock, capsys):
    with Bar(epochs=3, steps=4, batch_size=10) as bar:
        assert bar._step.name == "preparing the first step"
        first = train(bar, clock, 0, 4, seconds=2.0, validation=2.0)
        assert (
            first[0] == "epoch 1 of 3: loss 0.2500, accuracy 0.5000"
        )  # the first step says nothing of the speed
        assert first[2] == "epoch 1 of 3: loss 0.2500, accuracy 0.5000, 5 examples/s, 0:18 left"
        second = train(bar, clock, 1, 4, seconds=2.0, validation=2.0)
        assert second[3].endswith("5 examples/s, 0:10 left")  # the last epoch, with its validation
        train(bar, clock, 2, 4, seconds=2.0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "epoch 1 of 3: loss 0.2500, val_loss 1.25e-05, 5 examples/s, 10 s, 0:20 left"
    assert lines[2] == "epoch 3 of 3: loss 0.2500, val_loss 1.25e-05, 5 examples/s, 8 s"


def test_the_rest_of_an_epoch_is_counted_from_where_it_was_broken_off(clock):
    with Bar(epochs=2, steps=4, batch_size=10) as bar:
        bar.set_params({"steps": 1})
        bar.on_epoch_begin(1)
        bar.on_train_batch_end(0, {"loss": 1.0})
        assert (bar._step.count, bar._step.total) == (4, 4)


def test_signs_of_life_stand_on_lines_of_their_own_every_minute(clock, errors_printed):
    with Bar(epochs=1, steps=9, batch_size=1) as bar:
        bar.set_params({"steps": 9})
        bar.on_epoch_begin(0)
        broken = []
        bar._step.break_line = lambda: broken.append(clock.now)
        for batch in range(9):
            clock.now += 20
            bar.on_train_batch_end(batch, {"loss": 1.0})
        assert broken == [180.0, 260.0]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (62, "1:02"), (3725, "1:02:05")])
def test_times_for_people(seconds, text):
    assert duration(seconds) == text
