"""What a servable must hold to before it is published.

    1  ops        only those that the wanted TensorFlow Serving has; no Python, no XLA
    2  CPU        runs where there is no GPU, whatever machine exported it
    3  same       the Keras model, the SavedModel in a fresh process, REST and gRPC give the same answers
    4  batch      an answer does not depend on what else is in the batch, nor on padding
    5  damage     of models of files: a damaged file has a `problem` and an empty row, a good one an answer
    6  warm-up    the warm-up requests are there, and replay

The numbers are those of docs/architecture.md. Publication by renaming (7) is in `folders`.
"""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from export import targets
from export.comparison import Answers, GateError, check_damage, largest_difference, rows
from export.fresh_process import FreshProcess, FreshProcessError
from export.ops import Ops, read, used_ops
from export.questions import alike, array, as_bytes, batched, described, encoded
from export.servable import SIGNATURE
from keras_seq.answers import Answering
from keras_seq.answers.answering import PROBLEM
from keras_seq.answers.edge_inputs import EdgeInputs
from keras_seq.progress import step

PYTHON_OPS = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
Tensors = dict[str, tf.Tensor]
KERAS, SESSION = "the Keras model", "the SavedModel"


def check(
    folder: pathlib.Path, model: Answering, inputs: list[str | bytes], serving: str, fresh: FreshProcess
) -> Iterator[str]:
    """Put a servable through the gates.

    Args:
        folder: the SavedModel.
        model: the Keras model that it was made of; it names the edge inputs that are asked too.
        inputs: raw example inputs.
        serving: the version of TensorFlow Serving that it is for, as "2.17".
        fresh: a process that has not been asked yet.

    Yields:
        A line a gate, as it is passed.

    Raises:
        GateError: at the first gate that was not.
    """
    # Before the servable runs: an unknown op would end it with a message that does not explain itself.
    yield _check_ops(folder, used_ops(folder), serving)
    can_be_damaged = model.takes_files and not model.takes_numbers
    if can_be_damaged and PROBLEM not in model.output:
        raise GateError(
            f"gate 5 (damage): {model.name} takes files and has no output {PROBLEM!r}, which is to hold what "
            "is wrong with a file that cannot be read"
        )
    edges = model.edge_inputs(inputs)
    probes = [as_bytes(raw) for raw in (*inputs, *edges.good, *edges.damaged, *edges.either)]
    batches = batched(probes, model.takes_numbers)
    crowd = list(itertools.chain(*batches))
    signatures = model.signatures()
    groups = alike(probes)
    others = {
        name: [signature.examples(tf.constant(group)) for group in groups]
        for name, signature in signatures.items()
        if name != SIGNATURE
    }
    asked = [[probe] for probe in probes] + batches
    if model.takes_numbers:  # of texts and files it is the raw inputs that are sent
        asked = [_only(signatures[SIGNATURE].examples(tf.constant(batch))) for batch in asked]
    fresh.ask(
        folder=str(folder),
        batches=encoded(asked),
        others=encoded({name: [_lists(inputs) for inputs in batch] for name, batch in others.items()}),
        takes_files=model.takes_files,
    )
    with step("asking the Keras model"):
        sides = {KERAS: _of_keras(model, probes, batches, groups, others)}
    session = _received(fresh, "session", "gate 2 (CPU): a fresh process cannot load and ask the servable")
    yield "gate 2 (CPU): loaded and asked in a process without GPUs"
    sides[SESSION] = _answers(session, probes, batches, groups)
    served = _received(fresh, "served", "gate 3 (same): the embedded server does not answer")
    sides |= {interface: _answers(given, probes, batches, groups) for interface, given in served.items()}
    yield _check_same(sides, probes, crowd, list(itertools.chain(*groups)))
    yield _check_batch(sides[SESSION], probes, crowd, max(map(len, batches)))
    if can_be_damaged:
        yield _check_damage(sides, probes, crowd, edges)
    if not session["replayed"]:
        raise GateError("gate 6 (warm-up): the file of warm-up requests is empty")
    yield f"gate 6 (warm-up): {session['replayed']} requests replayed"


def _check_ops(folder: pathlib.Path, used: Ops, serving: str) -> str:
    """Gate 1, and the part of gate 2 that is read off the graph."""
    _check_forbidden(used.everywhere)
    _check_cpu(used.on_cpu)
    _check_known(used.everywhere)
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


def _check_known(used: dict[str, str]) -> None:
    known = targets.TEXT_OPS | set(dir(tf.raw_ops))
    for op, node in used.items():
        if op not in known:
            raise GateError(
                f"gate 1 (ops): {op} (node {node}) is neither a core TensorFlow op nor one of TF-Text"
            )


