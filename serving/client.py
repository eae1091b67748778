"""Ask TensorFlow Serving, or the embedded server: one file that needs nothing but the standard library.

    $ python client.py sentiment "a fine film" "the plot is dull"
    $ python client.py --grpc --url 127.0.0.1:8500 ner "Ada Lovelace was born in London"
    $ ls clips/*.gif | python client.py video_activity --file -
    $ python client.py video_activity_poses clip.npy
    $ python client.py captioning photo.jpg other.webp
    $ arecord -f S16_LE -r 16000 -c 1 -t raw | python client.py speech_to_text --stream -

    >>> Client("http://127.0.0.1:8501").predict("sentiment", ["a fine film"])["label"]
    ['positive']

gRPC alone needs more: the packages grpcio and tensorflow-serving-api. The file is longer than others of this
project because it is one: to be copied anywhere, with both interfaces and the command. For videos that are to
become clips, copy clips.py beside it; for pictures of other kinds than JPEG, PNG, BMP and GIF, install Pillow.
"""

from __future__ import annotations

import argparse
import array
import ast
import base64
import contextlib
import http.client
import importlib.metadata
import io
import itertools
import json
import math
import os
import pathlib
import re
import struct
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple, NoReturn

REST_URL, GRPC_ADDRESS = "http://127.0.0.1:8501", "127.0.0.1:8500"
RETRY_SECONDS = 0.5  # before the one retry of a refused connection
POLL_SECONDS = 0.2
DEFAULT_SIGNATURE = "serving_default"
READABLE = "readable_"  # begins the name of a signature whose answers are rows for people to read
TEXT_INPUTS = ("text", "tokens")  # inputs of these names are texts; other strings are the bytes of files
PCM, STATE = (
    "pcm",
    "state_",
)  # of the signatures of a stream: the input of sound; begins the names of its state
CLIP = "clip"  # an input of this name is an animated GIF, or JPEG files in a row
IMAGE = "image"  # an input of this name is a picture, of one of these kinds by its first bytes
IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")
# Other kinds of picture, and what stands where in their files.
OTHER_IMAGES = [
    *[("WebP", 8, b"WEBP"), ("TIFF", 0, b"II*\0"), ("TIFF", 0, b"MM\0*"), ("AVIF", 4, b"ftypavif")],
    *[("HEIC", 4, b"ftyp" + brand) for brand in (b"heic", b"heix", b"mif1")],
]
SAMPLING = "sampling"  # the signature that says how many frames of what size are of use
MOST_PCM = 32_000  # bytes in a request of a stream: a second of sound
SOUND = (1, 1, 16_000, 16)  # of a stream: PCM, channels, samples a second, bits of one
MOST_INPUTS, MOST_BYTES = 32, 2**24  # the command sends no more in a request, but for one large file

Signatures = dict[
    str, dict[str, dict[str, str]]
]  # name -> "inputs" and "outputs" -> tensor's name -> "DT_STRING"


class ServingClientError(Exception):
    """A server that is not there, or whose answer is an error.

    Args:
        message: what went wrong.
        status: the answer's HTTP status (404), over gRPC its code ("NOT_FOUND"); None when there was no
            answer.
    """

    def __init__(self, message: str, status: int | str | None = None) -> None:
        super().__init__(message)
        self.status = status


class _Refused(ServingClientError):
    """Nothing listens there (yet)."""


class _Model(NamedTuple):
    name: str
    version: int | None = None
    label: str | None = None


