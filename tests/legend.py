"""An application of a new kind, in this file alone: the vector of an image -> a caption, one of several true ones.

It stands for applications whose answers are sequences that come of one vector; `tests/test_new_applications.py`
puts it through everything.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf
from pydantic import PositiveInt

from keras_seq import metrics, splits
from keras_seq.answers import Answering, GeneratedText, Problems
from keras_seq.contract import Known, Objective, Preprocessing
from keras_seq.formats import Example, Referenced, Table
from keras_seq.layers import AttentionDecoder, SmoothedCrossEntropy
from keras_seq.preprocessing.subwords import PADDING_ID, Subwords, learn_subwords, shifted
from keras_seq.sections import ExistingPath, InputColumn

MAGIC, DIM = b"VECT", 8
COLORS, SHAPES = ("red", "green", "blue", "white"), ("square", "circle", "star", "line")
SIZES = {"vocabulary_size": 80}


def read(
    split: str,
    *,
    train: ExistingPath,
    validation: ExistingPath,
    test: ExistingPath | None = None,
    image: InputColumn = 0,
) -> Iterable[Example] | None:
    """The images of a table: paths from its folder, and a row for each of their captions."""
    paths = splits.places("files", pathlib.Path, "", train=train, validation=validation, test=test)

    def of(path: str) -> Iterable[Example]:
        return Referenced(Table(path, image, 1), str(pathlib.Path(path).parent), several=True)

    return splits.examples(split, paths, of, 1)


def prepare(
    examples: Iterable[Example], known: Known | None = None, *, vocabulary_size: PositiveInt = 80
) -> Preprocessing:
    """Vectors -> numbers; captions -> pieces."""
    captions = [caption for example in examples for caption in example.truths]
    pieces = Subwords(learn_subwords(captions, vocabulary_size), name="pieces")

    def pair(tensors, truths):
        ids = pieces.ids_of(truths)
        return {"vector": tensors["vector"], "target_ids": shifted(ids)}, ids

    return Preprocessing(
        inputs=Vectors(name="vectors"),
        targets=pieces,
        pair=pair,
        sizes={"vocabulary_size": len(pieces.pieces)},
        examples=sum(1 for _ in examples),
    )


def build(sizes: dict[str, int], *, units: PositiveInt = 24) -> keras.Model:
    """`vector` `(batch, 8)` and `target_ids` `(batch, time)` -> logits of the next piece."""
    vector = keras.Input((DIM,), name="vector")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    embedding = keras.layers.ReversibleEmbedding(
        sizes["vocabulary_size"], units, mask_zero=True, name="embedding"
    )
    features = AttentionDecoder(units, units, name="decoder")([embedding(target_ids), vector, vector])
    inputs = {"vector": vector, "target_ids": target_ids}
    return keras.Model(inputs, embedding(features, reverse=True), name="legend_network")


def objective() -> Objective:
    """Cross-entropy; the epoch with the best BLEU against all captions is kept."""
    return Objective(
        loss=SmoothedCrossEntropy(0.0),
        metrics=[],
        monitor="bleu",
        scorer=functools.partial(metrics.TextScorer, output="caption"),
        classes_of=lambda truth: (),
        watched={"beam_width": 1},
    )


def present(preprocessing: Preprocessing, network: keras.Model, *, beam_width: PositiveInt = 3) -> Answering:
    """`image` `(batch,)` string -> `caption`, `score`, `captions`, `scores`, `problem`."""
    image = keras.Input((), dtype="string", name="image")
    tensors = preprocessing.inputs(image)
    answers = Captions(network, preprocessing.targets, beam_width, name="answers")
    found = answers({"vector": tensors["vector"]})
    return CaptionAnswering(image, Problems(name="problems")(found, tensors["problem"]), name="legend")


@keras.saving.register_keras_serializable("tests")
class Captions(GeneratedText):
    """Captions of vectors."""

    names = ("caption", "captions")
    most_pieces = 30


@keras.saving.register_keras_serializable("tests")
class CaptionAnswering(Answering):
    """`Answering` of files of vectors."""

    takes_files = True

    @property
    def network(self):
        return self.get_layer("answers").network

    def score_truths(self, inputs, truths):
        answers = self.get_layer("answers")
        ids = answers.target.ids_of(tf.constant(truths))
        vector = self.get_layer("vectors")(tf.constant(inputs))["vector"]
        logits = answers.network({"vector": vector, "target_ids": shifted(ids)}, training=False)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)
        real = tf.cast(ids != PADDING_ID, tf.float32)
        return {
            "log_probability": -tf.reduce_sum(losses * real, axis=1),
            "true_pieces": tf.reduce_sum(real, axis=1),
        }


@keras.saving.register_keras_serializable("tests")
class Vectors(keras.layers.Layer):
    """Files of a vector `(batch,)` -> `vector` `(batch, 8)` and `problem` `(batch,)`."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.built = True

    def call(self, raw):
        is_vector = tf.equal(tf.strings.substr(tf.strings.join([raw, "    "]), 0, 4), MAGIC)
        whole = tf.equal(tf.strings.length(raw), len(MAGIC) + 4 * DIM)
        problem = tf.where(is_vector, tf.where(whole, "", "cut off"), "not a vector")
        numbers = tf.where(tf.equal(problem, ""), raw, MAGIC + bytes(4 * DIM))
        numbers = tf.io.decode_raw(tf.strings.substr(numbers, len(MAGIC), 4 * DIM), tf.float32)
        return {"vector": tf.reshape(numbers, [-1, DIM]), "problem": problem}

    def compute_output_spec(self, raw):
        vector = keras.KerasTensor((raw.shape[0], DIM), "float32")
        return {"vector": vector, "problem": keras.KerasTensor(raw.shape, "string")}


def write_corpus(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Files of vectors, and a table of their captions, two of each, for each split."""
    random = np.random.default_rng(1)
    (folder / "images").mkdir(parents=True)
    for split, size in sizes.items():
        rows = []
        for place in range(size):
            color, shape = place % 4, place // 4 % 4
            vector = np.eye(4)[[color, shape]].ravel() + random.normal(0, 0.1, DIM)
            path = folder / "images" / f"{split}_{place}.vec"
            path.write_bytes(MAGIC + vector.astype("<f4").tobytes())
            for caption in ("a {} {} on the wall", "the {} {} is there"):
                rows.append(f"images/{path.name}\t{caption.format(COLORS[color], SHAPES[shape])}\n")
        (folder / f"{split}.tsv").write_text("".join(rows), encoding="utf-8")
