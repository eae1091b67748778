"""What TensorBoard is given: curves over steps, validation examples as text, pictures and sound, a profile."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from corpora import small
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from wav_files import wav

from keras_seq import pictures
from keras_seq.formats import Example
from keras_seq.pictures import Picture
from keras_seq.reading import Reader
from keras_seq.run import Run
from keras_seq.training import optimizers, tensorboard
from keras_seq.training.tensorboard import Profile, ShownExamples, StepScalars


def events(folder):
    found = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    found.Reload()
    return found


def values(folder, tag):
    """Of a tag: step -> value."""
    return {event.step: tf.make_ndarray(event.tensor_proto) for event in events(folder).Tensors(tag)}


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path / "run")
    run.logs.mkdir(parents=True)
    return run


@pytest.fixture
def network():
    keras.utils.set_random_seed(1)
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
    optimizer = optimizers.make(0.5, optimizer="sgd", gradient_clip=0.01, weight_averaging=0)
    network.compile(optimizer, loss="mse", jit_compile=False)
    return network


DATA = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")


def test_curves_over_steps_have_the_norm_of_the_gradients_before_they_are_clipped(network, run, monkeypatch):
    monkeypatch.setattr(tensorboard, "SECONDS", 0.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((network(DATA[0]) - DATA[1]) ** 2)
    norm = float(tf.linalg.global_norm(tape.gradient(loss, network.trainable_variables)))
    keeper = types.SimpleNamespace(epoch=2, steps=10, step=3)
    network.fit(*DATA, batch_size=4, verbose=0, callbacks=[StepScalars(run.logs, keeper)])
    assert norm > 0.01
    found = values(run.logs / "steps", "step/gradient_norm")
    assert {step: float(value) for step, value in found.items()} == {23: pytest.approx(norm, rel=1e-5)}
    assert float(values(run.logs / "steps", "step/learning_rate")[23]) == pytest.approx(0.5)


def test_the_norm_is_no_part_of_an_optimizers_state():
    optimizer = optimizers.make(0.5)
    optimizer.build([keras.Variable(1.0)])
    assert "norm" not in " ".join(variable.path for variable in optimizer.variables)


def test_examples_are_shown_as_the_answering_model_shows_them(run):
    model = small()

    def draw(path):
        with pictures.drawing():
            figure = pictures.new_figure(1, 1)
            figure.subplots()
            figure.savefig(path, dpi=20)

    model.pictures_of = lambda named: [Picture(named[0][0], "", draw, wav(np.zeros(800)))]
    tensorboard.show(run, 7, model, [Example("x", "a", "t:1"), Example("y", "b", "t:2")], ["x", "y"])
    text = values(run.logs / "examples", "examples")[7].item().decode()
    assert text.startswith("| truth | answer | input |")
    assert "| a | " in text
    width, height, png = values(run.logs / "examples", "input 1")[7][:3].tolist()
    assert (width, height) == (b"20", b"20")
    assert png.startswith(b"\x89PNG")
    assert values(run.logs / "examples", "input 1 sound")[7].ravel()[0].startswith(b"RIFF")


def test_examples_take_a_small_part_of_the_time(run, monkeypatch):
    shown, made = [], []
    monkeypatch.setattr(tensorboard, "show", lambda run, epoch, *_: shown.append(epoch))
    now = [0.0]
    monkeypatch.setattr(tensorboard, "time", types.SimpleNamespace(monotonic=lambda: now[0]))

    def present():
        made.append(now[0])
        now[0] += 4.0
        return small()

    callback = ShownExamples(run, present, [Example("x", "a", "t:1")] * 9, Reader())
    for epoch in range(12):
        callback.on_epoch_begin(epoch)
        now[0] += 10.0
        callback.on_test_end()
    assert made == [30.0]
    assert shown == [3, 8, 9, 10, 11, 12]  # 4 of 80 seconds are a twentieth


def test_what_cannot_be_shown_is_a_warning(run, capsys):
    tensorboard.show_last(run, 1, None, [Example("x", "a", "t:1")], ["x"])
    assert "warning: what TensorBoard shows of examples was left out" in capsys.readouterr().out


def test_a_profile_of_some_steps(network, run, capsys):
    data = [np.repeat(part, 8, axis=0) for part in DATA]
    network.fit(*data, batch_size=4, verbose=0, callbacks=[Profile(run.logs, 2)])
    assert "a profile of 2 steps is in" in capsys.readouterr().out
    assert list(run.logs.rglob("*.xplane.pb"))
