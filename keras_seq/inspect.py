"""python -m keras_seq.inspect RUN TEXT: pictures of what an LSTM of a run does while it reads a text.

    gates.png       the input, forget and output gates and the cell, unit by unit, word by word
    gradients.png   how far back a gradient reaches: this LSTM, a new one, and a plain recurrent network

They are written into the run; those of a model of the zoo into runs/NAME.pictures. docs/lstm.md shows both,
with the equations.
"""

from __future__ import annotations

import contextlib
import pathlib
import sys
from typing import TYPE_CHECKING

from keras_seq import environment, progress, reading
from keras_seq.command_line import RUN, CommandParser, proposed
from keras_seq.errors import RecipeError, user_errors
from keras_seq.formats import at
from keras_seq.run import Run, find, load

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

    from keras_seq.answers import Answering
    from keras_seq.layers import LSTM
    from keras_seq.layers.lstm import Reading

SHOWN = ("input_gate", "forget_gate", "output_gate", "cell")
MOST_LABELLED_STEPS = 60
LONGEST_DISTANCE = 100
PLAIN_GAINS = {1.1: "-.", 1.0: "--", 0.9: ":"}  # norm of a plain network's recurrent weights -> line
SHOWN_NORMS = (1e-6, 1e4)
DIRECTIONS = 16  # random directions of the last state that a gradient's norm is averaged over


def main(argv: list[str] | None = None) -> int:
    parser = CommandParser(
        "keras_seq.inspect",
        "Draw what an LSTM layer of a run does while it reads a text: gates.png and gradients.png.",
    )
    parser.add_argument("run", metavar="RUN", help=RUN)
    parser.add_argument("text", metavar="TEXT", help="what to read: a text, or the path of a file")
    parser.add_argument("--layer", metavar="NAME", help="which LSTM layer (default: the first)")
    arguments = parser.parse_args(argv)
    with user_errors():
        run = find(arguments.run).finished()
        to = _place(run)
        with progress.step("loading TensorFlow"):
            environment.import_keras()
        from keras_seq.pictures import drawing

        with progress.step("loading the model", at_once=False):
            model = load(run.path)
        layers = _chosen(_lstm_layers(model.network), arguments.layer)
        with progress.step("drawing", at_once=False):
            given = at(arguments.text) if model.takes_files else arguments.text
            raw = reading.contents(given, model.file_contents)
            to.path.mkdir(parents=True, exist_ok=True)
            _draw_gates(model, layers, raw, to)
            with drawing():
                inputs = next(iter(run.read_requests().values()))
                _draw_gradients(model, next(iter(layers.values())), inputs, to)
    print(f"{to.gates_file}\n{to.gradients_file}")
    print(f"next:\n  {proposed('export', run.called)}")
    return 0


def _place(run: Run) -> Run:
    """Where the pictures go: into the run, but nothing is written into a model that was published."""
    if not run.is_published:
        return run
    return Run(pathlib.Path("runs", f"{run.name}.pictures"))


def _lstm_layers(model: keras.Model) -> dict[str, dict[str, LSTM]]:
    """Name -> the layers of one direction or two, as `{"forward": ..., "backward": ...}`."""
    import keras

    from keras_seq.layers import LSTM

    found: dict[str, dict[str, LSTM]] = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found |= _lstm_layers(layer)
        elif isinstance(layer, LSTM):
            found[layer.name] = {"": layer}
        elif isinstance(layer, keras.layers.Bidirectional) and isinstance(layer.forward_layer, LSTM):
            found[layer.name] = {"forward": layer.forward_layer, "backward": layer.backward_layer}
    return found


def _chosen(found: dict[str, dict[str, LSTM]], name: str | None) -> dict[str, LSTM]:
    if not found:
        raise RecipeError(
            "the run's network has no keras_seq LSTM layer, alone or in a Bidirectional: nothing to draw"
        )
    if name is not None and name not in found:
        raise RecipeError(f"--layer: no LSTM layer {name!r}; the model has {', '.join(found)}")
    return found[name or next(iter(found))]


def _read(model: Answering, layers: dict[str, LSTM], text: str | bytes) -> dict[str, Reading]:
    """What each layer is given while the model, op by op, reads one text."""
    import tensorflow as tf

    with contextlib.ExitStack() as stack:
        readings = {direction: stack.enter_context(layer.recording()) for direction, layer in layers.items()}
        model(tf.constant([text]), training=False)
    return {direction: found[0] for direction, found in readings.items()}


def inside(model: Answering, layers: dict[str, LSTM], text: str | bytes) -> dict[str, dict[str, np.ndarray]]:
    """Direction -> name of `LSTM.gates` -> `(time, units)`, both directions from the text's first step to its
    last.
    """
    found = {}
    for direction, given in _read(model, layers, text).items():
        layer = layers[direction]
        gates = layer.gates(given.sequences, given.initial_state)
        values = {name: value[0].numpy() for name, value in gates.items()}
        found[direction] = {
            name: value[::-1] if layer.go_backwards else value for name, value in values.items()
        }
    return found


