"""What the validation split decides of a search, once a training has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras_seq.answers.generating import Candidate
from keras_seq.contract import Present, Validation
from keras_seq.order import bucketed
from keras_seq.reading import Reader

AT_ONCE = 64  # examples

Best = Callable[[Sequence[Sequence[Candidate]], Sequence[tuple[str, ...]], str], float]


def length_penalty(
    best: Best, monitor: str, present: Present, validation: Validation, fixed: dict[str, Any]
) -> dict[str, Any]:
    """The length penalty that orders best what one search has found for the validation split, as a keyword of
    `present`; none where a recipe fixes it, or where nothing is ordered. For `Objective.decide`.

    Args:
        best: candidates and truths of each example, and the score -> the penalty; of `tuning.length_penalty`.
        monitor: the score.
        present: keywords -> the answering model.
        validation: the split.
        fixed: keywords of `present` that the recipe gives.
    """
    if "length_penalty" in fixed or fixed.get("beam_width") == 1 or fixed.get("temperature"):
        return {}
    model = present()
    reader, found, true = Reader("skip", convert=model.file_contents), [], []
    for batch in bucketed(validation.examples, AT_ONCE):
        examples, inputs = reader.read(batch)
        found += model.candidates(inputs)
        true += [example.truths for example in examples]
    return {"length_penalty": best(found, true, monitor)}
