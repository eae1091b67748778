"""A recipe that names its data alone learns from little of it: what counts is steps, and they follow the
size.
"""

import pytest

from keras_seq import train
from keras_seq.applications import functions
from keras_seq.formats import Example
from keras_seq.run import Run, load
from keras_seq.training import epochs, scoring

COPIES = 8  # of every example: with fewer steps than a user's, and few epochs, a test is over soon
NOUNS = ["plot", "cast", "music", "ending", "camera", "script", "dialogue", "story"]
ADJECTIVES = {"bad": ["dull", "awful"], "fair": ["passable", "ordinary"], "good": ["superb", "moving"]}
PEOPLE, TOWNS = ["Ada", "Bo", "Cem", "Dora", "Eli", "Fay"], ["Rome", "Oslo", "Lima", "Kyiv", "Bonn", "Graz"]
WORDS = {"the": "le", "dog": "chien", "cat": "chat", "cook": "cuisinier", "sees": "voit", "hears": "entend"}


@pytest.fixture(autouse=True)
def fewer_steps(monkeypatch):
    monkeypatch.setattr(epochs, "LEAST_STEPS", 500)


def learned(application, folder, name, text, settings, capsys):
    """The run of a recipe with `data:` alone (and a network that is small, for speed)."""
    (folder / name).write_text(text * COPIES, encoding="utf-8")
    recipe = folder / "r.yaml"
    recipe.write_text(
        f"application: {application}\ndata: {{directory: {folder}, train: {name}, validation: 0.15}}\n"
        f"model: {{{settings}}}\n",
        encoding="utf-8",
    )
    run = Run(folder / "run")
    assert train.main([str(recipe), "--run", str(run.path)]) == 0
    printed = capsys.readouterr().out
    found = run.read_metrics()["training"]
    assert f"{found['examples']} examples: {found['epochs']} epochs of " in printed
    assert f"steps of {found['batch_size']}; training.epochs and training.batch_size say otherwise" in printed
    assert f"{found['batch_size']} examples a step" in run.card_file.read_text(encoding="utf-8")
    return run


def test_three_classes_are_learned(tmp_path, capsys):
    pairs = [
        (f"the {noun} was {word}", label)
        for label, words in ADJECTIVES.items()
        for noun in NOUNS
        for word in words
    ]
    rows = "".join(f"{text}\t{label}\n" for text, label in pairs)
    run = learned("sentiment", tmp_path, "t.tsv", rows, "embedding_dim: 16, units: 8", capsys)
    asked = load(run.path)([f"it was {word}" for words in ADJECTIVES.values() for word in words])[
        "label"
    ].numpy()
    assert [label.decode() for label in asked] == [
        label for label, words in ADJECTIVES.items() for _ in words
    ]


def test_entities_are_learned(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(epochs, "LEAST_EPOCHS", 5)
    monkeypatch.setattr(epochs, "LEAST_STEPS", 300)
    sentences = [f"{p} B-per\nlives O\nin O\n{t} B-loc\n. O\n" for p in PEOPLE for t in TOWNS]
    run = learned(
        "ner", tmp_path, "t.conll", "\n".join([*sentences, ""]), "embedding_dim: 16, units: 8", capsys
    )
    assert run.read_metrics()["validation"]["f1"] > 0.9
    tags = load(run.path)(["Ada lives in Lima ."])["tags"].numpy()[0]
    assert [tag.decode() for tag in tags] == ["B-per", "O", "O", "B-loc", "O"]


def test_translations_are_learned(tmp_path, capsys):
    sentences = [
        f"the {a} {verb} the {b}"
        for a in ("dog", "cat", "cook")
        for verb in ("sees", "hears")
        for b in ("dog", "cat", "cook")
    ]
    pairs = [(text, " ".join(WORDS[word] for word in text.split())) for text in sentences]
    rows = "".join(f"{text}\t{translation}\n" for text, translation in pairs)
    run = learned("translation", tmp_path, "t.tsv", rows, "embedding_dim: 32, units: 24", capsys)
    examples = [Example(*pair, str(place)) for place, pair in enumerate(pairs)]
    objective = functions("translation").objective()
    assert scoring.score(load(run.path), examples, objective).metrics["chrf"] > 80


@pytest.mark.parametrize("application", ["sentiment", "ner", "translation"])
def test_only_what_is_left_out_follows_the_size(application):
    keys = functions(application).objective.__kwdefaults__
    assert "monitor" in keys
    assert not {"epochs", "batch_size"} & set(keys)
