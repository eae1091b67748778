"""Milliseconds of one LSTM layer: keras_seq beside Keras and, where it is installed, PyTorch, in one run.

    python -m benchmarks.lstm [--torch PYTHON]

Each library is measured in processes of its own, in turns, `--rounds` times; medians and ratios are printed.
A training step is the way forward, a mean squared error, and the gradients of the weights. The floor is the
arithmetic alone: the multiplications and additions over the rate of a large matrix product, measured in the
same run.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

SHAPES = [
    (1, 50, 64, 64),
    (32, 100, 128, 128),
    (64, 200, 256, 256),
    (16, 400, 512, 256),
]  # batch, time, in, units
THREADS = 2
LEAST_SECONDS = 1.0
PRODUCT = (2048, 1024, 1024)  # of matrices, to measure the rate that the floor is made of


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", metavar="PYTHON", help="the Python of an environment that has PyTorch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=9, help="least number of calls timed in a round")
    parser.add_argument(
        "--measure", choices=["keras_seq", "keras", "torch", "product"], help=argparse.SUPPRESS
    )
    arguments = parser.parse_args(argv)
    if arguments.measure:
        print(json.dumps(measured(arguments.measure, arguments.repeats)))
        return 0
    pythons = {"product": sys.executable, "keras_seq": sys.executable, "keras": sys.executable}
    if arguments.torch or importlib.util.find_spec("torch"):
        pythons["torch"] = arguments.torch or sys.executable
    results: dict[str, list[list[float]]] = {name: [] for name in pythons}
    for number in range(1, arguments.rounds + 1):
        for name, python in pythons.items():
            command = [
                python,
                "-m",
                "benchmarks.lstm",
                "--measure",
                name,
                "--repeats",
                str(arguments.repeats),
            ]
            results[name].append(
                json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
            )
        print(f"round {number} of {arguments.rounds} is done", file=sys.stderr)
    medians = {
        name: [statistics.median(values) for values in zip(*rounds, strict=True)]
        for name, rounds in results.items()
    }
    rate = 2 * PRODUCT[0] * PRODUCT[1] * PRODUCT[2] / medians.pop("product")[0]
    print(
        f"large matrix product: {rate / 1e6:.0f} GFLOP/s; milliseconds, medians of {arguments.rounds} rounds"
    )
    peers = [name for name in medians if name != "keras_seq"]
    print(
        "| batch, time, in, units | directions | | floor | keras_seq |"
        + "".join(f" {p} | ratio |" for p in peers)
    )
    print("|---|---|---|---|---|" + "---|---|" * len(peers))
    for row, (shape, directions, training) in enumerate(cases()):
        ours = medians["keras_seq"][row]
        line = (
            f"| {', '.join(map(str, shape))} | {directions} | {'training step' if training else 'forward'} "
        )
        line += f"| {operations(shape, directions, training) / rate:.2f} | {ours:.2f} |"
        print(line + "".join(f" {medians[p][row]:.2f} | {ours / medians[p][row]:.2f} |" for p in peers))
    return 0


def cases() -> list[tuple[tuple[int, ...], int, bool]]:
    """Shape, number of directions, and whether a training step is measured, in the order of the results."""
    return [
        (shape, directions, training)
        for shape in SHAPES
        for directions in (1, 2)
        for training in (False, True)
    ]


def operations(shape: tuple[int, ...], directions: int, training: bool) -> int:
    """Multiplications and additions of the matrix products; training has those of the weights, not of the
    inputs.
    """
    batch, steps, features, units = shape
    products = (2 * features + 3 * units) if training else (features + units)
    return 2 * batch * steps * 4 * units * products * directions


def measured(name: str, repeats: int) -> list[float]:
    """Median milliseconds of each case, by one library, in this process."""
    calls: dict[str, Callable[..., Callable[[], object]]] = {"torch": torch_call, "product": product_call}
    if name != "torch":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    call = calls.get(name, functools.partial(keras_call, name))
    return [milliseconds(call(*case), repeats) for case in ([()] if name == "product" else cases())]


def milliseconds(call: Callable[[], object], repeats: int) -> float:
    """The median of `repeats` calls or of a second's, whichever are more, after three that do not count."""
    for _ in range(3):
        call()
    times: list[float] = []
    while len(times) < repeats or sum(times) < LEAST_SECONDS:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def product_call() -> Callable[[], object]:
    """One large matrix product in TensorFlow."""
    import tensorflow as tf

    left, right = tf.random.normal(PRODUCT[:2]), tf.random.normal(PRODUCT[1:])
    return lambda: tf.matmul(left, right)


def keras_call(name: str, shape: tuple[int, ...], directions: int, training: bool) -> Callable[[], object]:
    """A layer of Keras or of ours, as a graph that takes any batch and time."""
    import keras
    import tensorflow as tf

    from keras_seq import layers

    batch, steps, features, units = shape
    layer = {"keras": keras.layers.LSTM, "keras_seq": layers.LSTM}[name](units, return_sequences=True)
    if directions == 2:
        layer = keras.layers.Bidirectional(layer)
    layer.build((None, None, features))
    inputs, targets = (
        tf.random.normal((batch, steps, features)),
        tf.random.normal((batch, steps, directions * units)),
    )
    specs = [tf.TensorSpec([None, None, tensor.shape[-1]]) for tensor in (inputs, targets)]

    @tf.function(input_signature=specs, autograph=False)
    def forward(inputs, targets):
        return layer(inputs, training=False)

    @tf.function(input_signature=specs, autograph=False)
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((layer(inputs, training=True) - targets) ** 2)
        return tape.gradient(loss, layer.trainable_variables)

    run = (step if training else forward).get_concrete_function()
    return lambda: run(inputs, targets)


def torch_call(shape: tuple[int, ...], directions: int, training: bool) -> Callable[[], object]:
    """PyTorch's layer."""
    import torch

    torch.set_num_threads(THREADS)
    batch, steps, features, units = shape
    layer = torch.nn.LSTM(features, units, batch_first=True, bidirectional=directions == 2)
    inputs, targets = torch.randn(batch, steps, features), torch.randn(batch, steps, directions * units)

    def forward():
        with torch.inference_mode():
            layer(inputs)

    def step():
        layer.zero_grad()
        ((layer(inputs)[0] - targets) ** 2).mean().backward()

    return step if training else forward


if __name__ == "__main__":
    sys.exit(main())
