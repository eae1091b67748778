"""Examples a second of the sentiment model, in training and one request at a time, beside others in the same run.

    python benchmarks/sentiment.py --data DIR [--beside "COMMAND"]...

DIR holds sst2_train.tsv and sst2_test.tsv (sentence TAB 0 or 1). A COMMAND trains a peer and prints JSON lines; those
with "metric": "train" and "metric": "inference batch 1" are taken. Ours and the others take turns, `--rounds` times;
medians and ratios are printed. A request of ours is a raw text through the signature of the exported servable.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SIZES = {"embedding_dim": 128, "units": 64, "pooling": "last", "dropout": 0.5, "word_dropout": 0.0}
VOCABULARY_SIZE = 8000
BATCH_SIZE = 64
SHUFFLE_BUFFER = 50000
METRICS = ("train", "inference batch 1")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="DIR")
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=4, help="the first, which builds the graph, does not count")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--beside", action="append", default=[], metavar="COMMAND")
    parser.add_argument("--once", action="store_true", help="measure ours in this process and print the JSON line")
    arguments = parser.parse_args(argv)
    if arguments.once:
        rates = examples_per_second(arguments.data, arguments.layers, arguments.epochs)
        for metric, rate in zip(METRICS, rates, strict=True):
            print(json.dumps({"peer": "keras_seq", "metric": metric, "value": round(rate, 1), "unit": "examples/s"}))
        return 0
    own = [sys.executable, __file__, "--once", "--data", arguments.data]
    own += ["--layers", str(arguments.layers), "--epochs", str(arguments.epochs)]
    commands = {"keras_seq": own, **{text: shlex.split(text) for text in arguments.beside}}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for _ in range(arguments.rounds):
        for name, command in commands.items():
            found[name].append(reported(command))
            print(f"{name}: {found[name][-1]}", flush=True)
    for metric in METRICS:
        medians = {
            name: statistics.median(rates[metric] for rates in rounds)
            for name, rounds in found.items()
            if metric in rounds[0]
        }
        for name, median in medians.items():
            print(f"{metric}: {median:6.0f} examples/s, keras_seq is {medians['keras_seq'] / median:.2f}x  {name}")
    return 0


def reported(command: list[str]) -> dict[str, float]:
    """The rates that a command prints, by metric."""
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return {line["metric"]: line["value"] for line in found if line["metric"] in METRICS}


def examples_per_second(data: str, layers: int, epochs: int) -> tuple[float, float]:
    """The median rate of all epochs but the first, and that of single requests to the servable, in this process."""
    import keras

    from export import servable
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
    model = sentiment.present(preprocessing, network)
    texts = [example.input for example in sentiment.read("test", test=f"{data}/sst2_test.tsv") or ()]
    with tempfile.TemporaryDirectory() as folder:
        servable.write(model, {"text": texts[:8]}, "sentiment", pathlib.Path(folder))
        requests = single_requests_per_second(folder, texts)
    return preprocessing.examples / statistics.median(clock.seconds[1:]), requests


def single_requests_per_second(folder: str, texts: list[str]) -> float:
    """How many texts, one at a time, the servable's signature answers."""
    import tensorflow as tf

    answer = tf.saved_model.load(folder).signatures["serving_default"]
    requests = [tf.constant([text]) for text in texts]
    for request in requests[:100]:
        answer(text=request)
    start = time.perf_counter()
    for request in requests:
        answer(text=request)["label"].numpy()
    return len(texts) / (time.perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main())
