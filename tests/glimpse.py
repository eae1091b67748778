"""An application of a new kind, in this file alone: the frames of a clip -> a label, by a frozen backbone.

It stands for applications with a backbone whose features training computes once;
`tests/test_new_applications.py` puts it through everything.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf
from pydantic import PositiveInt

from keras_seq import splits
from keras_seq.answers import Answering, Problems, RankedLabels
from keras_seq.backbones import ImageFeatures, backbone
from keras_seq.contract import Known, Objective, Preprocessing
from keras_seq.formats import Example, Referenced, Table
from keras_seq.layers import LSTM
from keras_seq.metrics import LabelScorer
from keras_seq.sections import BackboneName, BackboneWeights, ExistingPath, InputColumn

MAGIC, SIDE = b"CLIP", 16
FRAME = SIDE * SIDE  # bytes
CLASSES = ("rows rows", "rows columns", "columns rows", "columns columns")
SIZES = {"num_classes": 4}


def read(
    split: str,
    *,
    train: ExistingPath,
    validation: ExistingPath,
    test: ExistingPath | None = None,
    clip: InputColumn = 0,
) -> Iterable[Example] | None:
    """The clips of a table: paths from its folder, and labels."""
    paths = splits.places("files", pathlib.Path, "", train=train, validation=validation, test=test)

    def of(path: str) -> Iterable[Example]:
        return Referenced(Table(path, clip, 1), str(pathlib.Path(path).parent))

    return splits.examples(split, paths, of, 1, lambda example: example.truth)


def prepare(examples: Iterable[Example], known: Known | None = None) -> Preprocessing:
    """Bytes -> frames and which are real; labels -> one-hot."""
    labels = [example.truth for example in examples]
    classes = sorted(set(labels))
    one_hot = keras.layers.StringLookup(vocabulary=classes, num_oov_indices=0, output_mode="one_hot")

    def pair(tensors, truths):
        return {"frames": tensors["frames"], "mask": tensors["mask"]}, one_hot(truths)

    return Preprocessing(
        inputs=Frames(name="clips"),
        targets=one_hot,
        pair=pair,
        sizes={"num_classes": len(classes)},
        classes=classes,
        examples=len(labels),
        problems=_problems,
    )


def build(
    sizes: dict[str, int],
    *,
    cnn: BackboneName = "scratch",
    weights: BackboneWeights = "none",
    units: PositiveInt = 16,
) -> keras.Model:
    """`frames` `(batch, time, 16, 16, 1)`, padded with 0, and `mask` `(batch, time)` -> class probabilities."""
    frames = keras.Input((None, SIDE, SIDE, 1), name="frames")
    mask = keras.Input((None,), dtype="bool", name="mask")
    cnn = backbone(cnn, weights, (SIDE, SIDE, 1), channels=16, blocks=2)
    x = ImageFeatures(cnn, pooled=True, name="backbone")(frames, mask)
    x = keras.layers.LayerNormalization(name="normalization")(x)
    x = LSTM(units, name="lstm_1")(x, mask=mask)
    scores = keras.layers.Dense(sizes["num_classes"], "softmax", name="scores")(x)
    return keras.Model({"frames": frames, "mask": mask}, scores, name="glimpse_network")


def objective() -> Objective:
    """Cross-entropy, and accuracy."""
    return Objective(
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        monitor="accuracy",
        scorer=LabelScorer,
    )


def present(preprocessing: Preprocessing, network: keras.Model) -> Answering:
    """`clip` `(batch,)` string -> `label`, `score`, `labels`, `scores`, `problem`."""
    clip = keras.Input((), dtype="string", name="clip")
    tensors = preprocessing.inputs(clip)
    scores = network({name: tensors[name] for name in ("frames", "mask")})
    answers = RankedLabels(preprocessing.classes, name="answers")(scores)
    return ClipAnswering(clip, Problems(name="problems")(answers, tensors["problem"]), name="glimpse")


@keras.saving.register_keras_serializable("tests")
class ClipAnswering(Answering):
    """`Answering` of files of frames."""

    takes_files = True


@keras.saving.register_keras_serializable("tests")
class Frames(keras.layers.Layer):
    """Bytes `(batch,)` -> `frames` `(batch, time, 16, 16, 1)`, `mask` `(batch, time)`, `problem` `(batch,)`."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.built = True

    def call(self, clips):
        problem = _problems(clips)
        good = tf.where(problem == "", clips, MAGIC)
        lengths = (tf.strings.length(good) - len(MAGIC)) // FRAME
        longest = tf.maximum(tf.reduce_max(tf.concat([lengths, [0]], 0)), 1)
        raw = tf.strings.substr(good, len(MAGIC), longest * FRAME)
        pixels = tf.cast(tf.io.decode_raw(raw, tf.uint8, fixed_length=longest * FRAME), tf.float32)
        frames = tf.reshape(pixels, [-1, longest, SIDE, SIDE, 1])
        return {"frames": frames, "mask": tf.sequence_mask(lengths, longest), "problem": problem}

    def compute_output_spec(self, clips):
        (batch,) = clips.shape
        return {
            "frames": keras.KerasTensor((batch, None, SIDE, SIDE, 1), "float32"),
            "mask": keras.KerasTensor((batch, None), "bool"),
            "problem": keras.KerasTensor((batch,), "string"),
        }


def _problems(clips: tf.Tensor) -> tf.Tensor:
    length = tf.strings.length(clips)
    is_clip = tf.equal(tf.strings.substr(clips, 0, len(MAGIC)), MAGIC)
    whole = (length > len(MAGIC)) & tf.equal((length - len(MAGIC)) % FRAME, 0)
    return tf.where(is_clip, tf.where(whole, "", "cut off"), "not a clip")


def write_corpus(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Clips of stripes, which change their direction or not, and a table of them for each split."""
    random = np.random.default_rng(1)
    (folder / "clips").mkdir(parents=True)
    stripes = np.tile(np.arange(SIDE) // 2 % 2 * 200, (SIDE, 1))
    pictures = {"columns": stripes, "rows": stripes.T}
    for split, size in sizes.items():
        rows = []
        for place in range(size):
            label = CLASSES[place % len(CLASSES)]
            frames = np.repeat([pictures[name] for name in label.split()], random.integers(1, 4), axis=0)
            noisy = frames + random.integers(0, 56, frames.shape)
            path = folder / "clips" / f"{split}_{place}.clip"
            path.write_bytes(MAGIC + noisy.astype("uint8").tobytes())
            rows.append(f"clips/{path.name}\t{label}\n")
        (folder / f"{split}.tsv").write_text("".join(rows), encoding="utf-8")
