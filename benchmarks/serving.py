"""How fast is the embedded server: requests a second and latencies, REST and gRPC, batching off and on.

    python -m benchmarks.serving SERVABLES_FOLDER MODEL [--texts FILE]

The server, its clients and a bare call of the signature are processes of their own and take turns, `--rounds`
times; the table, in Markdown, has the medians. A request is one text: one of the warm-up requests of the
exported version, or a line of FILE. REST clients keep their connections alive, gRPC clients have a channel
each.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

CLIENTS = (1, 8, 64)
WARM_UP_SECONDS = 1
PROJECT = pathlib.Path(__file__).resolve().parent.parent


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=pathlib.Path, metavar="SERVABLES_FOLDER")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument(
        "--texts", type=pathlib.Path, metavar="FILE", help="one a line (default: warm-up requests)"
    )
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement (default: 5)")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    default = PROJECT / "serving" / "batching.config"
    parser.add_argument("--batching_parameters_file", type=pathlib.Path, default=default, metavar="FILE")
    parser.add_argument("--once", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.once:
        print(json.dumps(measured(**json.loads(arguments.once))))
        return 0
    version = newest(arguments.folder / arguments.model)
    texts = arguments.texts.read_text("utf-8").splitlines() if arguments.texts else warm_up_texts(version)
    with tempfile.TemporaryDirectory() as folder:
        inputs = pathlib.Path(folder, "texts.json")
        inputs.write_text(json.dumps(texts), encoding="utf-8")
        given = {"texts": str(inputs), "seconds": arguments.seconds}
        found: dict[tuple, list[dict]] = {}
        for number in range(arguments.rounds):
            for key, result in one_round(
                arguments.folder, arguments.model, version, arguments.batching_parameters_file, given
            ):
                found.setdefault(key, []).append(result)
                print(f"round {number + 1}: {key} {result}", file=sys.stderr, flush=True)
    print_table(found)
    return 0


def one_round(
    folder: pathlib.Path, model: str, version: pathlib.Path, parameters: pathlib.Path, given: dict
) -> Iterator[tuple[tuple, dict]]:
    """(kind, batching, clients) and the measurement, for all of them once."""
    yield ("bare call", "", 1), in_process(kind="bare", where=str(version), clients=1, **given)
    for batching in ("off", "on"):
        flags = (
            ["--enable_batching", f"--batching_parameters_file={parameters.resolve()}"]
            if batching == "on"
            else []
        )
        with server(folder, *flags) as (rest, grpc):
            for kind, port in (("gRPC", grpc), ("REST", rest)):
                for clients in CLIENTS:
                    where = f"127.0.0.1:{port}/{model}"
                    yield (
                        (kind, batching, clients),
                        in_process(kind=kind, where=where, clients=clients, **given),
                    )


def print_table(found: dict[tuple, list[dict]]) -> None:
    """The medians of the rounds."""
    bare = statistics.median(result["p50"] for result in found["bare call", "", 1])
    print("| | batching | clients | requests/s | p50, ms | p99, ms | p50 above the bare call, ms |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for (kind, batching, clients), results in found.items():
        rate, p50, p99 = (
            statistics.median(result[name] for result in results) for name in ("rate", "p50", "p99")
        )
        above = "" if kind == "bare call" else f"{p50 - bare:.2f}"
        print(f"| {kind} | {batching} | {clients} | {rate:.0f} | {p50:.2f} | {p99:.2f} | {above} |")
    for kind in ("gRPC", "REST"):
        for clients in CLIENTS[1:]:
            pairs = zip(found[kind, "on", clients], found[kind, "off", clients], strict=True)
            ratios = [on["rate"] / off["rate"] for on, off in pairs]
            listed = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            print(
                f"\n{kind}, {clients} clients: batching gives {statistics.median(ratios):.2f}x ({listed})",
                end="",
            )
    print()


def newest(folder: pathlib.Path) -> pathlib.Path:
    """A model's newest version."""
    return max((path for path in folder.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))


def warm_up_texts(version: pathlib.Path) -> list[str]:
    """The texts of a version's warm-up requests."""
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    file = version / "assets.extra" / "tf_serving_warmup_requests"
    texts = []
    for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
        (tensor,) = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request.inputs.values()
        texts += [text.decode() for text in tensor.string_val]
    return texts


