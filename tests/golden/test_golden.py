"""Golden files: what older versions saved opens, and answers as it did when it was written."""

import json
import pathlib
import re
import zipfile

import keras
import numpy as np
import pytest
from golden import make

import keras_seq
from keras_seq import applications

GOLDEN = pathlib.Path(__file__).parent
VERSIONS = sorted(path.name for path in GOLDEN.iterdir() if re.fullmatch(r"\d+\.\d+\.\d+", path.name))
FILES = [(version, path.stem) for version in VERSIONS for path in sorted((GOLDEN / version).glob("*.keras"))]


def config_of(file):
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("config.json"))["config"]


def test_the_version_of_the_project_has_golden_files():
    assert keras_seq.__version__ in VERSIONS, (
        f"python tests/golden/make.py {keras_seq.__version__} writes them"
    )
    written = {name for version, name in FILES if version == keras_seq.__version__}
    assert written == set(applications.APPLICATIONS)


@pytest.mark.parametrize("load", [keras.saving.load_model, keras_seq.load], ids=["keras", "keras_seq"])
@pytest.mark.parametrize(("version", "name"), FILES)
def test_a_file_of_any_version_answers_as_when_it_was_written(version, name, load):
    """Texts are equal; numbers to 1e-5."""
    golden = json.loads((GOLDEN / version / "answers.json").read_text(encoding="utf-8"))[name]
    found = make.plain(load(GOLDEN / version / f"{name}.keras")(make.raw(name, golden["inputs"])))
    assert found.keys() == golden["answers"].keys()
    for output, expected in golden["answers"].items():
        if np.asarray(expected).dtype.kind == "f":
            np.testing.assert_allclose(found[output], expected, rtol=1e-5, atol=1e-5)
        else:
            assert found[output] == expected


@pytest.mark.parametrize(("version", "name"), FILES)
def test_files_say_which_version_wrote_them_since_0_3(version, name):
    assert config_of(GOLDEN / version / f"{name}.keras").get("keras_seq_version") == (
        None if version == "0.2.0" else version
    )


def test_what_is_saved_again_has_the_version_that_saves(tmp_path):
    keras_seq.load(GOLDEN / "0.2.0" / "sentiment.keras").save(tmp_path / "again.keras")
    assert config_of(tmp_path / "again.keras")["keras_seq_version"] == keras_seq.__version__
    keras_seq.load(tmp_path / "again.keras")


def test_golden_files_are_not_written_again(capsys):
    assert make.main(["0.2.0"]) == 2
    assert "0.2.0 is there already" in capsys.readouterr().err
    assert make.main([]) == 2
