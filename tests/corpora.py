"""Tiny corpora and recipes that the tests make, and where the real data is."""

import pathlib

from keras_seq.samples import film_reviews

PROJECT = pathlib.Path(__file__).resolve().parent.parent
SST = PROJECT.parent / "shared" / "data" / "sentiment" / "sst"

TINY = """\
application: sentiment
data: {directory: %s, train: train.tsv, validation: validation.tsv, test: test.tsv}
model: {embedding_dim: 8, units: 4, dropout: 0.1}
training: {epochs: 2, batch_size: 16, seed: 3}
"""


def write_corpus(folder: pathlib.Path, train: int = 100, validation: int = 32, test: int = 32) -> pathlib.Path:
    """TSV files of generated reviews."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, size in (("train", train), ("validation", validation), ("test", test)):
        rows = film_reviews.reviews(split, size)
        (folder / f"{split}.tsv").write_text("".join(f"{text}\t{label}\n" for text, label in rows), encoding="utf-8")
    return folder
