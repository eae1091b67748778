"""The trained models of the zoo: what is listed is there, whole, and answers as it did when it was published."""

import json
import re
import subprocess
import sys
import zipfile

import pytest
from corpora import PROJECT

import keras_seq
from benchmarks.zoo import close
from keras_seq.catalogue import published
from keras_seq.run import Run, find
from keras_seq.training import scoring

MODELS = keras_seq.list_models()
FILES = {"model.keras", "recipe.yaml", "metrics.json", "requests.json", "answers.json", "card.md"}


def test_the_list_says_what_there_is():
    assert [one.name for one in MODELS] == sorted(published())
    (sentiment,) = (one for one in MODELS if one.name == "sentiment")
    assert (sentiment.application, sentiment.languages, sentiment.score) == ("sentiment", ("en",), "accuracy")
    assert sentiment.value > 0.9
    assert 0.05 < sentiment.megabytes < 1


def test_the_list_is_made_without_tensorflow():
    code = """if True:
        import sys
        sys.argv, sys.orig_argv = ["-m"], ["python", "-m", "keras_seq.train"]  # as in a command of ours
        import keras_seq
        keras_seq.list_models()
        print({"tensorflow", "keras", "numpy"} & set(sys.modules))
    """
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.name)
def test_a_model_answers_as_it_did_when_it_was_published(model):
    run = find(model.name).finished()
    ((_, inputs),) = run.read_requests().items()
    expected = run.read_answers()
    found = scoring.asked(keras_seq.load(model.name), inputs)
    assert len(expected) == len(inputs) > 0
    for answer, before in zip(found, expected, strict=True):
        assert close(answer, before)


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.name)
def test_a_model_is_whole_and_names_no_place_of_this_machine(model):
    run = find(model.name)
    assert {path.name for path in run.path.iterdir()} >= FILES
    assert run.model_file.stat().st_size == round(model.megabytes * 1e6)
    texts = [
        path.read_text(encoding="utf-8")
        for path in run.path.iterdir()
        if path.suffix in (".yaml", ".json", ".md")
    ]
    with zipfile.ZipFile(run.model_file) as archive:
        texts.append(archive.read("config.json").decode())
    for text in texts:  # base64 of subwords has slashes too, but not at the beginning of a word
        assert not re.search(r"""(?<![\w.:/+=-])/\w[\w.-]*/\w""", text)
    if run.seen_file.exists():
        assert "fingerprints" in json.loads(run.seen_file.read_text(encoding="utf-8"))
    card = run.card_file.read_text(encoding="utf-8")
    for picture in run.path.glob("*.png"):
        assert f"({picture.name})" in card


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.name)
def test_the_recipe_of_a_model_is_one_that_can_be_trained(model):
    recipe = keras_seq.load_recipe(Run(published()[model.name]).recipe_file, check_files=False)
    assert recipe.application == model.application
    assert recipe.directory == "."
