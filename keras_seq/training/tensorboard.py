"""What TensorBoard shows of a training: scores an epoch, the learning rate and the norm of the gradients within it,
validation examples with their answers as text, pictures and sound, and a profile of some steps.
"""

from __future__ import annotations

import itertools
import pathlib
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_seq import pictures, progress
from keras_seq.answers import Answering
from keras_seq.contract import Objective
from keras_seq.formats import Example
from keras_seq.pictures import Picture
from keras_seq.reading import Reader
from keras_seq.run import Run
from keras_seq.training import card_parts, scoring
from keras_seq.training.models import Models
from keras_seq.training.optimizers import innermost
from keras_seq.training.state import StateKeeper

SECONDS = 1.0  # between two points of a curve within an epoch
SHOWN_EXAMPLES = 4
SHARE = 0.05  # of the time of a training that showing examples may take
FIRST_SHOWN_SECONDS = (
    30.0  # from when on it may; before, a graph would be made for a training that is soon over
)
STEPS_BEFORE_PROFILE = 3  # in which graphs are made and memory is taken


class StepScalars(keras.callbacks.Callback):
    """Curves over steps: the loss, averaged over the epoch so far, the learning rate, and the norm of all gradients
    together, before they are clipped: its mean and its largest since the last point. After the keeper.

    Args:
        logs: TensorBoard's folder.
        keeper: knows the step.
    """

    def __init__(self, logs: pathlib.Path, keeper: StateKeeper) -> None:
        super().__init__()
        self._writer = tf.summary.create_file_writer(str(logs / "steps"))
        self._keeper = keeper
        self._norms: list[float] = []
        self._written = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        optimizer = innermost(self.model.optimizer)
        self._norms.append(float(optimizer.gradient_norm.numpy()))
        if time.monotonic() - self._written < SECONDS:
            return
        self._written = time.monotonic()
        values = {
            "loss": float((logs or {}).get("loss", 0.0)),
            "learning_rate": float(keras.ops.convert_to_numpy(optimizer.learning_rate)),
            "gradient_norm": sum(self._norms) / len(self._norms),
            "largest_gradient_norm": max(self._norms),
        }
        self._norms = []
        step = self._keeper.epoch * self._keeper.steps + self._keeper.step
        with self._writer.as_default(step):
            for name, value in values.items():
                tf.summary.scalar(f"step/{name}", value)

    def on_train_end(self, logs: Any = None) -> None:
        self._writer.flush()


class ShownExamples(keras.callbacks.Callback):
    """The first validation examples and how they are answered, after epochs; it takes at most a twentieth of the time
    of a training. Before the keeper: the weights are then those that are scored.

    Args:
        run: whose logs they go to.
        present: makes the answering model of the network that is trained.
        validation: the split.
        reader: reads the files of inputs.
    """

    def __init__(
        self, run: Run, present: Callable[[], Answering], validation: Iterable[Example], reader: Reader
    ) -> None:
        super().__init__()
        self._run, self._present, self._validation, self._reader = run, present, validation, reader
        self._model: Answering | None = None
        self._shown: tuple[list[Example], list[str | bytes]] = ([], [])
        self._epoch, self._spent, self._begun = 0, 0.0, time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_test_end(self, logs: Any = None) -> None:
        now = time.monotonic()
        if now - self._begun < FIRST_SHOWN_SECONDS or self._spent > SHARE * (now - self._begun):
            return
        with pictures.spared("what TensorBoard shows of examples"):
            if self._model is None:
                self._model = self._present()
                self._shown = self._reader.read(list(itertools.islice(self._validation, SHOWN_EXAMPLES)))
            show(self._run, self._epoch + 1, self._model, *self._shown)
        self._spent += time.monotonic() - now


class Profile(keras.callbacks.Callback):
    """Writes a profile of some steps, for TensorBoard's plugin.

    Args:
        logs: TensorBoard's folder.
        steps: how many.
    """

    def __init__(self, logs: pathlib.Path, steps: int) -> None:
        super().__init__()
        self._logs, self._steps, self._begun = logs, steps, 0
        self._is_on = False

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._begun += 1
        if self._begun == STEPS_BEFORE_PROFILE + 1:
            self._is_on = True
            tf.profiler.experimental.start(str(self._logs))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._is_on and self._begun == STEPS_BEFORE_PROFILE + self._steps:
            self._end()

    def on_train_end(self, logs: Any = None) -> None:
        if self._is_on:
            self._end()

    def _end(self) -> None:
        self._is_on = False
        with progress.step("writing the profile", at_once=False):
            tf.profiler.experimental.stop()
        progress.say(
            f"a profile of {self._begun - STEPS_BEFORE_PROFILE} steps is in {self._logs}: pip install "
            f"tensorboard-plugin-profile, then tensorboard --logdir {self._logs}"
        )


def beside(
    run: Run,
    models: Models,
    objective: Objective,
    validation: Iterable[Example],
    reader: Reader,
    profiled: int,
) -> list[keras.callbacks.Callback]:
    """What goes along with a training: its examples are shown, and steps of it profiled where that is asked for."""
    shown = ShownExamples(run, lambda: models.of_training(objective.watched or {}), validation, reader)
    return [shown, *([Profile(run.logs, profiled)] if profiled else [])]


def show_last(
    run: Run, epoch: int, model: Answering, examples: Sequence[Example], inputs: Sequence[str | bytes]
) -> None:
    """Write how the model of a run answers some of its examples; see `show`. What cannot be shown is a warning."""
    with pictures.spared("what TensorBoard shows of examples"):
        show(run, epoch, model, examples[:SHOWN_EXAMPLES], inputs[:SHOWN_EXAMPLES])


def show(
    run: Run, epoch: int, model: Answering, examples: Sequence[Example], inputs: Sequence[str | bytes]
) -> None:
    """Write examples and how a model answers them: a table as text, and the pictures and sounds that it has of them.

    Args:
        run: whose logs they go to.
        epoch: after which the model answers so, from 1.
        model: the answering model.
        examples: of a split.
        inputs: their raw inputs, as the model takes them.
    """
    if not examples:
        return
    answers = scoring.asked(model, inputs)
    judged = [
        (scoring.as_answered(example, model), answer)
        for example, answer in zip(examples, answers, strict=True)
        if not model.problem_of(answer)
    ]
    table = model.worst_examples(judged)
    text = card_parts.table(table.columns, [[*map(card_parts.cell, row)] for row in table.rows])
    named = [
        (f"input {number}", example, raw)
        for number, (example, raw) in enumerate(zip(examples, inputs, strict=True), 1)
    ]
    writer = tf.summary.create_file_writer(str(run.logs / "examples"))
    with writer.as_default(epoch):
        tf.summary.text("examples", text)
        for picture in [*model.pictures(list(inputs)), *model.pictures_of(named)]:
            _write(picture)
    writer.close()


def _write(picture: Picture) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "picture.png")
        picture.draw(file)
        pixels = tf.io.decode_png(file.read_bytes(), channels=3)
    tf.summary.image(picture.name, pixels[tf.newaxis], description=picture.about)
    if picture.sound:
        sound = tf.audio.decode_wav(picture.sound)
        tf.summary.audio(
            f"{picture.name} sound", sound.audio[tf.newaxis], int(sound.sample_rate), encoding="wav"
        )
