"""An application of a new kind, in this file alone: WAV bytes of a tone in noise -> its pitch class.

It stands for applications whose inputs are files: `tests/test_new_applications.py` puts it through everything.
"""

from __future__ import annotations

import gzip
import io
import pathlib
import wave
import zlib
from collections.abc import Iterable
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from pydantic import PositiveInt

from keras_seq import splits
from keras_seq.answers import Answering, Problems, RankedLabels
from keras_seq.contract import Known, Objective, Preprocessing
from keras_seq.errors import DataError
from keras_seq.formats import Example, Referenced, Table
from keras_seq.layers import LSTM
from keras_seq.metrics import LabelScorer
from keras_seq.sections import ExistingPath, InputColumn, Part, Seed

PITCHES = {"c": 261.63, "e": 329.63, "g": 392.00, "b": 493.88}  # Hz
RATE = 4000  # samples a second
FRAME, STEP = 128, 64  # samples
BINS = FRAME // 2 + 1
HEADER = 44  # bytes before the samples, in the form that `wave` writes
SIZES = {"num_classes": 4}


def read(
    split: str,
    *,
    train: ExistingPath,
    validation: ExistingPath | Part = 0.2,
    test: ExistingPath | None = None,
    audio: InputColumn = 0,
    label: PositiveInt = 1,
    split_seed: Seed = 1,
) -> Iterable[Example] | None:
    """The sounds of a table: paths from its folder, and pitch classes."""
    paths = splits.places("files", pathlib.Path, "", train=train, validation=validation, test=test)

    def of(path: str) -> Iterable[Example]:
        return Referenced(Table(path, audio, label), str(pathlib.Path(path).parent))

    return splits.examples(split, paths, of, split_seed, lambda example: example.truth)


def prepare(
    examples: Iterable[Example], known: Known | None = None, *, scale: PositiveInt = 1
) -> Preprocessing:
    """WAV bytes -> the spectrum of each frame; pitch class -> one-hot."""
    labels = [example.truth for example in examples]
    classes = sorted(set(labels))
    one_hot = keras.layers.StringLookup(vocabulary=classes, num_oov_indices=0, output_mode="one_hot")
    return Preprocessing(
        inputs=Spectrum(scale, name="spectrum"),
        targets=one_hot,
        pair=lambda tensors, truths: (tensors["frames"], one_hot(truths)),
        sizes={"num_classes": len(classes)},
        classes=classes,
        examples=len(labels),
        problems=tf.function(problems, [tf.TensorSpec([None], tf.string)], autograph=False),
        contents=unpacked,
    )


def build(sizes: dict[str, int], *, units: PositiveInt = 16) -> keras.Model:
    """Spectra `(batch, frames, bins)`, padded with 0 -> class probabilities."""
    frames = keras.Input((None, BINS), name="frames")
    x = keras.layers.Masking(name="mask")(frames)
    x = LSTM(units, name="lstm_1")(x)
    return keras.Model(frames, keras.layers.Dense(sizes["num_classes"], "softmax", name="scores")(x))


def objective(*, monitor: Literal["accuracy", "loss"] = "accuracy") -> Objective:
    """Cross-entropy, and accuracy."""
    return Objective(
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        monitor=monitor,
        scorer=LabelScorer,
    )


def present(preprocessing: Preprocessing, network: keras.Model) -> Answering:
    """`audio` `(batch,)` string -> `label`, `score`, `labels`, `scores`, `problem`."""
    audio = keras.Input((), dtype="string", name="audio")
    tensors = preprocessing.inputs(audio)
    answers = RankedLabels(preprocessing.classes, name="answers")(network(tensors["frames"]))
    return ToneAnswering(audio, Problems(name="problems")(answers, tensors["problem"]), name="tone")


@keras.saving.register_keras_serializable("tests")
class ToneAnswering(Answering):
    """`Answering` of WAV files, which may be packed."""

    takes_files = True

    def file_contents(self, raw):
        return unpacked(raw)


@keras.saving.register_keras_serializable("tests")
class Spectrum(keras.layers.Layer):
    """WAV bytes `(batch,)` -> `frames` `(batch, frames, bins)` and `problem` `(batch,)`."""

    def __init__(self, scale: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.scale = scale
        self.built = True

    def call(self, audio):
        problem = problems(audio)
        bytes_of_samples = tf.where(problem == "", tf.strings.length(audio) - HEADER, 0)
        samples = tf.strings.substr(audio, tf.minimum(HEADER, tf.strings.length(audio)), bytes_of_samples)
        longest = tf.maximum(tf.reduce_max(tf.concat([bytes_of_samples, [0]], 0)), 2 * FRAME)
        samples = tf.io.decode_raw(samples, tf.int16, fixed_length=longest // 2 * 2)
        frames = tf.signal.frame(tf.cast(samples, tf.float32) / 2**15, FRAME, STEP)
        spectrum = self.scale * tf.math.log1p(tf.abs(tf.signal.rfft(frames)))
        counts = tf.maximum((bytes_of_samples // 2 - FRAME) // STEP + 1, 0)
        real = tf.sequence_mask(counts, tf.shape(spectrum)[1])
        return {"frames": tf.where(real[..., None], spectrum, 0.0), "problem": problem}

    def compute_output_spec(self, audio):
        frames = keras.KerasTensor((audio.shape[0], None, BINS), "float32")
        return {"frames": frames, "problem": keras.KerasTensor(audio.shape, "string")}

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def problems(audio: tf.Tensor) -> tf.Tensor:
    """What is wrong with each file."""
    padded = tf.strings.join([audio, tf.constant(b"\xff" * HEADER)])
    parts = {0: b"RIFF", 8: b"WAVEfmt ", 20: b"\x01\0\x01\0", 36: b"data"}
    is_wav = [tf.equal(tf.strings.substr(padded, start, len(part)), part) for start, part in parts.items()]
    size = tf.io.decode_raw(tf.strings.substr(padded, 40, 4), tf.int32)[:, 0]
    found = tf.strings.length(audio) - HEADER
    cut_off = (size < 0) | (size > found)
    return tf.where(
        tf.reduce_all(tf.stack(is_wav), axis=0),
        tf.where(cut_off, "cut off", ""),
        tf.where(tf.equal(audio, ""), "empty", "not a WAV file of one channel"),
    )


def unpacked(raw: bytes) -> bytes:
    """What is in a file that gzip packed; of another the same bytes."""
    try:
        return gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"damaged gzip data: {error}") from None


def sound(pitch: str, seed: int) -> bytes:
    """A tone of 0.2 to 0.4 seconds in noise, as a WAV file."""
    random = np.random.default_rng([seed, ord(pitch)])
    times = np.arange(int(RATE * random.uniform(0.2, 0.4))) / RATE
    wave_form = 0.5 * np.sin(2 * np.pi * PITCHES[pitch] * times + random.uniform(0, 6))
    samples = (wave_form + random.normal(0, 0.05, len(times))) * 2**14
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return stream.getvalue()


def write_corpus(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Sounds, every fifth of them packed, and a table of them for each split."""
    (folder / "sounds").mkdir(parents=True)
    for number, (split, size) in enumerate(sizes.items()):
        rows = []
        for place in range(size):
            pitch = "cegb"[place % 4]
            path = folder / "sounds" / f"{split}_{place}.wav"
            content = sound(pitch, 1000 * number + place)
            path.write_bytes(gzip.compress(content, mtime=0) if place % 5 == 4 else content)
            rows.append(f"sounds/{path.name}\t{pitch}\n")
        (folder / f"{split}.tsv").write_text("".join(rows), encoding="utf-8")
