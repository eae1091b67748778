"""What a servable must hold to before it is published.

    1  ops        core TensorFlow and TF-Text as the TensorFlow Serving that it is for has them; no Python, no XLA
    2  CPU        runs where there is no GPU, whatever machine exported it
    3  same       the Keras model, the SavedModel in a fresh process, REST and gRPC give the same answers
    4  batch      an answer does not depend on what else is in the batch, nor on padding
    6  warm-up    the warm-up requests are there, and replay

The numbers are those of docs/architecture.md. Publication by renaming (7) is in `servable`.
"""

from __future__ import annotations

import base64
import itertools
import math
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from export import targets
from export.fresh_process import FreshProcess, FreshProcessError
from export.ops import Ops, read, used_ops
from export.servable import SIGNATURE
from keras_seq.answers import Answering
from keras_seq.progress import step
from keras_seq.training.scoring import plain

BATCH_SIZE = 32
TOLERANCE = 1e-5  # between two scores of one input

PYTHON_OPS = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
TEXT_EDGES: tuple[str | bytes, ...] = (
    *("", " ", "🙂", "naïve Ünïcode 日本語 العربية 🙂", "!"),
    *("good\0bad", "a NUL at the end\0", "\0", "\u0301", "e\u0301\u0301 \u200d x", "word " * 300),
    *(b"\xff no UTF-8", b"half a pair \xed\xa0\x80"),
)


class GateError(ValueError):
    """A servable failed a gate: which, and by which op, input and difference."""


def check(
    folder: pathlib.Path, model: Answering, inputs: list[str | bytes], serving: str, fresh: FreshProcess
) -> Iterator[str]:
    """Put a servable through the gates.

    Args:
        folder: the SavedModel.
        model: the Keras model that it was made of.
        inputs: raw example inputs; edge cases are added.
        serving: the version of TensorFlow Serving that it is for, as "2.17".
        fresh: a process that has not been asked yet.

    Yields:
        A line a gate, as it is passed.

    Raises:
        GateError: at the first gate that was not.
    """
    probes = _probes(inputs)
    crowd = list(itertools.islice(itertools.cycle(probes), max(BATCH_SIZE, len(probes))))
    batches = [crowd[start : start + BATCH_SIZE] for start in range(0, len(crowd), BATCH_SIZE)]
    used = used_ops(folder)
    # Before the servable runs: an op that is not there would stop it with a message that helps nobody.
    _check_forbidden(used.everywhere)
    _check_cpu(used.on_cpu)
    yield _check_ops(folder, used, serving, fresh)
    others = _questions_to_others(model, probes)
    questions = [[probe] for probe in probes] + batches
    _ask_fresh(fresh, folder, questions, others)
    with step("asking the Keras model"):
        keras_rows = _rows([_ask(model, batch) for batch in batches], batches)
        keras_others = {
            name: {key: plain(tensor) for key, tensor in model.signatures()[name].call(batch).items()}
            for name, batch in others.items()
        }
    given = _received(fresh, "session", "gate 2 (CPU): a fresh process cannot load and ask the servable")
    yield "gate 2 (CPU): loaded and asked in a process without GPUs"
    alone = [_row(answer, 0) for answer in given["answers"][: len(probes)]]
    together = _rows(given["answers"][len(probes) :], batches)
    sides = ("the Keras model", "the SavedModel")
    worst = [_compare("gate 3 (same)", crowd, keras_rows, together, sides)]
    served = _received(fresh, "served", "gate 3 (same): the embedded server does not answer")
    for interface, answers in ((name, side["answers"]) for name, side in served.items()):
        rows, lone = (
            _rows(answers[len(probes) :], batches),
            [_row(answer, 0) for answer in answers[: len(probes)]],
        )
        worst.append(_compare("gate 3 (same)", crowd, keras_rows, rows, ("the Keras model", interface)))
        worst.append(_compare("gate 3 (same)", probes, alone, lone, ("the SavedModel", interface)))
    worst.append(_compare_others(probes, keras_others, {"the SavedModel": given, **served}))
    yield (
        f"gate 3 (same): Keras model = SavedModel = REST = gRPC for {len(probes)} inputs, "
        f"largest difference {max(worst):.1e}"
    )
    expected = list(itertools.islice(itertools.cycle(alone), len(crowd)))
    worst_batch = _compare(
        "gate 4 (batch)", crowd, expected, together, ("alone", f"in a batch of {BATCH_SIZE}")
    )
    yield f"gate 4 (batch): alone = in a batch of {BATCH_SIZE}, largest difference {worst_batch:.1e}"
    if not given["replayed"]:
        raise GateError("gate 6 (warm-up): the file of warm-up requests is empty")
    yield f"gate 6 (warm-up): {given['replayed']} requests replayed"


