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


def test_entries_of_a_model_come_first_and_others_join_them():
    entries, carried = Known().joined("letters", (), "baab", 1)
    assert entries == ["b", "a"]
    assert carried.places.tolist() == [-1, -1, -1]
    entries, carried = Known(object()).joined("letters", "xa", "abc", 1)
    assert entries == ["x", "a", "b", "c"]
    assert carried.places.tolist() == [0, 1, 2, -1, -1]
    assert (carried.about, carried.kept, carried.new) == ("letters", 2, 2)
    assert Known(object(), extend=False).joined("letters", "xa", "abc", 1)[0] == ["x", "a"]
