"""What goes along with `model.fit`."""

from keras_seq.training.callbacks import Alive, Progress


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
