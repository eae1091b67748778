"""The contract: which scores decide the best epoch, first to last."""

import dataclasses

from keras_seq.applications import sentiment
from keras_seq.contract import Known


def test_the_monitor_comes_first_and_no_score_decides_twice():
    objective = dataclasses.replace(
        sentiment.objective(), monitor="macro_f1", fallbacks=("accuracy", "macro_f1", "loss")
    )
    assert objective.monitors == ["val_macro_f1", "val_accuracy", "val_loss"]


def test_a_monitor_that_the_data_do_not_choose_stays():
    objective = sentiment.objective()
    assert objective.settled([]).monitor == objective.monitor


def test_entries_are_those_of_a_model_that_have_their_names():
    assert Known().named("letters", (), "ba", 1).places.tolist() == [-1, -1, -1]
    carried = Known(object()).named("letters", "xay", "abx", 1)
    assert carried.places.tolist() == [0, 2, -1, 1]
    assert (carried.about, carried.kept, carried.new, carried.gone) == ("letters", 2, 1, 1)
