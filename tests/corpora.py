"""Tiny corpora and recipes that the tests make, and where the real data is."""

import pathlib

import pytest

from keras_seq.applications import APPLICATIONS
from keras_seq.samples import (
    film_reviews,
    holidays,
    news,
    scenes,
    spoken_commands,
    stick_figure_poses,
    stick_figures,
)

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SST = PROJECT.parent / "shared" / "data" / "sentiment" / "sst"

TINY = """\
application: sentiment
data: {directory: %s, train: train.tsv, validation: validation.tsv, test: test.tsv}
model: {embedding_dim: 8, units: 4, dropout: 0.1, bidirectional: false}
training: {epochs: 2, batch_size: 16, seed: 3}
"""

# Of networks without words, what makes them small.
SHRUNK = {
    "speech_to_text": {"bands": 8, "channels": 2, "units": 4, "layers": 1},
    "video_activity": {"frames": 4, "units": 4},
    "captioning": {"embedding_dim": 8, "units": 4},
    "video_activity_poses": {"projection": 8, "units": 4, "layers": 1},
}
OF_TEXTS = sorted(name for name in APPLICATIONS if name not in SHRUNK)


def write_corpus(
    folder: pathlib.Path, train: int = 100, validation: int = 32, test: int = 32
) -> pathlib.Path:
    """TSV files of generated reviews."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, size in (("train", train), ("validation", validation), ("test", test)):
        rows = film_reviews.reviews(split, size)
        (folder / f"{split}.tsv").write_text(
            "".join(f"{text}\t{label}\n" for text, label in rows), encoding="utf-8"
        )
    return folder


def model_by_chance(name: str, patch: pytest.MonkeyPatch, cache: pathlib.Path):
    """A model of an application over a little of its built-in corpus, with weights by chance; no run, no
    training.
    """
    import keras

    from keras_seq import applications

    patch.setenv("KERAS_SEQ_CACHE", str(cache))
    for corpus in (film_reviews, holidays, news):
        patch.setattr(corpus, "SIZES", {"train": 64, "validation": 8, "test": 8})
    for corpus in (spoken_commands, stick_figures, stick_figure_poses, scenes):
        patch.setattr(corpus, "SIZES", {"train": 8, "validation": 2, "test": 2})
    application = applications.functions(name)
    preprocessing = application.prepare(application.read("train", source="sample"))
    keras.utils.set_random_seed(5)
    network = application.build(preprocessing.sizes, **SHRUNK.get(name, {"embedding_dim": 8, "units": 4}))
    return application.present(preprocessing, network)


def small():
    """An answering model of two labels, with nothing to be learned."""
    import keras

    from keras_seq.answers import Answering, RankedLabels

    text = keras.Input((), dtype="string", name="text")
    lengths = keras.layers.StringLookup(vocabulary=["x"], output_mode="one_hot", name="lookup")(text)
    return Answering(text, RankedLabels(["a", "b"], name="answers")(lengths), name="m")