def _labels(model: Answering, text: str | bytes, steps: int) -> list[str]:
    """A label for each step: what the model reads in it, such as a word, or its number."""
    names = model.steps(text)
    return names if len(names) == steps else [str(step) for step in range(1, steps + 1)]


def _draw_gates(model: Answering, layers: dict[str, LSTM], text: str | bytes, to: Run) -> None:
    from keras_seq.pictures import drawing, one_line

    drawn = inside(model, layers, text)
    words = [one_line(word) for word in _labels(model, text, len(next(iter(drawn.values()))["cell"]))]
    with drawing(words):
        _gates(drawn, words, to)


def _gates(drawn: dict[str, dict[str, np.ndarray]], words: list[str], to: Run) -> None:
    import matplotlib.figure
    import numpy as np

    steps = len(words)
    largest = max(np.abs(values["cell"]).max() for values in drawn.values())
    width = max(4.0, min(0.32 * steps, 14.0) + 1.5)
    figure = matplotlib.figure.Figure(figsize=(width * len(drawn), 9.5), layout="constrained")
    axes = figure.subplots(len(SHOWN), len(drawn), squeeze=False, sharex=True)
    for column, (direction, values) in enumerate(drawn.items()):
        # Units that remember longest come first, in all four pictures of a direction.
        order = np.argsort(-values["forget_gate"].mean(axis=0))
        for row, name in enumerate(SHOWN):
            limits = {"vmin": -largest, "vmax": largest} if name == "cell" else {"vmin": 0, "vmax": 1}
            axis = axes[row][column]
            image = axis.imshow(
                values[name].T[order], aspect="auto", cmap="RdBu_r" if name == "cell" else "viridis", **limits
            )
            axis.set(title=f"{name.replace('_', ' ')}{', ' if direction else ''}{direction}", ylabel="unit")
            axis.set_yticks([])
            figure.colorbar(image, ax=axis, pad=0.01)
        every = -(-steps // MOST_LABELLED_STEPS)
        axes[-1][column].set_xticks(range(0, steps, every), words[::every], rotation=90, parse_math=False)
    figure.savefig(to.gates_file, dpi=120)


def _draw_gradients(model: Answering, layer: LSTM, inputs: list[str | bytes], to: Run) -> None:
    """The run's example inputs, strung together, give a sequence that is long enough."""
    import keras
    import matplotlib.figure
    import tensorflow as tf

    from keras_seq.layers import LSTM

    readings = [_read(model, {"": layer}, text)[""] for text in inputs]
    sequences = tf.concat([reading.sequences for reading in readings], axis=1)[:, :LONGEST_DISTANCE]
    keras.utils.set_random_seed(1)
    trained = LSTM(layer.units, name="trained")
    trained.build(sequences.shape)
    trained.set_weights(layer.get_weights())
    curves: dict[str, tuple[keras.layers.Layer, str, str]] = {
        "this LSTM": (trained, "-", "#0b6e99"),
        "an untrained LSTM": (LSTM(layer.units), "--", "#0b6e99"),
    }
    for gain, style in PLAIN_GAINS.items():
        weights = keras.initializers.Orthogonal(gain, seed=1)
        plain = keras.layers.SimpleRNN(layer.units, recurrent_initializer=weights)
        curves[f"an untrained plain RNN, recurrent weights of norm {gain}"] = plain, style, "#c1553b"
    figure = matplotlib.figure.Figure(figsize=(7, 4.5), layout="constrained")
    axis = figure.subplots()
    for label, (recurrent, style, color) in curves.items():
        norms = gradient_norms(recurrent, sequences)
        axis.semilogy(range(len(norms)), norms / norms[0], style, color=color, label=label)
    axis.set(
        title="How far back a gradient reaches",
        xlabel="steps back from the last",
        ylabel="norm, relative to the last",
    )
    axis.set_ylim(*SHOWN_NORMS)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    figure.savefig(to.gradients_file, dpi=120)


def gradient_norms(layer: keras.layers.Layer, sequences: tf.Tensor) -> np.ndarray:
    """Norms of the gradients of the last output by the inputs, by distance: `(time,)`, the last step first.

    Args:
        layer: a recurrent layer that gives the last output, `(batch, units)`.
        sequences: `(1, time, features)`; the norms are means over random directions of the output.
    """
    import tensorflow as tf

    directions = tf.random.stateless_normal((DIRECTIONS, layer.units), (1, 1))
    sequences = tf.repeat(sequences, DIRECTIONS, axis=0)
    layer.build(sequences.shape)

    with tf.GradientTape() as tape:
        tape.watch(sequences)
        along = tf.reduce_sum(layer(sequences) * directions)
    gradients = tape.gradient(along, sequences)
    return tf.reduce_mean(tf.norm(gradients, axis=-1), axis=0).numpy()[::-1]


if __name__ == "__main__":
    sys.exit(main())
