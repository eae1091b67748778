"""Training examples a second of the sentiment model, beside other commands in the same run.

    python benchmarks/sentiment.py --data DIR [--beside "COMMAND"]...

DIR holds sst2_train.tsv (sentence TAB 0 or 1). A COMMAND trains a peer and prints JSON lines; the one with
"metric": "train" is taken. Ours and the others take turns, `--rounds` times; medians and ratios are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SIZES = {"embedding_dim": 128, "units": 64, "pooling": "last", "dropout": 0.5, "word_dropout": 0.0}
VOCABULARY_SIZE = 8000
BATCH_SIZE = 64
SHUFFLE_BUFFER = 50000


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="DIR")
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=4, help="the first one, which builds the graph, does not count")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--beside", action="append", default=[], metavar="COMMAND")
    parser.add_argument("--once", action="store_true", help="measure ours in this process and print the JSON line")
    arguments = parser.parse_args(argv)
    if arguments.once:
        rate = examples_per_second(arguments.data, arguments.layers, arguments.epochs)
        print(json.dumps({"peer": "keras_seq", "metric": "train", "value": round(rate, 1), "unit": "examples/s"}))
        return 0
    own = [sys.executable, __file__, "--once", "--data", arguments.data]
    own += ["--layers", str(arguments.layers), "--epochs", str(arguments.epochs)]
    commands = {"keras_seq": own, **{text: shlex.split(text) for text in arguments.beside}}
    rates: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(arguments.rounds):
        for name, command in commands.items():
            rates[name].append(reported(command))
            print(f"{rates[name][-1]:8.0f} examples/s  {name}", flush=True)
    ours = statistics.median(rates["keras_seq"])
    for name, values in rates.items():
        median = statistics.median(values)
        print(f"median {median:8.0f} examples/s, keras_seq is {ours / median:.2f}x  {name}")
    return 0


def reported(command: list[str]) -> float:
    """The training rate that a command prints."""
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return next(line["value"] for line in found if line["metric"] == "train")


def examples_per_second(data: str, layers: int, epochs: int) -> float:
    """The median rate of all epochs but the first, in this process."""
    import keras

    from keras_seq.applications import sentiment
    from keras_seq.pipeline import training_dataset

    class Clock(keras.callbacks.Callback):
        seconds: list[float] = []

        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds.append(time.perf_counter() - self.start)

    keras.utils.set_random_seed(1)
    examples = sentiment.read("train", train=f"{data}/sst2_train.tsv", validation=f"{data}/sst2_train.tsv")
    preprocessing = sentiment.prepare(examples, vocabulary_size=VOCABULARY_SIZE)
    network = sentiment.build(preprocessing.sizes, layers=layers, **SIZES)
    network.compile("adam", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    steps = -(-preprocessing.examples // BATCH_SIZE)
    dataset = training_dataset(examples, preprocessing, BATCH_SIZE, SHUFFLE_BUFFER, 1, range(epochs))
    clock = Clock()
    network.fit(dataset, epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[clock])
    return preprocessing.examples / statistics.median(clock.seconds[1:])


if __name__ == "__main__":
    sys.exit(main())
