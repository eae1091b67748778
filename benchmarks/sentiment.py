"""Examples a second of the sentiment model, in training and one request at a time, beside others in the same
run.

    python -m benchmarks.sentiment --data DIR [--beside "COMMAND"]...

DIR holds sst2_train.tsv and sst2_test.tsv (sentence TAB 0 or 1). A COMMAND trains a peer and prints JSON
lines; those with "metric": "train" and "metric": "inference batch 1" are taken. Ours and the others take
turns, `--rounds` times; medians and ratios are printed. A request of ours is a raw text through the signature
of the exported servable.
"""

from __future__ import annotations

import os
import pathlib
import statistics
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from benchmarks.beside import Clock, compare, parser, requests_per_second
from export import servable
from keras_seq.applications import sentiment
from keras_seq.batches import Batches
from keras_seq.order import Order

SIZES = {"embedding_dim": 128, "units": 64, "pooling": "last", "dropout": 0.5, "word_dropout": 0.0}
VOCABULARY_SIZE = 8000
BATCH_SIZE = 64
SHUFFLE_BUFFER = 50000


def main(argv: list[str] | None = None) -> int:
    return compare(parser(__doc__).parse_args(argv), "benchmarks.sentiment", rates, "examples/s")


def rates(data: str, layers: int, epochs: int) -> dict[str, float]:
    """The median rate of all epochs but the first, and that of single requests to the servable, in this
    process.
    """
    keras.utils.set_random_seed(1)
    examples = sentiment.read("train", train=f"{data}/sst2_train.tsv", validation=f"{data}/sst2_train.tsv")
    preprocessing = sentiment.prepare(examples, vocabulary_size=VOCABULARY_SIZE)
    network = sentiment.build(preprocessing.sizes, layers=layers, **SIZES)
    network.compile("adam", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    steps = -(-preprocessing.examples // BATCH_SIZE)
    dataset = Batches(preprocessing).training(Order(examples, BATCH_SIZE, SHUFFLE_BUFFER, 1), range(epochs))
    clock = Clock()
    network.fit(dataset, epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[clock])
    model = sentiment.present(preprocessing, network)
    texts = [example.input for example in sentiment.read("test", test=f"{data}/sst2_test.tsv") or ()]
    with tempfile.TemporaryDirectory() as folder:
        servable.write(model, {"text": texts[:8]}, "sentiment", pathlib.Path(folder))
        requests = requests_per_second(folder, [[text] for text in texts])
    return {
        "train": preprocessing.examples / statistics.median(clock.seconds[1:]),
        "inference batch 1": requests,
    }


if __name__ == "__main__":
    sys.exit(main())
