"""The command line of a training: what it asks for, and how it is gone on with."""

import pytest

from keras_seq import train_command
from keras_seq.errors import RecipeError


def test_it_asks_for_a_recipe_and_a_run(recipe_file, tmp_path):
    words = [str(recipe_file), "--set", "training.epochs=3"]
    recipe, run = train_command.asked_for(train_command.parser().parse_args(words))
    assert recipe.training["epochs"] == 3
    assert str(run.path) == "runs/tiny"
    _, run = train_command.asked_for(
        train_command.parser().parse_args([*words, "--run", str(tmp_path / "run")])
    )
    assert run.path == tmp_path / "run"


@pytest.mark.parametrize("setting", ["training.epochs=0", "training.momentum=0.5"])
def test_a_wrong_recipe_is_refused(setting, recipe_file):
    with pytest.raises(RecipeError, match=setting.partition("=")[0]):
        train_command.asked_for(train_command.parser().parse_args([str(recipe_file), "--set", setting]))


def test_what_goes_on_does_not_start_over():
    command = train_command.again("keras_seq.train", ["a b.yaml", "--fresh", "--set", "training.epochs=3"])
    assert command == "python -m keras_seq.train 'a b.yaml' --set training.epochs=3"