class Client:
    """A server of models; threads may share one.

    Args:
        url: `http://HOST:PORT`, or `https://...`; over gRPC `HOST:PORT`. Left out: the usual port of this
            machine.
        timeout: seconds to wait for an answer.
        grpc: ask over gRPC instead of REST.

    Raises:
        ServingClientError: when `grpc` is asked for and its packages are not there.
        ValueError: for a URL that is none.
    """

    def __init__(self, url: str | None = None, *, timeout: float = 60, grpc: bool = False) -> None:
        self.timeout = timeout
        self._transport: _Rest | _Grpc = _Grpc(url or GRPC_ADDRESS) if grpc else _Rest(url or REST_URL)
        self._signatures: dict[_Model, Signatures] = {}

    def predict(
        self,
        model: str,
        inputs: list | dict[str, list],
        *,
        signature_name: str = DEFAULT_SIGNATURE,
        version: int | None = None,
        label: str | None = None,
    ) -> dict[str, Any]:
        """Inputs -> output name -> a list with a row for each input.

        Args:
            model: its name.
            inputs: texts, bytes or (nested lists of) numbers; for a signature of several inputs a list for
                each name.
            signature_name: which of the model's functions.
            version: a version's number; without it, and without a label, the newest version answers.
            label: a version's label.

        Raises:
            ServingClientError: when there is no server, or its answer is an error.
            ValueError: when the inputs do not fit the signature.
        """
        spec = _Model(model, version, label)
        known = self._signatures.get(spec)
        try:
            return self._predict(spec, signature_name, known or self._ask_signatures(spec), inputs)
        except (ServingClientError, ValueError):
            # What is known may be of a version that has been replaced since.
            if not known or self._ask_signatures(spec) == known:
                raise
            return self._predict(spec, signature_name, self._signatures[spec], inputs)

    def stream(
        self, model: str, pieces: Iterable[bytes], *, version: int | None = None, label: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Sound as it comes -> what was said, after every piece and at the end.

        Args:
            model: its name; it has the signatures `stream_start`, `stream_step` and `stream_finish`.
            pieces: 16-bit little-endian samples of one channel at 16 kHz, cut anywhere.
            version: as in `predict`; the version that begins a stream answers all of it.
            label: as in `predict`.

        Yields:
            `final`, text that does not change any more; `pending`, text that may; `endpoint`, 1 where an utterance
            has ended; `seconds` heard so far.

        Raises:
            ServingClientError, ValueError: as `predict`.
        """
        if version is None and label is None:
            known = self.status(model)
            version = max((int(one["version"]) for one in known if one["state"] == "AVAILABLE"), default=None)
        state: dict[str, Any] = {}

        def ask(name: str, piece: bytes) -> dict[str, Any]:
            inputs = {PCM: [piece], **state}
            answer = self.predict(model, inputs, signature_name=name, version=version, label=label)
            state.update({key: value for key, value in answer.items() if key.startswith(STATE)})
            return {key: value[0] for key, value in answer.items() if not key.startswith(STATE)}

        for piece in pieces:
            yield ask("stream_step" if state else "stream_start", piece)
        if not state:
            yield ask("stream_start", b"")
        yield ask("stream_finish", b"")

    def metadata(self, model: str, *, version: int | None = None, label: str | None = None) -> Signatures:
        """A model's signatures: name -> "inputs" and "outputs" -> tensor's name -> dtype, such as
        "DT_STRING".
        """
        return self._ask_signatures(_Model(model, version, label))

    def status(self, model: str, version: int | None = None) -> list[dict[str, Any]]:
        """A model's versions, newest first, in TensorFlow Serving's form: `version`, `state`, `status` (an
        error).
        """
        return self._patiently(lambda: self._transport.status(_Model(model, version), self.timeout))

    def wait(self, model: str, seconds: float, version: int | None = None) -> int:
        """Wait until a model, or one version of it, is available; gives the (newest) available version.

        Raises:
            ServingClientError: when it is not after so many seconds.
        """
        end = time.monotonic() + seconds
        status: int | str | None
        while True:
            try:
                left = max(end - time.monotonic(), POLL_SECONDS)
                versions = self._transport.status(_Model(model, version), min(self.timeout, left))
                if available := [
                    int(known["version"]) for known in versions if known["state"] == "AVAILABLE"
                ]:
                    return max(available)
                why, status = json.dumps(versions), self._transport.not_found
            except ServingClientError as error:
                why, status = str(error), error.status
            if time.monotonic() + POLL_SECONDS > end:
                raise ServingClientError(f"{model}: not available after {seconds:g} s: {why}", status)
            time.sleep(POLL_SECONDS)

    def _ask_signatures(self, spec: _Model) -> Signatures:
        if spec.version is not None and spec.label is not None:
            raise ValueError("give a version or a label, not both")
        answer = self._patiently(lambda: self._transport.metadata(spec, self.timeout))
        signatures = {}
        for name, signature in answer["signature_def"]["signature_def"].items():
            tensors = [(kind, signature.get(kind, {}).items()) for kind in ("inputs", "outputs")]
            signatures[name] = {
                kind: {key: tensor.get("dtype", "DT_INVALID") for key, tensor in of} for kind, of in tensors
            }
        self._signatures[spec] = signatures
        return signatures

    def _predict(
        self, spec: _Model, name: str, signatures: Signatures, inputs: list | dict
    ) -> dict[str, Any]:
        if not isinstance(inputs, dict):
            inputs = {_only_input(signatures, name)[0]: inputs}
        signature = _signature(signatures, name)
        return self._patiently(lambda: self._transport.predict(spec, name, signature, inputs, self.timeout))

    def _patiently(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except _Refused:
            time.sleep(RETRY_SECONDS)
            return call()


class _Rest:
    """REST, a connection a call. No proxies: a model server is near."""

    not_found: int | str = 404

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url}: expected a URL such as {REST_URL}")
        self._url, self._address, self._prefix = url, (parts.hostname, parts.port), parts.path.rstrip("/")
        self._connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection

    def predict(
        self, spec: _Model, name: str, signature: dict, inputs: dict, timeout: float
    ) -> dict[str, Any]:
        body = json.dumps({"signature_name": name, "inputs": inputs}, default=_b64)
        answer = self._call(spec, ":predict", timeout, "outputs", body)
        # The only output of a signature comes without its name.
        outputs = answer if len(signature["outputs"]) > 1 else {next(iter(signature["outputs"])): answer}
        return {key: _without_b64(value) for key, value in outputs.items()}

    def status(self, spec: _Model, timeout: float) -> list[dict[str, Any]]:
        return self._call(spec, "", timeout, "model_version_status")

    def metadata(self, spec: _Model, timeout: float) -> dict[str, Any]:
        return self._call(spec, "/metadata", timeout, "metadata")

    def _call(self, spec: _Model, ending: str, timeout: float, key: str, body: str | None = None) -> Any:
        path = f"{self._prefix}/v1/models/{urllib.parse.quote(spec.name, safe='')}"
        path += "" if spec.version is None else f"/versions/{spec.version}"
        path += "" if spec.label is None else f"/labels/{urllib.parse.quote(spec.label, safe='')}"
        status, text = self._exchange(path + ending, timeout, body)
        try:
            answer = json.loads(text)
            if status == 200:
                return answer[key]
            message = str(answer["error"])
        except (ValueError, TypeError, KeyError):
            message = f"{self._url}: this is not TensorFlow Serving: {text[:80]!r}"
        raise ServingClientError(message, status)

    def _exchange(self, path: str, timeout: float, body: str | None) -> tuple[int, str]:
        connection = self._connect(*self._address, timeout=timeout)
        try:
            with contextlib.suppress(
                BrokenPipeError
            ):  # a server may answer before it has read a body it refuses
                connection.request("POST" if body else "GET", path, body and body.encode())
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        except ConnectionRefusedError:
            raise _Refused(f"{self._url}: connection refused; is the server running?") from None
        except TimeoutError:
            raise ServingClientError(f"{self._url}: no answer in {timeout:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise ServingClientError(f"{self._url}: {error or type(error).__name__}") from None
        finally:
            connection.close()


class _Grpc:
    """gRPC, over one channel; status and metadata in the form that REST has."""

    not_found: int | str = "NOT_FOUND"

    def __init__(self, address: str) -> None:
        if "/" in address:
            raise ValueError(f"{address}: expected HOST:PORT for gRPC, such as {GRPC_ADDRESS}")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            import grpc
            import tensorflow
            from tensorflow_serving import apis
            from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc
        except ImportError as error:
            raise ServingClientError(f"gRPC needs grpcio and tensorflow-serving-api: {error}") from None
        self._address, self._grpc, self._tensorflow, self._apis = address, grpc, tensorflow, apis
        # Messages of any size; a refused connection is tried again soon; no proxies.
        options = {"max_receive_message_length": -1, "max_send_message_length": -1, "enable_http_proxy": 0}
        options |= {f"{which}_reconnect_backoff_ms": 100 for which in ("initial", "min", "max")}
        channel = grpc.insecure_channel(address, [(f"grpc.{key}", value) for key, value in options.items()])
        self._models = model_service_pb2_grpc.ModelServiceStub(channel)
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def predict(
        self, spec: _Model, name: str, signature: dict, inputs: dict, timeout: float
    ) -> dict[str, Any]:
        request = self._apis.predict_pb2.PredictRequest()
        request.model_spec.signature_name = name
        for key, values in inputs.items():
            dtype = signature["inputs"].get(key, "").removeprefix("DT_").lower()
            try:
                tensor = self._tensorflow.make_tensor_proto(values, _TYPES.get(dtype, dtype) or None)
            except TypeError as error:
                raise ValueError(f"input {key}: {error}") from None
            request.inputs[key].CopyFrom(tensor)
        answer = self._call(self._predictions.Predict, request, spec, timeout)
        arrays = {
            key: self._tensorflow.make_ndarray(tensor).tolist()
            for key, tensor in sorted(answer.outputs.items())
        }
        return {key: values if key.endswith("_bytes") else _decoded(values) for key, values in arrays.items()}

    def status(self, spec: _Model, timeout: float) -> list[dict[str, Any]]:
        request = self._apis.get_model_status_pb2.GetModelStatusRequest()
        answer = self._as_json(self._call(self._models.GetModelStatus, request, spec, timeout))
        fine = {"error_code": "OK", "error_message": ""}
        return [
            one | {"status": fine | one.get("status", {})} for one in answer.get("model_version_status", [])
        ]

    def metadata(self, spec: _Model, timeout: float) -> dict[str, Any]:
        request = self._apis.get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        return self._as_json(self._call(self._predictions.GetModelMetadata, request, spec, timeout))[
            "metadata"
        ]

    def _as_json(self, message: Any) -> dict[str, Any]:
        from google.protobuf import json_format

        return json_format.MessageToDict(message, preserving_proto_field_name=True)

    def _call(self, method: Callable, request: Any, spec: _Model, timeout: float) -> Any:
        request.model_spec.name = spec.name
        if spec.version is not None:
            request.model_spec.version.value = spec.version
        if spec.label is not None:
            request.model_spec.version_label = spec.label
        try:
            return method(request, timeout=timeout)
        except self._grpc.RpcError as error:
            code, details = error.code().name, error.details() or ""
        if code == "UNAVAILABLE" and "onnection refused" in details:
            raise _Refused(f"{self._address}: connection refused; is the server running?")
        if code == "DEADLINE_EXCEEDED":
            raise ServingClientError(f"{self._address}: no answer in {timeout:g} s")
        is_there = code != "UNAVAILABLE" or not any(text in details for text in ("connect", "resol"))
        raise ServingClientError(
            details if is_there else f"{self._address}: {details}", code if is_there else None
        )


_HALF_PAIR = re.compile("[\ud800-\udfff]")
_TYPES = {"float": "float32", "double": "float64", "half": "float16"}


def _signature(signatures: Signatures, name: str) -> dict[str, dict[str, str]]:
    if name not in signatures:
        raise ValueError(f"no signature {name!r}; the model has {', '.join(sorted(signatures))}")
    return signatures[name]


def _only_input(signatures: Signatures, name: str) -> tuple[str, str]:
    """The name and dtype of a signature's input, if it has one."""
    inputs = _signature(signatures, name)["inputs"]
    if len(inputs) != 1:
        raise ValueError(
            f"signature {name!r} takes {len(inputs)} inputs, each by its name: {', '.join(sorted(inputs))}"
        )
    return next(iter(inputs.items()))


def _b64(value: Any) -> dict[str, str]:
    if not isinstance(value, bytes):
        raise ValueError(f"{value!r}: expected texts, bytes or lists of numbers")
    return {"b64": base64.b64encode(value).decode()}


def _without_b64(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_b64(item) for item in value]
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def takes_files(signature: dict[str, dict[str, str]]) -> bool:
    """Whether a signature takes files: its one input is a string, under another name than a text's."""
    return len(signature["inputs"]) == 1 and all(
        dtype == "DT_STRING" and name not in TEXT_INPUTS for name, dtype in signature["inputs"].items()
    )


def readable(signatures: Signatures) -> str | None:
    """The first signature whose answers are rows for people to read, `readable_NAME`; None without one."""
    return min((name for name in signatures if name.startswith(READABLE)), default=None)


def table(columns: dict[str, list], dtypes: dict[str, str]) -> list[dict[str, Any]]:
    """The columns of one answer of a readable signature as rows, as long as the first column is not empty.

    A server does not keep the order of outputs: texts come first, then whole numbers, then others, and among
    them it is that of the alphabet.

    Args:
        columns: output -> its values, padded on the right with "" or 0.
        dtypes: output -> "DT_STRING" and so on.
    """

    def order(name: str) -> tuple[bool, bool, str]:
        return dtypes[name] != "DT_STRING", "INT" not in dtypes[name], name

    names = sorted(columns, key=order)
    rows = zip(*(columns[name] for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in itertools.takewhile(lambda row: row[0], rows)]


def program_version() -> str:
    """Of the checkout that this file stands in, or of the package that is installed."""
    file = pathlib.Path(__file__).parent.parent / "pyproject.toml"
    with contextlib.suppress(OSError, ValueError):
        found = re.search(
            r'^name = "keras_seq"\nversion = "(.+)"$', file.read_text(encoding="utf-8"), re.MULTILINE
        )
        if found:
            return found[1]
    try:
        return importlib.metadata.version("keras_seq")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def main(argv: list[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    if words == ["--version"]:
        print(f"client {program_version()}")
        return 0
    parser = _parser()
    arguments = parser.parse_args(words)
    if [bool(arguments.inputs), arguments.file is not None, arguments.stream is not None].count(True) != 1:
        parser.error("expected INPUT, --file LIST or --stream FILE: one of them")
    if arguments.stream is not None and (arguments.signature or arguments.text):
        parser.error("--stream takes neither --signature nor --text")
    try:
        if arguments.stream is not None:
            _stream(arguments)
        else:
            for answer in _answers(arguments):
                _print(answer)
    except (ServingClientError, ValueError) as error:
        print("error:", " ".join(str(error).split()), file=sys.stderr)
        return 1 if getattr(error, "status", None) is not None else 2
    except BrokenPipeError:  # the reader has closed the pipe, as `head` does
        return _without_stdout(128 + 13)
    except OSError as error:  # those of connections and files have become one of the errors above
        print(f"error: the answer cannot be written: {error.strerror or error}", file=sys.stderr)
        return _without_stdout(2)
    except KeyboardInterrupt:
        return 130
    return 0


def _print(answer: dict[str, Any]) -> None:
    """One answer as a line of JSON, in the terminal's encoding."""
    document, is_finite = _finite(answer)
    if not is_finite:
        print("note: NaN and Infinity, which JSON has no words for, are printed as null", file=sys.stderr)
    text = _whole(json.dumps(document, ensure_ascii=False, default=_b64))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(document, default=_b64)
    print(text, flush=True)


def _finite(value: Any) -> tuple[Any, bool]:
    """A JSON value without the numbers that JSON does not have, and whether there were none."""
    if isinstance(value, dict):
        found = {key: _finite(item) for key, item in value.items()}
        return {key: item for key, (item, _) in found.items()}, all(
            is_finite for _, is_finite in found.values()
        )
    if isinstance(value, list):
        items = [_finite(item) for item in value]
        return [item for item, _ in items], all(is_finite for _, is_finite in items)
    is_finite = not isinstance(value, float) or math.isfinite(value)
    return (value if is_finite else None), is_finite


def _without_stdout(code: int) -> int:
    """The exit code; what could not be written is forgotten, or the end of the program would try once more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """As argparse's, with a hint for texts that begin with -."""
        if re.search(r"unrecognized arguments?: -|arguments are required|expected", message):
            message += "; an input that begins with - stands after --, as in: client.py MODEL -- -INPUT"
        super().error(message)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e7:
        raise argparse.ArgumentTypeError(f"{text!r}: expected seconds, more than 0")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number, more than 0")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        allow_abbrev=False,
        description="Ask a model server; a JSON object an input.",
        epilog="An input that begins with - stands after --. --version alone says this program's own version.",
    )
    parser.add_argument("model", metavar="MODEL", help="a model's name, for example sentiment")
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="a text; a file's path where the model's input is a string of another name than text or tokens",
    )
    parser.add_argument(
        "--file", metavar="LIST", help="a file with an input a line, instead of INPUT; - for standard input"
    )
    parser.add_argument(
        "--stream",
        metavar="FILE",
        help="a sound as it comes, instead of INPUT, and its text as it is heard: 16-bit samples of one channel at "
        "16 kHz, bare or in a WAV file; - for standard input",
    )
    for option, what in (("--frames", "most frames of a clip"), ("--side", "pixels of its shorter side")):
        parser.add_argument(
            option,
            type=_count,
            metavar="N",
            help=f"{what} that is made of a video; default: as the model has it",
        )
    parser.add_argument("--text", action="store_true", help="inputs are texts, whatever the model's input is")
    parser.add_argument("--url", help=f"default: {REST_URL}; with --grpc, {GRPC_ADDRESS}")
    parser.add_argument(
        "--grpc", action="store_true", help="gRPC instead of REST; needs tensorflow-serving-api"
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=60, metavar="S", help="seconds for an answer (default: 60)"
    )
    parser.add_argument(
        "--wait", type=_seconds, metavar="S", help="wait so many seconds for the model to be available"
    )
    parser.add_argument(
        "--signature",
        metavar="NAME",
        help=f"default: {DEFAULT_SIGNATURE}, or the first whose name begins with {READABLE}; one of an input each",
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help=f"the answers of {DEFAULT_SIGNATURE}, whole, if there are others; those of a stream as JSON",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, metavar="N", help="a version instead of the newest")
    which.add_argument("--label", metavar="NAME", help="a version by its label")
    return parser


def _client(arguments: argparse.Namespace) -> Client:
    for name in ("model", "signature", "label"):
        setattr(arguments, name, getattr(arguments, name) and _whole(getattr(arguments, name)))
    client = Client(arguments.url, timeout=arguments.timeout, grpc=arguments.grpc)
    if arguments.wait is not None:
        client.wait(arguments.model, arguments.wait, arguments.version)
    return client


def _answers(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    client = _client(arguments)
    which = {"version": arguments.version, "label": arguments.label}
    signatures = client.metadata(arguments.model, **which)
    rows_in = None if arguments.whole or arguments.signature else readable(signatures)
    signature = rows_in or arguments.signature or DEFAULT_SIGNATURE
    name, dtype = _only_input(signatures, signature)
    is_of_files = takes_files(signatures[signature]) and not arguments.text
    clips = _Clips(client, arguments, SAMPLING in signatures) if name == CLIP and is_of_files else None

    def value(text: str) -> Any:
        found = _value(text, dtype, is_of_files)
        if name == IMAGE and is_of_files:
            return _image(text, found)
        return found if clips is None else clips.clip(text, found)

    for shown, values in _chunks(_given(arguments, is_of_files), value):
        outputs = client.predict(arguments.model, _padded(values), signature_name=signature, **which)
        for row, text in enumerate(shown):
            answer = {key: column[row] for key, column in outputs.items() if _has_rows(column, len(shown))}
            if rows_in:
                rows = table(answer, signatures[signature]["outputs"])
                yield {name: text, rows_in.removeprefix(READABLE): rows}
            else:
                yield {name: text, **outputs, **answer}


def _image(name: str, raw: bytes) -> bytes:
    """What is sent of a file: a picture of a kind that the model reads as it is, and what is none, so that the answer
    says what is wrong with it; one of another kind as a JPEG file, with alpha as PNG, which Pillow makes.
    """
    kinds = (kind for kind, place, magic in OTHER_IMAGES if raw[place:].startswith(magic))
    kind = None if raw.startswith(IMAGES) else next(kinds, None)
    if kind is None:
        return raw
    try:
        made = _converted(raw)
    except ImportError:
        raise ValueError(
            f"{name}: a {kind} file; the model takes JPEG, PNG, BMP and GIF: convert it, or pip install pillow"
        ) from None
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        print(
            f"note: {name}: no picture could be made of this {kind} file: {why}; it is sent as it is",
            file=sys.stderr,
        )
        return raw
    to = "JPEG" if made.startswith(IMAGES[0]) else "PNG"
    print(f"made a {to} file of the {kind} file {_whole(name)}", file=sys.stderr)
    return made


def _converted(raw: bytes) -> bytes:
    """The first frame or page of a picture, as it is to be seen, as a JPEG file, with alpha as PNG."""
    from PIL import Image, ImageOps

    with contextlib.suppress(ImportError):  # which alone reads HEIC
        import pillow_heif

        pillow_heif.register_heif_opener()
    try:
        with Image.open(io.BytesIO(raw)) as file:
            picture = ImageOps.exif_transpose(file)
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from None
    if picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    is_clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    stream = io.BytesIO()
    if is_clear:
        picture.convert("RGBA").save(stream, "PNG")
    else:
        picture.convert("RGB").save(stream, "JPEG", quality=95)
    return stream.getvalue()


class _Clips:
    """Clips of the size that a model wants, of files of video; clips.py, beside this file, makes them."""

    def __init__(self, client: Client, arguments: argparse.Namespace, has_sampling: bool) -> None:
        self._client, self._arguments, self._has_sampling = client, arguments, has_sampling
        self._wanted: dict[str, int] | None = None

    def clip(self, name: str, raw: bytes) -> bytes:
        """What is sent of a file: a GIF or JPEG files as they are, a video as a clip; what is none as it is, so
        that the answer says what is wrong with it.
        """
        is_clip = raw.startswith((b"GIF87a", b"GIF89a", b"\xff\xd8\xff"))
        if not raw or (is_clip and len(raw) <= MOST_BYTES // 4):
            return raw
        sizes = self._sizes()
        try:
            made = _clips().as_clip(raw, **sizes)
        except (ImportError, FileNotFoundError) as error:
            if is_clip:
                return raw
            missing = (
                "pip install av numpy" if isinstance(error, ImportError) else "copy clips.py beside client.py"
            )
            raise ValueError(f"{name}: is no GIF; to make a clip of a video, {missing}") from None
        except ValueError as error:
            print(f"note: {name}: {error}; it is sent as it is", file=sys.stderr)
            return raw
        if made is None:
            return raw
        of = f"{made.frames} frames of {made.size[0]}x{made.size[1]} from {_whole(name)}"
        print(f"made a clip of {of} ({made.seconds:.1f} s, {made.of} frames)", file=sys.stderr)
        return made.raw

    def _sizes(self) -> dict[str, int]:
        """`frames` and `side` of a clip: as the command line has them, else as the model, which is asked once."""
        if self._wanted is None:
            of, found = self._arguments, {}
            if self._has_sampling and None in (of.frames, of.side):
                which = {"version": of.version, "label": of.label}
                answer = self._client.predict(of.model, [b""], signature_name=SAMPLING, **which)
                found = {key: int(answer[key][0]) for key in ("frames", "side")}
            given = {key: getattr(of, key) for key in ("frames", "side") if getattr(of, key) is not None}
            self._wanted = found | given
        return self._wanted


def _clips() -> Any:
    """The module clips.py beside this file, whatever this one is called."""
    from importlib import util

    name = "keras_seq_clips"
    spec = util.spec_from_file_location(name, pathlib.Path(__file__).with_name("clips.py"))
    if name not in sys.modules and spec is not None and spec.loader is not None:
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules[name]


def _stream(arguments: argparse.Namespace) -> None:
    """Print what is heard of a sound while it comes."""
    client = _client(arguments)
    which = {"version": arguments.version, "label": arguments.label}
    with contextlib.ExitStack() as stack:
        try:
            is_piped = arguments.stream == "-"
            path = pathlib.Path(arguments.stream)
            file = sys.stdin.buffer if is_piped else stack.enter_context(path.open("rb"))
        except OSError as error:
            raise ValueError(f"{arguments.stream}: {error.strerror}") from None
        answers = client.stream(arguments.model, _pieces(file, arguments.stream), **which)
        if arguments.whole:
            for answer in answers:
                _print(answer)
        else:
            _print_text(answers)


def _print_text(answers: Iterable[dict[str, Any]]) -> None:
    """The text of a stream as it comes, a line an utterance; on a terminal that which may change too."""
    line = ""
    for answer in answers:
        final = answer["final"] if line else answer["final"].lstrip()
        line += final
        pending = answer["pending"] if line else answer["pending"].lstrip()
        # Clear what is right of the text, and leave the cursor before what may change.
        shown = f"\x1b[J\x1b7{pending}\x1b8" if sys.stdout.isatty() else ""
        if line and answer["endpoint"]:
            line, shown = "", "\n" + shown
        encoding = sys.stdout.encoding or "utf-8"
        print((final + shown).encode(encoding, "replace").decode(encoding), end="", flush=True)
    if line:
        print(flush=True)


def _pieces(file: BinaryIO, name: str) -> Iterator[bytes]:
    """The samples of a file as they come, a second at a time at most; Ctrl-C ends them."""
    try:
        piece, left = file.read(4), sys.maxsize
        if piece == b"RIFF":
            piece, left = b"", _sound_bytes(file, name)
        while left > 0 and (more := file.read1(min(MOST_PCM, left))):  # type: ignore[attr-defined]
            yield piece + more
            piece, left = b"", left - len(more)
        if piece:
            yield piece
    except KeyboardInterrupt:
        return
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror}") from None


def _sound_bytes(file: BinaryIO, name: str) -> int:
    """Read a WAV file up to its samples, and return how many bytes they are: of one that was written as it came,
    whatever comes. Python's `wave` refuses such a file, and before 3.12 WAVE_FORMAT_EXTENSIBLE.
    """
    form = b""
    file.read(8)  # the file's size, and "WAVE"
    while len(header := file.read(8)) == 8:
        kind, size = header[:4], int.from_bytes(header[4:], "little")
        if kind == b"data" and len(form) >= 16:
            code, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form[:16])
            code = int.from_bytes(form[24:26], "little") if code == 0xFFFE else code
            if (code, channels, rate, bits) != SOUND:
                found = f"{channels} channel{'s' * (channels != 1)}, {rate} Hz, {bits} bits, format {code}"
                raise ValueError(
                    f"{name}: {found}; a stream has 1 channel, 16000 Hz, 16 bits, format 1 (PCM), as "
                    f"of: ffmpeg -i {name} -ac 1 -ar 16000 -f s16le - | client.py MODEL --stream -"
                )
            return sys.maxsize if size in (0, 0xFFFFFFFF) else size
        content = file.read(size + size % 2) if size < MOST_BYTES else b""
        form = content if kind == b"fmt " else form
    raise ValueError(f"{name}: a WAV file without samples")


def _given(arguments: argparse.Namespace, is_of_files: bool) -> Iterator[str]:
    """The inputs of the command line, or the lines of the file that it names; blank ones name no file."""
    if arguments.file is None:
        yield from arguments.inputs
        return
    try:
        with contextlib.ExitStack() as stack:
            is_piped = arguments.file == "-"
            file = (
                sys.stdin.buffer if is_piped else stack.enter_context(pathlib.Path(arguments.file).open("rb"))
            )
            for number, line in enumerate(file):
                text = line.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")
                text = text.removesuffix("\n").removesuffix("\r")
                if text or not is_of_files:
                    yield text
    except OSError as error:
        raise ValueError(f"{arguments.file}: {error.strerror}") from None


def _chunks(given: Iterable[str], value: Callable[[str], Any]) -> Iterator[tuple[list[str], list[Any]]]:
    """Inputs as they are shown and as they are sent, a request's at a time: 32, or 16 MiB of files."""
    shown: list[str] = []
    values: list[Any] = []
    size = 0
    for text in given:
        shown.append(text)
        values.append(value(text))
        size += _size(values[-1])
        if len(shown) == MOST_INPUTS or size >= MOST_BYTES:
            yield shown, values
            shown, values, size = [], [], 0
    if shown:
        yield shown, values


def _value(text: str, dtype: str, is_of_files: bool) -> Any:
    """What is sent for an input: a file's bytes, an empty one's too; a text; or a number."""
    if is_of_files:
        try:
            return pathlib.Path(text).read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ValueError(f"{text}: {reason}; the model takes files, --text sends a text") from None
    if dtype != "DT_STRING" and text.endswith(".npy"):
        return _array(text)
    return _whole(text) if dtype == "DT_STRING" else _number(text, dtype)


_ARRAYS = {"f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I"}


def _array(path: str) -> list:
    """The numbers of a NumPy file, a list of rows: what the array has along its first axis, each flat; of one axis
    the numbers. Zeros, which a server that pads takes for nothing, stay.
    """
    try:
        content = pathlib.Path(path).read_bytes()
        begin = 10 if content[6:7] == b"\1" else 12
        end = begin + int.from_bytes(content[8:begin], "little")
        header = ast.literal_eval(content[begin:end].decode("latin-1").strip())
        values = array.array(_ARRAYS[header["descr"][1:]], content[end:])
        count, *sizes = header["shape"]
        is_fit = content[:6] == b"\x93NUMPY" and not header["fortran_order"]
        if not is_fit or count * math.prod(sizes) != len(values):
            raise ValueError
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, SyntaxError):
        raise ValueError(f"{path}: expected a .npy file of numbers, in C order") from None
    if (header["descr"][0] == ">") == (sys.byteorder == "little") and values.itemsize > 1:
        values.byteswap()
    width = math.prod(sizes)
    return (
        [values[row * width : (row + 1) * width].tolist() for row in range(count)]
        if sizes
        else values.tolist()
    )


def _padded(values: list) -> list:
    """Inputs of rows of numbers, the shorter ones with rows of zeros behind them; others as they are."""
    if not all(isinstance(one, list) and one and isinstance(one[0], list) for one in values):
        return values
    longest = max(map(len, values))
    return [one + [[0] * len(one[0])] * (longest - len(one)) for one in values]


def _size(value: Any) -> int:
    """Bytes of an input, roughly; a text's are few."""
    if isinstance(value, list):
        return sum(map(_size, value)) if value and isinstance(value[0], list) else 8 * len(value)
    return len(value) if isinstance(value, bytes) else 0


def _whole(text: str) -> str:
    """Text without halves of surrogate pairs, in which Python keeps bytes of a command line that are not
    UTF-8.
    """
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # halves that stand for no byte
        return _HALF_PAIR.sub("\ufffd", text)


def _has_rows(column: Any, count: int) -> bool:
    return isinstance(column, list) and len(column) == count


def _number(text: str, dtype: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{text[:80]!r}: the model takes {dtype}: give a number or a JSON list") from None


if __name__ == "__main__":
    sys.exit(main())
