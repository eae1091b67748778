"""A `.keras` file without Keras: who wrote it; a copy of half the size that Keras opens as any other."""

import json
import zipfile

import keras
import numpy as np
import pytest

import keras_seq.answers  # noqa: F401  (it registers what the tiny run's file holds)
from keras_seq import keras_file


def with_config(path, to, change):
    """A copy of a file, with its configuration changed."""
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(to, "w") as written:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config)
            written.writestr(name, content)
    return to


def test_float16_weights_take_half_the_room_and_are_float32_in_use(tmp_path):
    """The values are those of float16; whole numbers stay as they are."""
    network = keras.Sequential([keras.Input((50,)), keras.layers.Dense(200), keras.layers.Dense(3)])
    whole, half = tmp_path / "whole.keras", tmp_path / "half.keras"
    network.save(whole)
    keras_file.copy(whole, half, half=True)
    assert half.stat().st_size < 0.55 * whole.stat().st_size
    opened = keras.saving.load_model(half)
    for variable, before in zip(opened.variables, network.variables, strict=True):
        assert variable.dtype == before.dtype == "float32"
        np.testing.assert_array_equal(variable.numpy(), before.numpy().astype("float16").astype("float32"))


def test_whole_numbers_and_what_float16_cannot_hold_stay(tmp_path):
    layer = keras.layers.Dense(2, use_bias=False)
    network = keras.Sequential([keras.Input((2,)), layer, keras.layers.Dropout(0.5, seed=7)])
    layer.set_weights([np.array([[1e5, 0.1], [0.2, 0.3]], "float32")])
    network.save(tmp_path / "whole.keras")
    keras_file.copy(tmp_path / "whole.keras", tmp_path / "half.keras", half=True)
    opened = keras.saving.load_model(tmp_path / "half.keras")
    for variable, before in zip(opened.variables, network.variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), before.numpy())


def test_a_model_with_words_in_it_answers_by_rounded_weights(tiny_run, tmp_path):
    keras_file.copy(tiny_run / "model.keras", tmp_path / "half.keras", half=True)
    half = keras.saving.load_model(tmp_path / "half.keras")
    whole = keras.saving.load_model(tiny_run / "model.keras")
    found, expected = (model(["the plot is dull", ""])["scores"].numpy() for model in (half, whole))
    np.testing.assert_allclose(found, expected, atol=1e-2)
    assert not np.array_equal(found, expected)


@pytest.mark.parametrize("half", [True, False])
def test_the_same_model_gives_the_same_bytes(half, tiny_run, tmp_path):
    for name in ("a", "b"):
        keras_file.copy(tiny_run / "model.keras", tmp_path / name, half=half)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_whole_copy_has_the_very_weights(tiny_run, tmp_path):
    keras_file.copy(tiny_run / "model.keras", tmp_path / "copy.keras", half=False)
    models = [keras.saving.load_model(path) for path in (tiny_run / "model.keras", tmp_path / "copy.keras")]
    for found, expected in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_file_says_which_version_wrote_it(tiny_run, tmp_path):
    def version(config, value):
        config["config"][keras_file.VERSION_KEY] = value

    path = tiny_run / "model.keras"
    new = with_config(path, tmp_path / "new.keras", lambda config: version(config, "0.9.1"))
    assert keras_file.written_by(new) == "0.9.1"
    old = with_config(path, tmp_path / "old.keras", lambda c: c["config"].pop(keras_file.VERSION_KEY, None))
    assert keras_file.written_by(old) == "before 0.3.0"


def test_what_is_no_model_of_ours_says_nothing(tmp_path):
    (tmp_path / "damaged.keras").write_bytes(b"PK")
    with zipfile.ZipFile(tmp_path / "empty.keras", "w") as archive:
        archive.writestr("x", "y")
    keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).save(tmp_path / "other.keras")
    for name in ("damaged", "empty", "other", "none"):
        assert keras_file.written_by(tmp_path / f"{name}.keras") == ""
