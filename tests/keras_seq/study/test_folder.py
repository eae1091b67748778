"""A study's folder: begun once, gone on with by the same recipe and space alone."""

import re

import pytest
from studies import Small, write_recipe

from keras_seq.errors import RecipeError
from keras_seq.recipe import load_recipe
from keras_seq.study.folder import StudyFolder


def test_the_same_study_is_gone_on_with_and_another_one_is_refused(tmp_path):
    small = Small(tmp_path)
    again = {"space": small.space.written, "seed": 1, "fresh": False}
    small.folder.begin(small.recipe, **again)
    other = load_recipe(tmp_path / "tiny.yaml", overrides=["training.epochs=9"])
    with pytest.raises(RecipeError, match=re.escape("recipe.training.epochs was 4, is 9")):
        small.folder.begin(other, **again)
    with pytest.raises(RecipeError, match="seed was 1, is 2"):
        small.folder.begin(small.recipe, **{**again, "seed": 2})
    with pytest.raises(RecipeError, match=re.escape("space.model.units was None, is [1, 2]")):
        small.folder.begin(
            small.recipe, **{**again, "space": {**small.space.written, "model": {"units": [1, 2]}}}
        )
    cached = load_recipe(tmp_path / "tiny.yaml", overrides=["training.epochs=4", "training.cache=memory"])
    small.folder.begin(cached, **again)  # how files are read changes nothing


def test_fresh_removes_what_is_the_studys_and_nothing_else(tmp_path, another_process):
    small = Small(tmp_path)
    begin = {"recipe": small.recipe, "space": small.space.written, "seed": 1, "fresh": True}
    (small.folder.path / "notes.txt").write_text("mine", encoding="utf-8")
    (small.folder.trials / "0000").mkdir()
    other = another_process(small.folder.claim_file(0))
    with pytest.raises(RecipeError, match=f"another process, {other.pid}, is at work"):
        small.folder.begin(**begin)
    assert small.folder.run(0).path.exists()
    other.kill()
    other.wait()
    small.folder.begin(**begin)
    names = {path.name for path in small.folder.path.iterdir()}
    assert {"notes.txt", "study.yaml", "trials"} <= names
    assert not small.folder.run(0).path.exists()


def test_a_study_whose_beginning_or_removal_was_cut_short_is_begun(tmp_path):
    small = Small(tmp_path)
    for fresh in (False, False, True):
        small.folder.begin(small.recipe, small.space.written, 1, fresh)
        small.folder.recipes.rmdir()  # they are made after, and removed before, what makes the folder a study
        small.folder.trials.rmdir()
    small.folder.begin(small.recipe, small.space.written, 1, fresh=False)
    assert small.folder.recipes.is_dir()
    assert small.folder.trials.is_dir()


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path):
    recipe = load_recipe(write_recipe(tmp_path)[0])
    with pytest.raises(RecipeError, match="holds no study"):
        StudyFolder(tmp_path, "tiny").begin(recipe, {}, 1, fresh=True)
    assert {path.name for path in tmp_path.iterdir()} == {"tiny.yaml", "space.yaml", "corpus"}


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    recipe = load_recipe(write_recipe(tmp_path)[0])
    with pytest.raises(RecipeError, match="the study's folder cannot be written"):
        StudyFolder(tmp_path / "file" / "study", "tiny").begin(recipe, {}, 1, fresh=False)


def test_a_line_of_the_journal_that_was_cut_short_is_taken_off(tmp_path):
    folder = StudyFolder(tmp_path, "tiny")
    folder.mend_journal()  # where there is none
    folder.journal_file.write_bytes(b'{"a":1}\n{"b"')
    folder.mend_journal()
    assert folder.journal_file.read_bytes() == b'{"a":1}\n'