def _check_same(
    sides: dict[str, Answers], probes: list[bytes], crowd: list[bytes], grouped: list[bytes]
) -> str:
    """Gate 3; `grouped` are the inputs of other signatures, as they were asked."""
    gate, keras_model, session = "gate 3 (same)", sides[KERAS], sides[SESSION]
    found = []
    for name, side in sides.items():
        both = f"from {KERAS}", f"from {name}"
        if name != KERAS:
            found += [largest_difference(gate, crowd, keras_model.together, side.together, both)]
        if name not in (KERAS, SESSION):
            two = f"from {SESSION}", f"from {name}"
            found += [largest_difference(gate, probes, session.alone, side.alone, two)]
        for signature, answered in side.others.items():
            of_signature = f"from {KERAS} ({signature})", f"from {name} ({signature})"
            expected = keras_model.others[signature]
            found += [largest_difference(gate, grouped, expected, answered, of_signature)]
    return (
        f"{gate}: Keras model = SavedModel = REST = gRPC for {len(probes)} inputs, "
        f"largest difference {max(found):.1e}"
    )


def _check_batch(session: Answers, probes: list[bytes], crowd: list[bytes], size: int) -> str:
    """Gate 4; `size` is that of the largest batch."""
    expected = list(itertools.islice(itertools.cycle(session.alone), len(crowd)))
    sides = ("alone", f"in a batch of {size}")
    largest = largest_difference("gate 4 (batch)", crowd, expected, session.together, sides)
    return f"gate 4 (batch): alone = in a batch of {size}, largest difference {largest:.1e}"


def _check_damage(
    sides: dict[str, Answers], probes: list[bytes], crowd: list[bytes], edges: EdgeInputs
) -> str:
    """Gate 5. That neighbours of damaged inputs are answered as alone is a part of gate 4."""
    for name, side in sides.items():
        check_damage(probes[: len(side.alone)], side.alone, edges, name)
        check_damage(crowd, side.together, edges, name)
    num_damaged = len(edges.damaged)
    return (
        f"gate 5 (damage): {num_damaged} damaged inputs have a problem and an empty row, "
        f"{len(probes) - num_damaged - len(edges.either)} good ones beside them an answer"
    )


def _of_keras(
    model: Answering,
    probes: list[bytes],
    batches: list[list[bytes]],
    groups: list[list[bytes]],
    others: dict[str, list[Tensors]],
) -> Answers:
    try:
        together = [_ask(model, batch) for batch in batches]
        signatures = model.signatures()
        answers = {n: [_arrays(signatures[n].answers(one)) for one in batch] for n, batch in others.items()}
    except tf.errors.OpError as error:
        raise GateError(_failed(model, probes) or f"gate 3 (same): {KERAS} fails: {error.message}") from None
    of_others = {name: rows(answer, map(len, groups)) for name, answer in answers.items()}
    return Answers([], rows(together, map(len, batches)), of_others)


def _failed(model: Answering, probes: list[bytes]) -> str:
    """The input that a model fails at, and how; "" when it fails at none alone."""
    for probe in probes:
        try:
            _ask(model, [probe])
        except tf.errors.OpError as error:
            gate = "gate 5 (damage)" if model.takes_files else "gate 3 (same)"
            return f"{gate}: input {described(probe)}: {KERAS} fails: {error.message}"
    return ""


def _received(fresh: FreshProcess, name: str, failure: str) -> dict[str, Any]:
    doing = {
        "session": "asking the SavedModel in a fresh process",
        "served": "asking a server over REST and gRPC",
    }
    try:
        with step(doing[name]) as asking:
            return fresh.receive(name, asking)
    except FreshProcessError as error:
        raise GateError(f"{failure}:\n{error}") from None


def _answers(
    given: dict[str, Any], probes: list[bytes], batches: list[list[bytes]], groups: list[list[bytes]]
) -> Answers:
    """What the fresh process sent of one side."""
    count = len(probes)
    return Answers(
        alone=rows(given["answers"][:count], [1] * count),
        together=rows(given["answers"][count:], map(len, batches)),
        others={name: rows(answers, map(len, groups)) for name, answers in given["others"].items()},
    )


def _only(inputs: Tensors) -> list:
    """The one tensor of an input, as lists."""
    (values,) = _lists(inputs).values()
    return values


def _ask(model: keras.Model, batch: list[str] | list[bytes]) -> dict[str, np.ndarray]:
    return _arrays(model(tf.constant(batch)))


def _arrays(answer: Tensors) -> dict[str, np.ndarray]:
    return {name: array(tensor.numpy()) for name, tensor in answer.items()}


def _lists(tensors: Tensors) -> dict[str, list]:
    return {name: tensor.numpy().tolist() for name, tensor in tensors.items()}
