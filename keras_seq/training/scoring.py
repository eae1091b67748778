"""A model's answers to a split, and their scores."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, NamedTuple

import tensorflow as tf

from keras_seq.answers import Answering
from keras_seq.contract import Objective
from keras_seq.errors import DataError
from keras_seq.formats import Answer, Example
from keras_seq.metrics import Scorer
from keras_seq.order import bucketed
from keras_seq.reading import Reader
from keras_seq.training.kept_answers import KeptAnswers

BATCH_SIZE, FILES_AT_ONCE = 64, 16
WORST_EXAMPLES = 10


class Scored(NamedTuple):
    """The scores of a split, the main one first, its worst examples, worst first, and what shows the scores."""

    metrics: dict[str, Any]
    worst: list[tuple[Example, Answer]]
    scorer: Scorer

    @property
    def table(self) -> str:
        """The scores as lines of text."""
        return self.scorer.table(self.metrics)


def answers(model: Answering, examples: Iterable[Example]) -> Iterator[tuple[Example, Answer]]:
    """Examples with a model's answers as Python values, in buckets of similar length.

    Args:
        model: raw inputs `(batch,)` string -> a dict of tensors with equal first dimension.
        examples: what to ask; their truths are not needed.

    Raises:
        DataError: when a file cannot be read.
    """
    reader = Reader(hint="", convert=model.file_contents)
    for batch in bucketed(examples, _batch_size(model)):
        batch, inputs = reader.read(batch)
        yield from _by_example(batch, model(inputs))


def asked(model: Answering, inputs: Sequence[str | bytes]) -> list[Answer]:
    """A model's answers to raw inputs, asked at once, as Python values and in their order."""
    columns = {name: plain(tensor) for name, tensor in model(list(inputs)).items()}
    return [{name: column[row] for name, column in columns.items()} for row in range(len(inputs))]


def plain(tensor: tf.Tensor) -> list:
    """A tensor as (nested) lists of Python numbers and texts."""
    values = tensor.numpy().tolist()
    return _decoded(values) if tensor.dtype == tf.string else values


def score(
    model: Answering,
    examples: Iterable[Example],
    objective: Objective,
    seen: Set[str] = frozenset(),
    reader: Reader | None = None,
    kept: KeptAnswers | None = None,
) -> Scored:
    """Ask a model every example of a split and score its answers.

    Args:
        model: raw inputs -> named answers.
        examples: the split.
        objective: what the application's `objective` gives.
        seen: `Preprocessing.seen` of the training.
        reader: reads files, and knows what becomes of bad ones; left out, they are an error.
        kept: answers by features, in place of the model; it makes nothing of the truths.

    Raises:
        DataError: when an example is of a class that the model does not know, a file cannot be read, or there
            are no examples.
    """
    scorer = objective.scorer(model.classes, seen)
    worst: list[tuple[float, int, Example, Answer]] = []
    number = 0
    reader = reader or Reader(convert=model.file_contents)
    for number, (example, answer) in enumerate(_judged(model, examples, reader, kept), 1):
        unknown = objective.unknown_class(example.truth, model.classes)
        if unknown is not None:
            known = ", ".join(map(repr, sorted(model.classes)))
            raise DataError(
                f"{example.where}: label {unknown!r}, which the model does not know; it knows {known}"
            )
        example = as_answered(example, model)
        entry = (scorer.add(example, answer), -number, example, answer)
        (heapq.heappush if len(worst) < WORST_EXAMPLES else heapq.heappushpop)(worst, entry)
    if not number:
        raise DataError("there are no examples to score: the split is empty")
    worst.sort(reverse=True)
    return Scored(scorer.scores(), [(example, answer) for _, _, example, answer in worst], scorer)


def as_answered(example: Example, model: Answering) -> Example:
    """An example with its truths in the form of the model's answers."""
    truths = tuple(model.as_answered(truth) for truth in example.truths)
    return example._replace(truth=truths if isinstance(example.truth, tuple) else truths[0])


def _judged(
    model: Answering, examples: Iterable[Example], reader: Reader, kept: KeptAnswers | None
) -> Iterator[tuple[Example, Answer]]:
    """`answers`, with what the model makes of the truths; those of bad files are left out, or an error."""
    if kept is not None:
        for batch in bucketed(examples, BATCH_SIZE):
            yield from _by_example(*kept.batch(batch))
        return
    for batch in bucketed(examples, _batch_size(model)):
        batch, inputs = reader.read(batch)
        if not batch:
            continue
        truths = [example.truths[0] for example in batch]
        for example, answer in _by_example(batch, {**model(inputs), **model.score_truths(inputs, truths)}):
            problem = model.problem_of(answer)
            if problem:
                reader.refuse(example, problem)
            else:
                yield example, answer


def _batch_size(model: Answering) -> int:
    return FILES_AT_ONCE if model.takes_files else BATCH_SIZE


def _by_example(batch: list[Example], outputs: dict[str, tf.Tensor]) -> Iterator[tuple[Example, Answer]]:
    values = {name: plain(tensor) for name, tensor in outputs.items()}
    for row, example in enumerate(batch):
        yield example, {name: column[row] for name, column in values.items()}


def _decoded(values: Any) -> Any:
    return [_decoded(v) for v in values] if isinstance(values, list) else values.decode("utf-8", "replace")
