"""What goes along with `model.fit`."""

import keras
import numpy as np

from keras_seq.training.callbacks import Alive, AveragingAdam, Progress


def test_averages_come_into_the_model_only_when_they_are_asked_for():
    variable = keras.Variable(np.array([0.0], "float32"))
    optimizer = AveragingAdam(0.5, use_ema=True, ema_momentum=0.5)
    optimizer.build([variable])
    for _ in range(3):
        optimizer.apply([np.array([1.0], "float32")])
    last = float(variable[0])
    optimizer.finalize_variable_values([variable])
    assert float(variable[0]) == last
    optimizer.put_averages_into([variable])
    assert last < float(variable[0]) < 0


def test_the_bar_counts_the_epochs_of_the_whole_training():
    bar = Progress(7)
    bar.set_params({"epochs": 2, "steps": 3, "verbose": 1})
    assert bar.epochs == 7


def test_signs_of_life_follow_the_steps_of_a_training():
    alive = Alive(has_bar=False)
    alive.set_params({"steps": 5})
    with alive:
        assert alive._step.name == "preparing the first step"
        alive.on_epoch_begin(0)
        alive.on_train_batch_end(2)
        assert (alive._step.name, alive._step.count, alive._step.total) == ("training, epoch 1", 3, 5)
        alive.on_test_begin()
        assert alive._step.name == "answering the validation split"
