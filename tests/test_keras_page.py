"""docs/keras.md: its own pieces of Python and its commands, in its order, on a tiny run."""

import shutil

import docs_check
import keras
import numpy as np
import pages
import pytest
from corpora import model_by_chance
from pages import PROJECT

import keras_seq

PAGE = PROJECT / "docs" / "keras.md"


@pytest.fixture(scope="module")
def names(tiny_run, tmp_path_factory):
    """What the page's Python leaves behind, run where runs/sentiment is a tiny run of zoo/sentiment.yaml."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(tiny_run, folder / "runs" / "sentiment")
    (folder / "zoo").mkdir()
    shutil.copy(tiny_run / "recipe.yaml", folder / "zoo" / "sentiment.yaml")
    check = docs_check.Check(folder)
    check.environment["PYTHONPATH"] = str(PROJECT)
    found = {"__name__": "page", "folder": folder}
    keras.utils.set_random_seed(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in pages.blocks(PAGE):
            assert not block.skipped
            if block.language == "python":
                exec(compile(block.text, block.where, "exec"), found)
            for command in block.commands:
                assert check.run(command) == ""
    return found


def test_the_model_is_asked(names):
    assert names["answers"].keys() == {"label", "score", "labels", "scores"}
    assert names["answers"]["label"].shape == (30,)
    assert set(names["labels"]) <= {"negative", "positive"}


def test_features_are_the_outputs_of_layers(names):
    assert names["vectors"].shape == (30, 8)
    assert names["by_word"].shape == (1, 3, 8)
    np.testing.assert_allclose(names["same_vectors"], names["vectors"], atol=1e-6)


def test_what_was_fine_tuned_is_answered_and_saved(names):
    model, texts = names["again"], ["no film for my aunt", "one for a rainy day"]
    assert model(texts)["label"].numpy().tolist() == [b"negative", b"positive"]
    before = keras_seq.load(names["folder"] / "runs" / "sentiment")(texts)["scores"]
    assert not np.allclose(model(texts)["scores"], before, atol=1e-3)
    copied = keras_seq.load(names["folder"] / "runs" / "tuned")(texts)["scores"]
    np.testing.assert_allclose(copied, model(texts)["scores"], atol=1e-6)


def test_what_is_wrong_is_said_as_on_the_page(names):
    (line,) = (line for line in PAGE.read_text(encoding="utf-8").split("\n") if "complaint = " in line)
    assert line.endswith(f"# {names['complaint']}")
    assert names["scores"].keys() == {"accuracy", "loss"}


def test_a_loaded_network_is_trained_with_dropout(names):
    ids = names["model"].preprocess(["a fine film"] * 8)
    noisy = names["model"].network(ids, training=True).numpy()
    assert np.ptp(noisy, axis=0).max() > 1e-3
    assert np.ptp(names["model"].network(ids).numpy(), axis=0).max() < 1e-6


def test_another_last_layer_and_a_network_of_ones_own_work(names):
    assert names["rating"](names["model"].preprocess(["a film"])).shape == (1, 5)
    mine = keras_seq.load(names["folder"] / "mine.keras")
    assert mine.classes == ["bad", "good", "neither"]
    np.testing.assert_allclose(mine(["a table"])["scores"], names["mine"](["a table"])["scores"], atol=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda names: names["network"].fit(["a text"], np.array([0])), "Unrecognized data type: x=\\['"),
        (
            lambda names: names["network"](["a", "b"]),
            r"expects 1 named input\(s\) .* received 2 input tensors",
        ),
        (lambda names: names["network"].fit(np.array([[2]]), np.array(["bad"])), "Invalid dtype: str"),
        (
            lambda names: names["model"].preprocessing(["a"]),
            "Only input tensors may be passed as positional arguments",
        ),
    ],
    ids=["texts", "call", "labels", "layer"],
)
def test_keras_says_what_the_page_says_that_it_says(given, message, names):
    with pytest.raises(ValueError, match=message):
        given(names)


@pytest.mark.parametrize("name", ["ner", "translation"])
def test_the_pages_of_taggers_and_translators_train_their_networks(name, tmp_path, monkeypatch):
    """Their pieces of Python, on a run that has weights by chance."""
    model = model_by_chance(name, monkeypatch, tmp_path / "cache")
    run = tmp_path / "runs" / name
    run.mkdir(parents=True)
    for file in ("recipe.yaml", "metrics.json"):
        (run / file).write_text("{}", encoding="utf-8")
    model.save(run / "model.keras")
    monkeypatch.chdir(tmp_path)
    found = {"__name__": "page"}
    for block in pages.blocks(PROJECT / "docs" / f"{name}.md"):
        if block.language == "python":
            exec(compile(block.text, block.where, "exec"), found)
    tuned = keras_seq.load(f"tuned_{name}.keras")
    texts = ["The boys are late."]
    np.testing.assert_allclose(tuned(texts)["scores"], found["model"](texts)["scores"], atol=1e-6)
    assert not np.allclose(tuned(texts)["scores"], model(texts)["scores"], atol=1e-4)