def _check_ops(folder: pathlib.Path, used: Ops, serving: str, fresh: FreshProcess) -> str:
    """Gate 1, but for what is forbidden anywhere."""
    registered = _received(fresh, "ops", "gate 1 (ops): a fresh process cannot load TensorFlow")
    _check_known(used.everywhere, set(registered["core"]), set(registered["text"]))
    saved_model = read(folder)
    written_by = targets.written_by(saved_model)
    if not targets.is_known(written_by):
        raise GateError(
            f"gate 1 (ops): TensorFlow {written_by} wrote this, and what it brought is not on record; "
            "export/op_history.py says how to add it"
        )
    oldest = targets.oldest(saved_model)
    if problem := targets.problem(saved_model, serving):
        raise GateError(
            f"gate 1 (ops): {problem}; TensorFlow {written_by} wrote it, "
            + (f"and TensorFlow Serving {oldest} and later read it (--serving {oldest})" if oldest else "")
        )
    return (
        f"gate 1 (ops): {len(used.everywhere)} kinds of op, all in TensorFlow Serving {serving}; "
        f"written by TensorFlow {written_by}, read by TensorFlow Serving {oldest} and later"
    )


def _questions_to_others(model: Answering, probes: list[bytes]) -> dict[str, tf.Tensor]:
    """What is asked of the signatures beside the default one."""
    signatures = model.signatures().items()
    return {
        name: signature.example(tf.constant(probes)) for name, signature in signatures if name != SIGNATURE
    }


def _ask_fresh(
    fresh: FreshProcess, folder: pathlib.Path, batches: list[list], others: dict[str, tf.Tensor]
) -> None:
    named = {name: _base64(tensor.numpy().tolist()) for name, tensor in others.items()}
    fresh.ask(folder=str(folder), batches=_base64(batches), others=named)


def _received(fresh: FreshProcess, name: str, failure: str) -> dict[str, Any]:
    doing = {
        "ops": "waiting for TensorFlow in a fresh process",
        "session": "asking the SavedModel in a fresh process",
        "served": "asking a server over REST and gRPC",
    }
    try:
        with step(doing[name]) as asking:
            return fresh.receive(name, asking)
    except FreshProcessError as error:
        raise GateError(f"{failure}:\n{error}") from None


def _compare_others(probes: list, expected: dict[str, dict[str, list]], given: dict[str, dict]) -> float:
    """The largest difference in the answers of the signatures beside the default one."""
    largest = 0.0
    for name, answer in expected.items():
        for side, answers in given.items():
            rows = _rows([answers["others"][name]], [probes])
            sides = (f"the Keras model ({name})", f"{side} ({name})")
            largest = max(largest, _compare("gate 3 (same)", probes, _rows([answer], [probes]), rows, sides))
    return largest


def _probes(inputs: list[str | bytes]) -> list[bytes]:
    texts = [item for item in inputs if isinstance(item, str)]
    probes: Sequence[str | bytes] = (
        [*texts, *TEXT_EDGES, " ".join(texts)] if len(texts) == len(inputs) else inputs
    )
    return [_bytes(item) for item in probes]


def _check_forbidden(used: dict[str, str]) -> None:
    for op, node in used.items():
        if op in PYTHON_OPS:
            raise GateError(f"gate 1 (ops): {op} (node {node}) calls Python, which a server does not have")
        if op == "_XlaMustCompile":
            raise GateError(
                f"gate 1 (ops): {node} must be compiled by XLA, which TensorFlow Serving turns off"
            )


def _check_cpu(used: dict[str, str]) -> None:
    """No cuDNN op where a CPU comes by; beside another implementation, chosen where the graph runs, it is
    welcome.
    """
    for op, node in used.items():
        if op.startswith("CudnnRNN"):
            raise GateError(
                f"gate 2 (CPU): {op} (node {node}) runs on a GPU only, and nothing takes its place on a CPU; "
                "build the model of keras_seq.layers.LSTM, or load and export it where no GPU is visible"
            )


def _check_known(used: dict[str, str], core: set[str], text: set[str]) -> None:
    for op, node in used.items():
        if op not in core | text:
            raise GateError(
                f"gate 1 (ops): {op} (node {node}) is neither a core TensorFlow op nor one of TF-Text"
            )


def _ask(model: keras.Model, batch: Sequence[str | bytes]) -> dict[str, list]:
    return {name: plain(tensor) for name, tensor in model(tf.constant(batch)).items()}


def _row(answer: dict[str, list], row: int) -> dict[str, Any]:
    return {name: values[row] for name, values in answer.items()}


def _rows(answers: list[dict[str, list]], batches: list[list]) -> list[dict[str, Any]]:
    return [
        _row(answer, row) for answer, batch in zip(answers, batches, strict=True) for row in range(len(batch))
    ]


def _compare(
    gate: str, inputs: list, expected: list[dict], given: list[dict], sides: tuple[str, str]
) -> float:
    """The largest difference of two numbers; texts must be equal."""
    largest = 0.0
    for item, left, right in zip(inputs, expected, given, strict=True):
        if set(left) != set(right):
            raise GateError(
                f"{gate}: outputs {sorted(left)} from {sides[0]}, {sorted(right)} from {sides[1]}"
            )
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
    return (
        [_base64(one) for one in item] if isinstance(item, list) else base64.b64encode(_bytes(item)).decode()
    )


def _bytes(item: str | bytes) -> bytes:
    return item.encode("utf-8", "replace") if isinstance(item, str) else item
