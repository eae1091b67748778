"""What a servable must hold to before it is published.

    1  ops        core TensorFlow ops and the TF-Text ops that TensorFlow Serving links; no Python, no XLA
    2  CPU        runs where there is no GPU, whatever machine exported it
    3  same       the Keras model, the SavedModel in a fresh process, REST and gRPC give the same answers
    4  batch      an answer does not depend on what else is in the batch, nor on padding
    6  warm-up    the warm-up requests are there, and replay

The numbers are those of docs/architecture.md. Publication by renaming (7) is in `servable`.
"""

from __future__ import annotations

import base64
import itertools
import json
import math
import pathlib
import subprocess
import sys
from typing import Any

import keras
import tensorflow as tf

from export.ops import used_ops
from export.servable import SIGNATURE
from keras_seq.layers import Answering
from keras_seq.scoring import plain

BATCH_SIZE = 32
TOLERANCE = 1e-5  # between two scores of one input
SECONDS = 600  # for the fresh process

# In tensorflow-text 2.17, not in 2.12.1, which TensorFlow Serving 2.12 to 2.19 hold (tensorflow/serving#2267).
TEXT_OPS_NOT_SERVED = {"TFText>RoundRobinTrim", "TFText>RoundRobinGenerateMasks", "TFText>Utf8Binarize"}
PYTHON_OPS = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
TEXT_EDGES = ("", " ", "🙂", "naïve Ünïcode 日本語 العربية 🙂", "!")


class GateError(ValueError):
    """A servable failed a gate: which, and by which op, input and difference."""


def check(folder: pathlib.Path, model: Answering, inputs: list[str | bytes]) -> list[str]:
    """Put a servable through the gates.

    Args:
        folder: the SavedModel.
        model: the Keras model that it was made of.
        inputs: raw example inputs; edge cases are added.

    Returns:
        A line a gate that was passed.

    Raises:
        GateError: at the first gate that was not.
    """
    probes = _probes(inputs)
    crowd = list(itertools.islice(itertools.cycle(probes), max(BATCH_SIZE, len(probes))))
    batches = [crowd[start : start + BATCH_SIZE] for start in range(0, len(crowd), BATCH_SIZE)]
    used, used_on_cpu = used_ops(folder)
    # Before the servable runs: an op that is not there would stop it with a message that helps nobody.
    _check_forbidden(used)
    _check_cpu(used_on_cpu)
    others = {
        name: signature.example(tf.constant(probes))
        for name, signature in model.signatures().items()
        if name != SIGNATURE
    }
    fresh = _in_fresh_process(folder, [[probe] for probe in probes] + batches, others)
    _check_known(used, set(fresh["core_ops"]), set(fresh["text_ops"]))
    alone = [_row(answer, 0) for answer in fresh["answers"][: len(probes)]]
    together = _rows(fresh["answers"][len(probes) :], batches)
    keras_rows = _rows([_ask(model, batch) for batch in batches], batches)
    worst_same = _compare("gate 3 (same)", crowd, keras_rows, together, ("the Keras model", "the SavedModel"))
    worst_same = max(worst_same, _compare_others(model, probes, others, fresh))
    for interface, given in fresh["served"].items():
        answers = given["answers"]
        served = _rows(answers[len(probes) :], batches)
        sides = ("the Keras model", interface)
        worst_same = max(worst_same, _compare("gate 3 (same)", crowd, keras_rows, served, sides))
        lone = [_row(answer, 0) for answer in answers[: len(probes)]]
        worst_same = max(worst_same, _compare("gate 3 (same)", probes, alone, lone, ("the SavedModel", interface)))
    expected = list(itertools.islice(itertools.cycle(alone), len(crowd)))
    worst_batch = _compare("gate 4 (batch)", crowd, expected, together, ("alone", f"in a batch of {BATCH_SIZE}"))
    if not fresh["replayed"]:
        raise GateError("gate 6 (warm-up): the file of warm-up requests is empty")
    return [
        f"gate 1 (ops): {len(used)} kinds of op, all core TensorFlow or served TF-Text",
        "gate 2 (CPU): loaded and asked in a process without GPUs",
        f"gate 3 (same): Keras model = SavedModel = REST = gRPC for {len(probes)} inputs, "
        f"largest difference {worst_same:.1e}",
        f"gate 4 (batch): alone = in a batch of {BATCH_SIZE}, largest difference {worst_batch:.1e}",
        f"gate 6 (warm-up): {fresh['replayed']} requests replayed",
    ]


def _compare_others(model: Answering, probes: list, others: dict[str, tf.Tensor], fresh: dict[str, Any]) -> float:
    """The largest difference in the answers of the signatures beside the default one."""
    largest = 0.0
    for name, batch in others.items():
        answer = {key: plain(tensor) for key, tensor in model.signatures()[name].call(batch).items()}
        for side, given in (("the SavedModel", fresh), *fresh["served"].items()):
            answered = _rows([given["others"][name]], [probes])
            sides = (f"the Keras model ({name})", f"{side} ({name})")
            largest = max(largest, _compare("gate 3 (same)", probes, _rows([answer], [probes]), answered, sides))
    return largest


