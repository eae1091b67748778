"""The order of a training, and what is said of it."""

import json

import pytest
from fits import examples, of_words

from keras_seq.cluster import Cluster
from keras_seq.errors import DataError
from keras_seq.reading import Reader
from keras_seq.training import planning
from keras_seq.training.workers import ALONE, Alone


def test_a_budget_measures_and_names_what_is_larger_than_it(capsys):
    order = planning.order_of(examples(20), of_words(), Reader(), None, 5, 100, 1)
    assert list(order.sizes) == [1 + n % 7 for n in range(20)]
    assert "5 training examples are larger than training.batch_budget" in capsys.readouterr().out
    planning.say_plan(20, 10, order.steps(20), order)
    assert "steps of at most 5, padding included; training.epochs and training.batch_budget" in (
        capsys.readouterr().out
    )


class Second(Alone):
    """A worker whose chief has a plan of its own."""

    cluster = Cluster(["a:1", "b:1"], 1)

    def from_chief(self, made):
        return json.dumps({"steps": 3, "validation examples": 7}).encode()


def test_workers_with_other_data_are_refused():
    planning.check_same({"steps": 3, "validation examples": 7}, Second())
    planning.check_same({"steps": 4}, ALONE)
    with pytest.raises(
        DataError, match=r"worker 1: the data is not the chief's \(validation examples differ\)"
    ):
        planning.check_same({"steps": 3, "validation examples": 8}, Second())
