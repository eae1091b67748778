"""How long a stream waits for its text: milliseconds for a piece of 160 ms, at batch 1.

    python -m benchmarks.streaming [--units 256] [--layers 3] [--seconds 60]

The network has random weights. Its pieces are asked in Python, of the model's own function as a graph, and of the
servable in a session, as a server runs it; the table, in Markdown, has the median and the 95th percentile, also of
the process's own time, which other processes lengthen less.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_seq.answers import Signature
from keras_seq.answers.streaming import START, STEP, stream_signatures
from keras_seq.applications import speech_to_text
from keras_seq.preprocessing.letters import Letters

ALPHABET = " abcdefghijklmnopqrstuvwxyz'"
PIECE = 5120  # bytes of 160 ms
WARM_UP = 20  # pieces

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60, help="of sound (default: 60)")
    arguments = parser.parse_args(argv)
    keras.utils.set_random_seed(1)
    sizes = {"num_classes": len(ALPHABET) + 1, "subsampling": 4}
    made = {"units": arguments.units, "layers": arguments.layers, "bidirectional": False}
    network = speech_to_text.build(sizes, **made)
    signatures = stream_signatures(network, Letters(list(ALPHABET)))
    samples = np.random.default_rng(1).integers(-3000, 3000, int(16_000 * arguments.seconds)).astype("<i2")
    facts = signatures[START].facts or {}
    print(f"{made}: a state of {facts['state_floats']:,} float32, {facts['state_bytes'] / 1000:.1f} kB\n")
    print("| 160 ms of sound | p50, ms | p95, ms | CPU p50, ms | CPU p95, ms |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, ask in {
            "`tf.function`": in_graph(signatures),
            "session": in_session(network, signatures, pathlib.Path(folder)),
        }.items():
            both = (statistics.quantiles(one, n=20) for one in measured(ask, samples.tobytes()))
            numbers = (f"{one[place]:.1f}" for one in both for place in (9, 18))
            print(f"| {name} | {' | '.join(numbers)} |", flush=True)
    return 0


def measured(ask: Ask, data: bytes) -> tuple[list[float], list[float]]:
    """Milliseconds of each piece, and of this process in them."""
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    answer, times, own = ask(START, {"pcm": [b""]}), [], []
    for piece in pieces:
        state = {name: value for name, value in answer.items() if name.startswith("state_")}
        begin, own_begin = time.perf_counter(), time.process_time()
        answer = ask(STEP, {"pcm": [piece], **state})
        times.append(1000 * (time.perf_counter() - begin))
        own.append(1000 * (time.process_time() - own_begin))
    return times[WARM_UP:], own[WARM_UP:]


def in_graph(signatures: dict[str, Signature]) -> Ask:
    """The signatures as functions of TensorFlow 2."""
    graphs = {
        name: tf.function(signatures[name].answers, [signatures[name].specs], autograph=False)
        for name in (START, STEP)
    }
    return lambda name, inputs: graphs[name]({**inputs, "pcm": tf.constant(inputs["pcm"])})


def in_session(network: keras.Model, signatures: dict[str, Signature], folder: pathlib.Path) -> Ask:
    """The signatures as they are exported, in a session of TensorFlow's version 1."""
    archive = keras.export.ExportArchive()
    archive.track(network)
    for name in (START, STEP):
        specs = list(signatures[name].specs.values())
        archive.add_endpoint(name, of_inputs_in_a_row(signatures[name]), specs)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    archive.write_out(str(folder), options, verbose=False)
    session = tf.compat.v1.Session(graph=tf.Graph())
    loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(folder)).signature_def

    def ask(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        signature = loaded[name]
        fetches = {key: tensor.name for key, tensor in signature.outputs.items()}
        feeds = {signature.inputs[key].name: value for key, value in inputs.items()}
        return session.run(fetches, {**feeds, signature.inputs["pcm"].name: np.array(inputs["pcm"], object)})

    return ask


def of_inputs_in_a_row(signature: Signature) -> Callable[..., dict[str, tf.Tensor]]:
    """A signature's function of its inputs one by one."""
    return lambda *given: signature.answers(dict(zip(signature.specs, given, strict=True)))


if __name__ == "__main__":
    raise SystemExit(main())