def _probes(inputs: list[str | bytes]) -> list[str | bytes]:
    texts = [item for item in inputs if isinstance(item, str)]
    return [*texts, *TEXT_EDGES, " ".join(texts)] if len(texts) == len(inputs) else list(inputs)


def _check_forbidden(used: dict[str, str]) -> None:
    for op, node in used.items():
        if op in PYTHON_OPS:
            raise GateError(f"gate 1 (ops): {op} (node {node}) calls Python, which a server does not have")
        if op == "_XlaMustCompile":
            raise GateError(f"gate 1 (ops): {node} must be compiled by XLA, which TensorFlow Serving turns off")
        if op in TEXT_OPS_NOT_SERVED:
            raise GateError(f"gate 1 (ops): {op} (node {node}) is not in TensorFlow Serving's TF-Text (2.12.1)")


def _check_cpu(used: dict[str, str]) -> None:
    """No cuDNN op where a CPU comes by; beside another implementation, chosen where the graph runs, it is welcome."""
    for op, node in used.items():
        if op.startswith("CudnnRNN"):
            raise GateError(
                f"gate 2 (CPU): {op} (node {node}) runs on a GPU only, and nothing takes its place on a CPU; "
                "build the model of keras_seq.layers.LSTM, or load and export it where no GPU is visible"
            )


def _check_known(used: dict[str, str], core: set[str], text: set[str]) -> None:
    for op, node in used.items():
        if op not in core | text:
            raise GateError(f"gate 1 (ops): {op} (node {node}) is neither a core TensorFlow op nor one of TF-Text")


def _in_fresh_process(
    folder: pathlib.Path, batches: list[list[str | bytes]], others: dict[str, tf.Tensor] | None = None
) -> dict[str, Any]:
    named = {name: tensor.numpy().tolist() for name, tensor in (others or {}).items()}
    questions = {"batches": _base64(batches), "others": {name: _base64(values) for name, values in named.items()}}
    command = [sys.executable, "-m", "export.fresh", str(folder.resolve())]
    home = pathlib.Path(__file__).resolve().parent.parent
    try:
        done = subprocess.run(
            command, input=json.dumps(questions), capture_output=True, text=True, timeout=SECONDS, cwd=home, check=False
        )
    except subprocess.TimeoutExpired:
        raise GateError(f"gate 2 (CPU): no answers from a fresh process within {SECONDS} s") from None
    if done.returncode:
        raise GateError(
            f"gate 2 (CPU): a fresh process cannot load and ask the servable:\n{done.stderr.strip()[-1500:]}"
        )
    return json.loads(done.stdout.splitlines()[-1])


def _ask(model: keras.Model, batch: list[str | bytes]) -> dict[str, list]:
    return {name: plain(tensor) for name, tensor in model(tf.constant(batch)).items()}


def _row(answer: dict[str, list], row: int) -> dict[str, Any]:
    return {name: values[row] for name, values in answer.items()}


def _rows(answers: list[dict[str, list]], batches: list[list]) -> list[dict[str, Any]]:
    return [_row(answer, row) for answer, batch in zip(answers, batches, strict=True) for row in range(len(batch))]


def _compare(gate: str, inputs: list, expected: list[dict], given: list[dict], sides: tuple[str, str]) -> float:
    """The largest difference of two numbers; texts must be equal."""
    largest = 0.0
    for item, left, right in zip(inputs, expected, given, strict=True):
        if set(left) != set(right):
            raise GateError(f"{gate}: outputs {sorted(left)} from {sides[0]}, {sorted(right)} from {sides[1]}")
        for name in left:
            difference = _difference(left[name], right[name])
            largest = max(largest, difference)
            if difference > TOLERANCE:
                raise GateError(
                    f"{gate}: input {_bytes(item)[:60]!r}: {name} is {left[name]!r} from {sides[0]}, "
                    f"{right[name]!r} from {sides[1]} (difference {difference:.3g}, at most {TOLERANCE:g})"
                )
    return largest


def _difference(left: Any, right: Any) -> float:
    if isinstance(left, list):
        # Rows of a batch are as long as its longest; what pads them is no difference.
        if not all(map(_is_padding, (*left[len(right) :], *right[len(left) :]))):
            return math.inf
        return max((_difference(a, b) for a, b in zip(left, right, strict=False)), default=0.0)
    if isinstance(left, str):
        return 0.0 if left == right else math.inf
    return abs(left - right) if math.isfinite(left) and math.isfinite(right) else math.inf


def _is_padding(value: Any) -> bool:
    return all(map(_is_padding, value)) if isinstance(value, list) else value in ("", 0)


def _base64(item: Any) -> Any:
    return [_base64(one) for one in item] if isinstance(item, list) else base64.b64encode(_bytes(item)).decode()


def _bytes(item: str | bytes) -> bytes:
    return item.encode() if isinstance(item, str) else item
