"""The order of a training, and what is said of it."""

from fits import examples, of_words

from keras_seq.reading import Reader
from keras_seq.training import planning


def test_a_budget_measures_and_names_what_is_larger_than_it(capsys):
    order = planning.order_of(examples(20), of_words(), Reader(), None, 5, 100, 1)
    assert list(order.sizes) == [1 + n % 7 for n in range(20)]
    assert "5 training examples are larger than training.batch_budget" in capsys.readouterr().out
    planning.say_plan(20, 10, order.steps(20), order)
    assert "steps of at most 5, padding included; training.epochs and training.batch_budget" in (
        capsys.readouterr().out
    )
