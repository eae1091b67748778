"""Does the embedded server drop or mix up anything while versions are swapped under load, and does its memory
grow?

    python -m benchmarks.serving_soak [--seconds 60]

Versions 1, 2 and 3 of a model (y = x / 2 + the version) are published in turn by a rename, and the one before
is removed; half of the clients ask over REST, half over gRPC. Printed: requests, failures, answers that no
version that was there could give, swaps, and the server's resident memory at the start, in the middle and at
the end.
"""

from __future__ import annotations

import argparse
import collections
import http.client
import itertools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

MODEL = "half"
WEIGHTS = (
    2**20
)  # of a version that its answer does not depend on; 4 MiB, so that one that stays behind is seen
SWAP_SECONDS = 2.0
WARM_UP_SECONDS = 12  # six swaps
PATIENCE = 30
PROJECT = pathlib.Path(__file__).resolve().parent.parent


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument(
        "--flag", action="append", default=[], help="a flag for the server, as in --flag=--x=1"
    )
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.ask:
        print(json.dumps(asked(*json.loads(arguments.ask))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        made, served = pathlib.Path(folder, "made"), pathlib.Path(folder, "served", MODEL)
        for version in (1, 2, 3):
            save(made / str(version), version)
        shutil.copytree(made / "1", served / "1")
        process, ports = started(served.parent, arguments.flag)
        try:
            seconds = WARM_UP_SECONDS + arguments.seconds
            question = json.dumps([*ports, arguments.clients, seconds])
            clients = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.serving_soak", "--ask", question],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            memory, swaps = swapped(made, served, process.pid, clients, arguments.seconds)
            found = json.loads(clients.communicate()[0])
        finally:
            process.terminate()
            code = process.wait()
    print(f"{found['requests']} requests of {arguments.clients} clients in {seconds:.0f} s, {swaps} swaps")
    print(f"{found['failures']} failures, {found['wrong']} wrong answers {found['examples'] or ''}".rstrip())
    print(f"answers by version: {found['versions']}; the server's exit code: {code}")
    print(
        "memory, MiB: "
        + ", ".join(f"{name} {memory[name]:.0f}" for name in ("start", "middle", "end", "most"))
    )
    return 1 if found["failures"] or found["wrong"] or code else 0


def save(folder: pathlib.Path, version: int) -> None:
    """A version whose answers tell which it is."""
    import tensorflow as tf

    class Half(tf.Module):
        def __init__(self):
            super().__init__()
            self.version = tf.Variable(float(version))
            self.weights = tf.Variable(tf.zeros([WEIGHTS]))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def __call__(self, x):
            return {"y": x / 2 + self.version + self.weights[0]}

    half = Half()
    tf.saved_model.save(half, str(folder), signatures=half.__call__)


def started(folder: pathlib.Path, flags: list[str]) -> tuple[subprocess.Popen, tuple[int, int]]:
    """A running server, and its REST and gRPC ports."""
    with socket.socket() as one, socket.socket() as other:
        for free in (one, other):
            free.bind(("127.0.0.1", 0))
        ports = one.getsockname()[1], other.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "serving",
        str(folder),
        f"--rest_api_port={ports[0]}",
        f"--port={ports[1]}",
        *flags,
    ]
    process = subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    if not process.stdout or not process.stdout.readline().startswith("serving "):
        raise SystemExit("error: the server did not start")
    return process, ports


def swapped(
    made: pathlib.Path, served: pathlib.Path, pid: int, clients: subprocess.Popen, seconds: float
) -> tuple[dict[str, float], int]:
    """Swap versions until the clients are done; the server's memory meanwhile, and the number of swaps."""
    memory: dict[str, float] = {}
    begun, swaps = time.monotonic(), 0
    while clients.poll() is None:
        old, new = str(swaps % 3 + 1), str((swaps + 1) % 3 + 1)
        shutil.copytree(made / new, served / "being_copied")
        (served / "being_copied").rename(served / new)
        (served / old).rename(served / "being_removed")
        shutil.rmtree(served / "being_removed")
        swaps += 1
        time.sleep(SWAP_SECONDS)
        passed = time.monotonic() - begun - WARM_UP_SECONDS
        if clients.poll() is not None:
            break
        for name, start in (("start", 0.0), ("middle", seconds / 2)):
            if passed >= start:
                memory.setdefault(name, resident(pid))
        memory["end"] = resident(pid)
        memory["most"] = max(memory.get("most", 0.0), memory["end"])
    return memory, swaps


def resident(pid: int) -> float:
    """Resident memory of a process, MiB."""
    (line,) = (
        row for row in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


def asked(rest: int, grpc: int, clients: int, seconds: float) -> dict:
    """Ask from many threads, each with a connection of its own, and count what comes back."""
    counts: collections.Counter[str] = collections.Counter()
    versions: collections.Counter[float] = collections.Counter()
    examples: list[str] = []
    lock = threading.Lock()
    makers = ((rest_client, rest), (grpc_client, grpc))
    asks = [make(port) for make, port in (makers[number % 2] for number in range(clients))]
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        ask = asks[number]
        for place in itertools.count():
            if time.monotonic() >= end:
                return
            x = float(2 * (1000 * number + place % 1000))
            try:
                y, said = ask(x)
                version = y - x / 2
                outcome = "right" if version in (1.0, 2.0, 3.0) and said in (None, version) else "wrong"
            except Exception as error:
                outcome, version, y = "failures", 0.0, f"{type(error).__name__}: {error}"
            with lock:
                counts[outcome] += 1
                if outcome == "right":
                    versions[version] += 1
                elif len(examples) < 5:
                    examples.append(f"{x}: {y}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result = {"requests": counts.total(), "failures": counts["failures"], "wrong": counts["wrong"]}
    return {**result, "examples": examples, "versions": dict(sorted(versions.items()))}


def rest_client(port: int) -> Callable[[float], tuple[float, float | None]]:
    """A client with one connection: x to y, and None for the version, which REST does not tell."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def ask(x: float) -> tuple[float, float | None]:
        connection.request("POST", f"/v1/models/{MODEL}:predict", json.dumps({"instances": [x]}))
        response = connection.getresponse()
        body = json.loads(response.read())
        if response.status != 200:
            raise OSError(f"{response.status} {body}")
        return body["predictions"][0], None

    return ask


def grpc_client(port: int) -> Callable[[float], tuple[float, float | None]]:
    """A client with one channel: x to y and the version that the answer names."""
    import grpc
    from tensorflow.core.framework import types_pb2
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    channel = grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.use_local_subchannel_pool", 1)])
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def ask(x: float) -> tuple[float, float | None]:
        request = predict_pb2.PredictRequest()
        request.model_spec.name = MODEL
        request.inputs["x"].dtype = types_pb2.DT_FLOAT
        request.inputs["x"].tensor_shape.dim.add(size=1)
        request.inputs["x"].float_val.append(x)
        response = stub.Predict(request, timeout=PATIENCE)
        return response.outputs["y"].float_val[0], float(response.model_spec.version.value)

    return ask


if __name__ == "__main__":
    sys.exit(main())
