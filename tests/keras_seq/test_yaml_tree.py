"""YAML files and overrides in one tree."""

import pytest

from keras_seq.errors import RecipeError
from keras_seq.yaml_tree import Tree


def test_a_later_file_overrides_keys_and_each_key_knows_its_place(tmp_path):
    (tmp_path / "a.yaml").write_text("model: {units: 1, layers: 2}\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("# a comment\nmodel:\n  units: 010\n", encoding="utf-8")
    tree = Tree()
    for name in ("a.yaml", "b.yaml"):
        tree.merge_file(tmp_path / name)
    tree.merge_override("model.layers=3")
    assert tree.values == {"model": {"units": 10, "layers": 3}}, "and 010 is 10 in YAML 1.2"
    assert tree.place("model", "units") == f"{tmp_path / 'b.yaml'}:3"
    assert tree.place("model", "layers") == "--set model.layers=3"
    assert tree.place("nothing", "at all") == f"{tmp_path / 'a.yaml'}:1"


@pytest.mark.parametrize("content", ["- a list\n", "a: [\n", "a: 1\na: 2\n"])
def test_what_is_no_mapping_is_one_sentence_with_its_line(content, tmp_path):
    (tmp_path / "a.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"a\.yaml:\d"):
        Tree().merge_file(tmp_path / "a.yaml")
