"""The tables of results are made of the cards, and are not stale."""

import pytest
from corpora import PROJECT

from benchmarks import zoo, zoo_tables
from keras_seq.catalogue import published


def test_the_tables_are_those_of_the_cards():
    """What is stale is written by python -m benchmarks.zoo_tables."""
    for path, text in zoo_tables.made().items():
        assert path.read_text(encoding="utf-8") == text, path.name


def test_a_stale_table_is_found_and_written(tmp_path, monkeypatch, capsys):
    (tmp_path / "zoo").mkdir()
    (tmp_path / "benchmarks").mkdir()
    for name in ("README.md", "zoo/README.md", "benchmarks/published.yaml"):
        text = (PROJECT / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("MB |", "GB |"), encoding="utf-8")
    monkeypatch.setattr(zoo_tables, "PROJECT", tmp_path)
    assert zoo_tables.main(["--check"]) == 1
    assert zoo_tables.main([]) == 0
    assert zoo_tables.main(["--check"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "stale: README.md, zoo/README.md"
    assert (tmp_path / "README.md").read_text() == (PROJECT / "README.md").read_text()


def test_every_recipe_of_the_zoo_has_a_trained_model_and_every_model_its_recipe():
    recipes = {path.stem for path in (PROJECT / "zoo").glob("*.yaml")}
    assert set(published()) == recipes
    assert all(zoo_tables.beside(name)["data"] for name in recipes)


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ({"a": [1.0, "x"]}, {"a": [1.00001, "x"]}, True),
        ({"a": [1.0, "x"]}, {"a": [1.1, "x"]}, False),
        ({"a": [1.0, "x"]}, {"a": [1.0, "y"]}, False),
        ({"a": [1.0]}, {"a": [1.0, 2.0]}, False),
        ({"a": 1}, {"b": 1}, False),
    ],
)
def test_answers_are_alike_but_for_the_last_digits_of_numbers(found, expected, same):
    assert zoo.close(found, expected) is same
