"""The `.keras` files of this project are safe to open: no code in them, nothing but Keras's and our own classes."""

import json
import zipfile

import keras
import pytest
from corpora import PROJECT

import keras_seq.answers  # noqa: F401  (it registers what the files hold)

FILES = sorted([*PROJECT.glob("tests/golden/*/*.keras"), *PROJECT.glob("zoo/pretrained/*/model.keras")])
PARTS = {"config.json", "metadata.json", "model.weights.h5"}
CODE = ("__lambda__", "Lambda", "__typespec__")


def objects(tree):
    """Every dict of a config that names a class."""
    if isinstance(tree, dict):
        if "class_name" in tree:
            yield tree
        for value in tree.values():
            yield from objects(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from objects(value)


def unsafe(config):
    """What of a config is neither Keras's nor registered by keras_seq, or may hold code."""
    found = []
    for one in objects(config):
        name, module = one["class_name"], one.get("module")
        ours = str(one.get("registered_name")).startswith("keras_seq>")
        # What was registered has no module, or, where Keras notes one, that of ours which defines it.
        known = module in ("keras", "builtins", None) or module.startswith("keras.")
        if name in CODE or not (known or (ours and module.startswith("keras_seq."))):
            found.append((module, name))
        if module is None and not (ours or name.startswith("__keras_tensor__")):
            found.append((module, name))
    return found


def test_there_are_files():
    assert len(FILES) >= 6


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_file_holds_no_code(path):
    """And no pickle: the archive is two texts and the weights."""
    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == PARTS
        assert archive.testzip() is None
        text = archive.read("config.json").decode()
    assert not [word for word in CODE if f'"{word}"' in text]
    assert unsafe(json.loads(text)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_file_opens_in_safe_mode(path):
    assert keras.saving.load_model(path, safe_mode=True).network is not None


@pytest.mark.parametrize(
    "part",
    [
        {"class_name": "Lambda", "module": "keras.layers", "config": {}},
        {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}},
        {"class_name": "function", "module": "os", "config": "system", "registered_name": "function"},
        {"class_name": "Layer", "module": "tests.tone", "registered_name": "tests>Layer"},
        {"class_name": "Layer", "module": None, "registered_name": "other>Layer"},
    ],
    ids=["layer", "function", "module", "package", "registered"],
)
def test_what_is_not_safe_is_found(part):
    config = {"class_name": "Dense", "module": "keras.layers", "config": {"layers": [{"kept": part}]}}
    assert unsafe(config) == [(part.get("module"), part["class_name"])] * len(unsafe(config)) != []
