"""A model's answers to a split, and their score."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Set
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_seq.answers import Answering
from keras_seq.batches import bucketed
from keras_seq.contract import Answer, Objective
from keras_seq.errors import DataError
from keras_seq.formats import Example

BATCH_SIZE = 64
WORST_EXAMPLES = 10
MOST_CLASSES_IN_A_MATRIX = 40
MOST_SHOWN_CHARACTERS = 40  # of a label in a table or a picture


class Scored(NamedTuple):
    """The scores of a split (the application's main metric first), and its worst examples, worst first."""

    metrics: dict[str, Any]
    worst: list[tuple[Example, Answer]]


def answers(model: keras.Model, examples: Iterable[Example]) -> Iterator[tuple[Example, Answer]]:
    """Examples with a model's answers as Python values, in buckets of similar length.

    Args:
        model: raw inputs `(batch,)` string -> a dict of tensors with equal first dimension.
        examples: what to ask; their truths are not looked at.
    """
    for batch in bucketed(examples, BATCH_SIZE):
        yield from _by_example(batch, model([example.input for example in batch]))


def plain(tensor: tf.Tensor) -> list:
    """A tensor as (nested) lists of Python numbers and texts."""
    values = tensor.numpy().tolist()
    return _decoded(values) if tensor.dtype == tf.string else values


def score(
    model: Answering, examples: Iterable[Example], objective: Objective, seen: Set[str] = frozenset()
) -> Scored:
    """Ask a model every example of a split and score its answers.

    Args:
        model: raw inputs -> named answers.
        examples: the split.
        objective: what the application's `objective` gives.
        seen: `Preprocessing.seen` of the training.

    Raises:
        DataError: when an example is of a class that the model does not know, or when there are no examples.
    """
    classes = set(model.classes)
    records: list[Any] = []
    worst: list[tuple[float, int, Example, Answer]] = []
    for number, (example, answer) in enumerate(_judged(model, examples)):
        unknown = sorted(set(objective.classes_of(example.truth)) - classes) if classes else []
        if unknown:
            known = ", ".join(map(repr, sorted(classes)))
            what = f"label {unknown[0]!r}, which the model does not know; it knows {known}"
            raise DataError(f"{example.where}: {what}")
        records.append(objective.record(example, answer))
        entry = (objective.badness(example, answer), -number, example, answer)
        (heapq.heappush if len(worst) < WORST_EXAMPLES else heapq.heappushpop)(worst, entry)
    if not records:
        raise DataError("there are no examples to score: the split is empty")
    worst.sort(reverse=True)
    return Scored(
        objective.score(records, answer, seen), [(example, answer) for _, _, example, answer in worst]
    )


def numbers(metrics: dict[str, Any]) -> dict[str, float]:
    """Those of the scores that are one number each."""
    return {name: value for name, value in metrics.items() if isinstance(value, float)}


def shown(name: str) -> str:
    """A label as it stands in a table or a picture: one line, not too long, nothing that a terminal would act
    on.
    """
    line = " ".join(name.split())
    line = line if len(line) <= MOST_SHOWN_CHARACTERS else line[: MOST_SHOWN_CHARACTERS - 1] + "…"
    return "".join(c if c.isprintable() else "\ufffd" for c in line)


def table(metrics: dict[str, Any]) -> str:
    """Scores as lines of text: the numbers, then the classes and the confusion matrix where there are any."""
    texts = {name: value for name, value in metrics.items() if isinstance(value, str)}
    wide = max(12, *map(len, [*numbers(metrics), *texts]))
    lines = [f"{name:{wide}} {value:.4f}" for name, value in numbers(metrics).items()]
    lines += [f"{name:{wide}} {value}" for name, value in texts.items()]
    classes = metrics.get("classes", {})
    names = [shown(name) for name in classes]
    if classes:
        width = max(map(len, [*names, "class"]))
        lines += ["", f"{'class':{width}}  precision  recall      f1  examples"]
        for name, row in zip(names, classes.values(), strict=True):
            lines.append(
                f"{name:{width}}  {row['precision']:9.4f}  {row['recall']:6.4f}  {row['f1']:6.4f}  {row['examples']:8d}"
            )
    if "confusion_matrix" in metrics and len(classes) <= MOST_CLASSES_IN_A_MATRIX:
        cell = max(width, *(len(str(n)) for row in metrics["confusion_matrix"] for n in row))
        lines += ["", "confusion matrix (a row a true class, a column an answer)"]
        lines.append(" " * width + "".join(f"  {name:>{cell}}" for name in names))
        for name, row in zip(names, metrics["confusion_matrix"], strict=True):
            lines.append(f"{name:{width}}" + "".join(f"  {n:{cell}d}" for n in row))
    return "\n".join(lines)


def _judged(model: Answering, examples: Iterable[Example]) -> Iterator[tuple[Example, Answer]]:
    """`answers`, with what the model makes of the truths."""
    for batch in bucketed(examples, BATCH_SIZE):
        inputs = [example.input for example in batch]
        yield from _by_example(
            batch, {**model(inputs), **model.told(inputs, [example.truth for example in batch])}
        )


def _by_example(batch: list[Example], outputs: dict[str, tf.Tensor]) -> Iterator[tuple[Example, Answer]]:
    values = {name: plain(tensor) for name, tensor in outputs.items()}
    for row, example in enumerate(batch):
        yield example, {name: column[row] for name, column in values.items()}


def _decoded(values: Any) -> Any:
    return [_decoded(v) for v in values] if isinstance(values, list) else values.decode("utf-8", "replace")
