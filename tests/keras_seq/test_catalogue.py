"""What the package brings, by name: what exists is taken before it, and any text is no name but no error."""

import pathlib

import pytest

from keras_seq.catalogue import PRETRAINED, model_folder, published, zoo


def test_recipes_and_models_go_by_the_names_of_their_files():
    assert zoo()["sentiment"].name == "sentiment.yaml"
    assert published()["sentiment"] == PRETRAINED / "sentiment"


def test_a_name_is_a_model_of_the_zoo_unless_something_of_that_name_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert model_folder("sentiment") == PRETRAINED / "sentiment"
    (tmp_path / "sentiment").mkdir()
    assert model_folder("sentiment") == pathlib.Path("sentiment")


@pytest.mark.parametrize("text", ["runs/sentiment", "sentiment.keras", "nothing", "a" * 5000, ""])
def test_anything_else_is_a_path(text):
    assert model_folder(text) == pathlib.Path(text)


def test_a_folder_that_is_not_whole_is_no_model(tmp_path, monkeypatch):
    (tmp_path / "half").mkdir()
    monkeypatch.setattr("keras_seq.catalogue.PRETRAINED", tmp_path)
    assert published() == {}
    assert model_folder("half") == pathlib.Path("half")
