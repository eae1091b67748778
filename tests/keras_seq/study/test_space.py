"""What is tried of a recipe's keys: read, and refused with file:line and the nearest name."""

import optuna
import pytest
from corpora import PROJECT

from keras_seq.errors import RecipeError
from keras_seq.recipe import load_recipe
from keras_seq.study.space import Choices, Range, load_space


@pytest.fixture
def recipe():
    return load_recipe(PROJECT / "zoo" / "sentiment.yaml")


@pytest.fixture
def space(recipe, tmp_path):
    def read(text):
        path = tmp_path / "space.yaml"
        path.write_text(text, encoding="utf-8")
        return load_space(path, recipe)

    return read


def test_lists_and_ranges_become_what_optuna_tries(space):
    found = space(
        "model: {units: {low: 32, high: 128, step: 32}, dropout: {low: 0, high: 0.5}, pooling: [max, last]}\n"
        "training: {learning_rate: {low: 0.001, high: 1, log: true}, gradient_clip: [null, 1.0]}\n"
    )
    assert found.dimensions == {
        "model.units": Range(32, 128, 32, False, True),
        "model.dropout": Range(0, 0.5, None, False, False),
        "model.pooling": Choices(["max", "last"]),
        "training.learning_rate": Range(0.001, 1, None, True, False),
        "training.gradient_clip": Choices([None, 1.0]),
    }
    params = {"model.units": 96, "model.dropout": 0.25, "model.pooling": '"last"'}
    params |= {"training.learning_rate": 0.5, "training.gradient_clip": "null"}
    assert found.suggested(optuna.trial.FixedTrial(params)) == {
        **{"model.units": 96, "model.dropout": 0.25, "model.pooling": "last"},
        **{"training.learning_rate": 0.5, "training.gradient_clip": None},
    }


def test_whole_ends_are_whole_numbers_only_where_the_key_takes_no_others(space):
    found = space(
        "model: {layers: {low: 1, high: 3}}\ntraining: {gradient_clip: {low: 1, high: 3}}\n"
    ).dimensions
    assert found["model.layers"].whole
    assert not found["training.gradient_clip"].whole


def test_the_recipes_own_values_are_known_where_they_are_in_the_space(space, recipe):
    found = space(
        "model: {units: [32, 64], dropout: {low: 0.4, high: 0.5}, layers: {low: 1, high: 2}}\n"
        "training: {batch_size: {low: 60, high: 70, step: 5}, epochs: {low: 2, high: 10, step: 4}}\n"
    )
    assert found.encoded(recipe) == {"model.units": "64", "model.layers": 1, "training.epochs": 6}


MISTAKES = {
    "unknown key": ("model: {unit: [1, 2]}", ":1: model.unit: unknown key (given 1); did you mean 'units'?"),
    "unknown key of a range": ("model: {unit: {low: 1, high: 2}}", "did you mean 'units'?"),
    "number as a key": ("model: {1: [1, 2]}", ":1: model.1: unknown key"),
    "unknown section": ("modle: {units: [1, 2]}", ":1: modle: unknown section; did you mean 'model'?"),
    "data": ("data: {split_seed: [1, 2]}", ":1: data: is not searched: the trials are compared by"),
    "serving": ("serving: {beam_size: [1, 2]}", ":1: serving: is not searched"),
    "no keys": ("model: 3", ":1: model: expected keys"),
    "wrong choice": ("model: {pooling: [max, lats]}", "given 'lats'"),
    "wrong type": ("model: {units: [8, many]}", ":1: model.units: given 'many', expected"),
    "wrong end": ("model: {units: {low: 0, high: 8}}", ":1: model.units: given 0"),
    "fraction of a whole": ("model: {units: {low: 1, high: 8.5}}", "model.units: given 8.5"),
    "one value": ("model: {units: [8]}", "expected at least two different values"),
    "same twice": ("model: {units: [8, 8]}", "expected at least two different values"),
    "a value alone": ("model: {units: 8}", "given 8, expected a list of values or a range"),
    "other mapping": ("model: {units: {min: 1}}", "expected a list of values or a range"),
    "range misspelt": ("model: {units: {low: 1, hihg: 8}}", "a range has no 'hihg'; did you mean 'high'?"),
    "no high": ("model: {units: {low: 1}}", "high: given None, expected a number"),
    "high below": ("model: {units: {low: 8, high: 1}}", "low (8) is not below high (1)"),
    "step over": ("model: {units: {low: 1, high: 8, step: 2}}", "high (8) is not reached from low (1)"),
    "step zero": ("model: {units: {low: 1, high: 8, step: 0}}", "is not reached"),
    "log of 0": ("model: {dropout: {low: 0, high: 0.5, log: true}}", "log: true is for numbers above 0"),
    "log no truth": (
        "model: {dropout: {low: 0.1, high: 0.5, log: 3}}",
        "log: given 3, expected true or false",
    ),
    "not together": (
        "training: {optimizer: [adam, adamw], weight_decay: [0.1, 0.2]}",
        "Adam with a decay of weights is optimizer: adamw (of the trials with optimizer: adam, weight_decay: 0.1)",
    ),
    "several processes": (
        "training: {distribution: [none, multi_worker]}",
        "training.distribution: multi_worker: a trial is one process",
    ),
    "nothing": ("model: {}", "names no key to be tried"),
    "a list": ("[1]", "a space of values is a mapping (model: ..., training: ...)"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_line(mistake, space):
    text, expected = MISTAKES[mistake]
    with pytest.raises(RecipeError) as error:
        space(text + "\n")
    assert expected in str(error.value)
    assert "space.yaml" in str(error.value)


def test_all_mistakes_are_told_at_once(space):
    with pytest.raises(
        RecipeError, match=r"(?s)2 problems in the space:.*:1: model\.unit: .*:2: training\.epoch:"
    ):
        space("model: {unit: [1, 2]}\ntraining: {epoch: [1, 2]}\n")


def test_a_missing_space(recipe, tmp_path):
    with pytest.raises(RecipeError, match="no such space of values"):
        load_space(tmp_path / "none.yaml", recipe)
