"""python -m keras_seq.inspect: the pictures are drawn of what the layer does, and mistakes are said."""

import shutil

import keras
import matplotlib.image
import numpy as np
import pytest
import tensorflow as tf

import keras_seq
from keras_seq import inspect
from keras_seq.catalogue import published
from keras_seq.run import Run

TEXT = "the plot is dull , but the music is superb"


def test_the_pictures_are_drawn(tiny_run, tmp_path, capsys):
    run = Run(shutil.copytree(tiny_run, tmp_path / "tiny"))
    assert inspect.main([str(run.path), TEXT]) == 0
    assert capsys.readouterr().out.split()[:2] == [str(run.gates_file), str(run.gradients_file)]
    for path in (run.gates_file, run.gradients_file):
        pixels = matplotlib.image.imread(path)
        assert min(pixels.shape[:2]) > 300
        assert len(np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)) > 50
    assert inspect.main([str(run.path), "", "--layer", "bidirectional_1"]) == 0


def test_an_unknown_layer_and_a_model_without_our_layer_are_refused(tiny_run, capsys):
    with pytest.raises(SystemExit, match="2"):
        inspect.main([str(tiny_run), TEXT, "--layer", "lstm_9"])
    assert "no LSTM layer 'lstm_9'; the model has bidirectional_1" in capsys.readouterr().err
    with pytest.raises(keras_seq.RecipeError, match="no keras_seq LSTM layer"):
        inspect._chosen({}, None)


def test_what_is_drawn_is_what_the_layer_read(tiny_run):
    model = keras_seq.load(tiny_run)
    layers = inspect._chosen(inspect._lstm_layers(model.network), None)
    drawn = inspect.inside(model, layers, TEXT)
    assert list(drawn) == list(layers) == ["forward", "backward"]
    for direction, reading in inspect._read(model, layers, TEXT).items():
        assert inspect._labels(model, TEXT, reading.sequences.shape[1]) == TEXT.split()
        ids = model.get_layer("word_ids")(tf.constant([TEXT]))
        network = next(one for one in model.layers if isinstance(one, keras.Model))
        np.testing.assert_allclose(reading.sequences, network.get_layer("embedding")(ids))
        last = drawn[direction]["hidden"][0 if direction == "backward" else -1]
        layers[direction].return_sequences = False
        np.testing.assert_allclose(last, layers[direction](reading.sequences)[0], atol=1e-6)
    assert inspect._labels(model, TEXT, 3) == ["1", "2", "3"]


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.5])
def test_the_gradient_of_a_plain_network_at_rest_grows_with_its_weights(gain):
    """At rest a step multiplies a gradient by the recurrent matrix alone, here `gain` times a rotation."""
    weights = keras.initializers.Orthogonal(gain, seed=1)
    layer = keras.layers.SimpleRNN(4, kernel_initializer="identity", recurrent_initializer=weights)
    norms = inspect.gradient_norms(layer, tf.zeros((1, 6, 4)))
    np.testing.assert_allclose(norms / norms[0], gain ** np.arange(6), rtol=1e-5)


def test_the_pictures_of_a_model_of_the_zoo_go_beside_the_runs(tmp_path, monkeypatch, capsys):
    """Where a package is installed may not be written to; neither is a run of that name touched."""
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in published()["sentiment"].iterdir())
    assert inspect.main(["sentiment", TEXT]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[:2] == [f"runs/sentiment.pictures/{n}.png" for n in ("gates", "gradients")]
    assert printed.endswith("python -m export sentiment\n")
    assert len(list((tmp_path / "runs" / "sentiment.pictures").iterdir())) == 2
    assert sorted(path.name for path in published()["sentiment"].iterdir()) == before
