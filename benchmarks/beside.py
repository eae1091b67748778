"""Several commands that measure the same, in turns, so that the noise of a machine is shared; medians and
ratios.
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection

import keras


def parser(about: str | None) -> argparse.ArgumentParser:
    """The options of a comparison."""
    options = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", required=True, metavar="DIR")
    options.add_argument("--layers", type=int, default=1)
    options.add_argument(
        "--epochs", type=int, default=4, help="the first, which builds the graph, does not count"
    )
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--beside", action="append", default=[], metavar="COMMAND")
    options.add_argument(
        "--once", action="store_true", help="measure ours in this process and print the JSON lines"
    )
    return options


def compare(
    arguments: argparse.Namespace,
    module: str,
    measure: Callable[[str, int, int], dict[str, float]],
    unit: str,
    times: Collection[str] = (),
) -> int:
    """Measure ours in this process (`--once`), or ours and the others in turns, and print ratios.

    Args:
        arguments: of `parser`.
        module: the comparison's, which is run again with `--once`.
        measure: data, layers, epochs -> metric -> rate; JSON lines of others with these metrics are taken.
        unit: of the rates.
        times: metrics of which the others print the inverse: seconds for one, and not how many a second.
    """
    if arguments.once:
        for metric, rate in measure(arguments.data, arguments.layers, arguments.epochs).items():
            print(json.dumps({"peer": "keras_seq", "metric": metric, "value": round(rate, 1), "unit": unit}))
        return 0
    own = [sys.executable, "-m", module, "--once", "--data", arguments.data]
    own += ["--layers", str(arguments.layers), "--epochs", str(arguments.epochs)]
    commands = {"keras_seq": own, **{text: shlex.split(text) for text in arguments.beside}}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for _ in range(arguments.rounds):
        for name, command in commands.items():
            rates = reported(command)
            if name != "keras_seq":
                rates |= {metric: 1 / rates[metric] for metric in times}
            found[name].append(rates)
            print(f"{name}: {found[name][-1]}", flush=True)
    for metric in found["keras_seq"][0]:
        medians = {
            name: statistics.median(rates[metric] for rates in rounds)
            for name, rounds in found.items()
            if metric in rounds[0]
        }
        for name, median in medians.items():
            print(
                f"{metric}: {median:6.0f} {unit}, keras_seq is {medians['keras_seq'] / median:.2f}x  {name}"
            )
    return 0


def reported(command: list[str]) -> dict[str, float]:
    """The rates that a command prints, by metric; of a metric printed again and again, the last one."""
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return {line["metric"]: line["value"] for line in found}


class Clock(keras.callbacks.Callback):
    """The seconds of every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.start)


def requests_per_second(folder: str, batches: list[list[str]]) -> float:
    """How many texts a second the signature of a servable answers, batch after batch."""
    import tensorflow as tf

    signature = tf.saved_model.load(folder).signatures["serving_default"]
    requests = [tf.constant(batch) for batch in batches]
    for request in requests[:100]:
        signature(text=request)
    start = time.perf_counter()
    for request in requests:
        for answer in signature(text=request).values():
            answer.numpy()
    return sum(map(len, batches)) / (time.perf_counter() - start)
