"""The contract: which scores decide the best epoch, first to last."""

import dataclasses

from keras_seq.applications import sentiment


def test_the_monitor_comes_first_and_no_score_decides_twice():
    objective = dataclasses.replace(
        sentiment.objective(), monitor="macro_f1", fallbacks=("accuracy", "macro_f1", "loss")
    )
    assert objective.monitors == ["val_macro_f1", "val_accuracy", "val_loss"]


def test_a_monitor_that_the_data_do_not_choose_stays():
    objective = sentiment.objective()
    assert objective.settled([]).monitor == objective.monitor