@contextlib.contextmanager
def server(folder: pathlib.Path, *flags: str) -> Iterator[tuple[int, int]]:
    """A running server; its REST and gRPC ports."""
    with socket.socket() as one, socket.socket() as other:
        for free in (one, other):
            free.bind(("127.0.0.1", 0))
        rest, grpc = one.getsockname()[1], other.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "serving",
        str(folder.resolve()),
        f"--rest_api_port={rest}",
        f"--port={grpc}",
    ]
    process = subprocess.Popen(
        [*command, *flags], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        if not process.stdout or not process.stdout.readline().startswith("serving "):
            raise SystemExit("error: the server did not start")
        yield rest, grpc
    finally:
        process.terminate()
        process.wait()


def in_process(**measurement) -> dict:
    """What `measured` gives, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.serving", "", "", "--once", json.dumps(measurement)]
    return json.loads(
        subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    )


def measured(kind: str, where: str, clients: int, texts: str, seconds: float) -> dict[str, float]:
    """Requests a second, and the 50th and 99th percentile of their milliseconds."""
    inputs = json.loads(pathlib.Path(texts).read_text("utf-8"))
    make = {"bare": bare_call, "REST": rest_client, "gRPC": grpc_client}[kind]
    ready = threading.Barrier(clients + 1)

    def work(number: int) -> list[float]:
        try:
            ask = make(where, inputs)
            warm = time.perf_counter() + WARM_UP_SECONDS
            while time.perf_counter() < warm:
                ask(number)
        except BaseException:
            ready.abort()
            raise
        ready.wait()
        latencies = []
        begun = time.perf_counter()
        end = begun + seconds
        place = number
        while begun < end:
            ask(place)
            now = time.perf_counter()
            latencies.append(1000 * (now - begun))
            place, begun = place + 1, now
        return latencies

    with futures.ThreadPoolExecutor(clients) as pool:
        pending = [pool.submit(work, number) for number in range(clients)]
        with contextlib.suppress(
            threading.BrokenBarrierError
        ):  # then a client has failed, which is raised below
            ready.wait()
        begun = time.perf_counter()
        found = [future.result() for future in pending]
        elapsed = time.perf_counter() - begun
    all_of_them = sorted(latency for latencies in found for latency in latencies)
    p50, p99 = (all_of_them[int(share * len(all_of_them))] for share in (0.5, 0.99))
    return {"rate": len(all_of_them) / elapsed, "p50": round(p50, 3), "p99": round(p99, 3)}


def bare_call(where: str, texts: list[str]) -> Callable[[int], object]:
    """The signature, called in this process."""
    import tensorflow as tf
    import tensorflow_text  # noqa: F401  (registers its ops)

    signature = tf.saved_model.load(where).signatures["serving_default"]
    (name,) = signature.structured_input_signature[1]
    requests = [{name: tf.constant([text])} for text in texts]

    def ask(place: int) -> object:
        return [value.numpy() for value in signature(**requests[place % len(requests)]).values()]

    ask.keeps = signature  # type: ignore[attr-defined]
    return ask


def rest_client(where: str, texts: list[str]) -> Callable[[int], object]:
    """A client with one connection."""
    address, model = where.split("/")
    connection = http.client.HTTPConnection(address)
    bodies = [json.dumps({"instances": [text]}).encode() for text in texts]

    def ask(place: int) -> object:
        connection.request("POST", f"/v1/models/{model}:predict", bodies[place % len(bodies)])
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"error: {response.status} {body.decode()}")
        return body

    return ask


def grpc_client(where: str, texts: list[str]) -> Callable[[int], object]:
    """A client with one channel."""
    import grpc
    from tensorflow.core.framework import tensor_pb2, types_pb2
    from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

    address, model = where.split("/")
    stub = prediction_service_pb2_grpc.PredictionServiceStub(
        grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
    )
    question = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    question.model_spec.name = model
    signatures = get_model_metadata_pb2.SignatureDefMap()
    stub.GetModelMetadata(question).metadata["signature_def"].Unpack(signatures)
    (name,) = signatures.signature_def["serving_default"].inputs
    requests = []
    for text in texts:
        requests.append(predict_pb2.PredictRequest(model_spec=question.model_spec))
        tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[text.encode()])
        tensor.tensor_shape.dim.add(size=1)
        requests[-1].inputs[name].CopyFrom(tensor)
    return lambda place: stub.Predict(requests[place % len(requests)])


if __name__ == "__main__":
    sys.exit(main())
