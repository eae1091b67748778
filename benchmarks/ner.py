"""Sentences a second of the tagger, in training and in inference, beside others in the same run.

    python -m benchmarks.ner --data DIR [--beside "COMMAND"]...

DIR holds the three files of WNUT-17. A COMMAND trains a peer and prints JSON lines; those with "metric":
"train", "inference batch 1" and "inference batch 32" are taken. Ours and the others take turns, `--rounds`
times; medians and ratios are printed. Ours trains from raw sentences, and a request is raw sentences through
the signature of the exported servable, with their entities' scores.
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
from keras_seq.applications import ner
from keras_seq.batches import Batches
from keras_seq.order import Order, bucketed

FILES = {"train": "wnut17train.conll", "validation": "emerging.dev.conll", "test": "emerging.test.annotated"}
SIZES = {"embedding_dim": 100, "units": 128, "dropout": 0.5, "language_model": 0.0}
BATCH_SIZE = 16
SHUFFLE_BUFFER = 50000
SINGLE_REQUESTS = 300


def main(argv: list[str] | None = None) -> int:
    return compare(parser(__doc__).parse_args(argv), "benchmarks.ner", rates, "sentences/s")


def rates(data: str, layers: int, epochs: int) -> dict[str, float]:
    """The median rate of all epochs but the first, and those of requests of 1 and 32 sentences, in this
    process.
    """
    keras.utils.set_random_seed(1)
    files = {split: str(pathlib.Path(data, name)) for split, name in FILES.items()}
    examples = ner.read("train", **files)
    preprocessing = ner.prepare(examples)
    network = ner.build(preprocessing.sizes, layers=layers, **SIZES)
    objective = ner.objective()
    adam = keras.optimizers.Adam(2e-3, global_clipnorm=5.0)
    network.compile(adam, objective.loss, jit_compile=False)
    steps = -(-preprocessing.examples // BATCH_SIZE)
    dataset = Batches(preprocessing).training(Order(examples, BATCH_SIZE, SHUFFLE_BUFFER, 1), range(epochs))
    clock = Clock()
    network.fit(dataset, epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[clock])
    model = ner.present(preprocessing, network)
    test = list(ner.read("test", **files) or ())
    singles = [[example.input] for example in test[:SINGLE_REQUESTS]]
    batches = [[example.input for example in batch] for batch in bucketed(test, 32)]
    with tempfile.TemporaryDirectory() as folder:
        servable.write(model, {"text": singles[0]}, "ner", pathlib.Path(folder))
        return {
            "train": preprocessing.examples / statistics.median(clock.seconds[1:]),
            "inference batch 1": requests_per_second(folder, singles),
            "inference batch 32": requests_per_second(folder, batches),
        }


if __name__ == "__main__":
    sys.exit(main())
