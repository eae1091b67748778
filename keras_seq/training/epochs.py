"""Which epoch was the best, by what, and how many epochs there are: what follows from scores and sizes alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

LEAST_EPOCHS, MOST_EPOCHS = 10, 50
LEAST_STEPS = 1500  # of the optimizer, where that many fit into MOST_EPOCHS
LEAST_BATCH_SIZE, MOST_BATCH_SIZE = 4, 64
# How the names of scores end that are better the lower they are; word and character error rates have the field's.
MINIMIZED = ("loss", "error", "rate", "wer", "cer")
STEPS_AN_EPOCH = 32  # at least, before a batch is made larger


class Best(NamedTuple):
    """The best epoch so far.

    Attributes:
        epoch: its index; -1 where there is none.
        name: of the score that decided.
    """

    epoch: int
    name: str


def best_of(history: Sequence[dict[str, float]], names: Sequence[str]) -> Best:
    """The first epoch with the best score, by a score that tells the epochs apart.

    The first of `names` decides. While it has been the same in every epoch, the next one decides: BLEU is 0 for
    every translation of three words, F1 until the first entity is found. Once it moves, it decides alone, and of
    equal scores the first is the best. Once an epoch has it, those that have NaN in its place do not count: answers
    may be scored every few epochs only.

    Args:
        history: the scores of every epoch, by name.
        names: what decides, first to last; those that end in "loss", "error", "rate" (an error rate), "wer" or
            "cer" are better the lower they are, others the higher.
    """
    best = Best(-1, names[0])
    seen: dict[str, set[float]] = {name: set() for name in names}
    any_scored = False
    for epoch, row in enumerate(history):
        is_scored = not math.isnan(row[names[0]])
        if any_scored and not is_scored:
            continue
        if is_scored and not any_scored:
            any_scored, best, seen = True, Best(-1, names[0]), {name: set() for name in names}
        for name in names:
            if not math.isnan(row[name]):
                seen[name].add(row[name])
        name = next((name for name in names if len(seen[name]) > 1), names[0])
        if best.epoch < 0:
            best = Best(-1 if all(math.isnan(row[name]) for name in names) else epoch, name)
        elif _merit(row, name) > _merit(history[best.epoch], name):
            best = Best(epoch, name)
        else:
            best = Best(best.epoch, name)
    return best


def is_minimized(name: str) -> bool:
    """Whether a score is better the lower it is, by how its name ends."""
    return name.endswith(MINIMIZED)


def plan(examples: int, epochs: int | None, batch_size: int | None) -> tuple[int, int]:
    """Epochs and batch size, as they are given or, left out, as the number of training examples asks for.

    What a network learns in is steps. With 64 examples a step and ten epochs, 300 examples would be 50 steps;
    so the batches are smaller and the epochs more on little data, until there are 1500 steps.

    Args:
        examples: of the training split.
        epochs: given, or None.
        batch_size: given, or None.
    """
    if batch_size is None:
        wanted = max(examples // STEPS_AN_EPOCH, 1)
        batch_size = min(max(2 ** (wanted.bit_length() - 1), LEAST_BATCH_SIZE), MOST_BATCH_SIZE)
    return epochs or epochs_of(math.ceil(examples / batch_size)), batch_size


def epochs_of(steps: int) -> int:
    """How many epochs of so many steps there are, where the recipe does not say."""
    return min(max(math.ceil(LEAST_STEPS / max(steps, 1)), LEAST_EPOCHS), MOST_EPOCHS)


def summarized(training: dict[str, Any]) -> str:
    """A training that has ended, in a line.

    Args:
        training: of a run's metrics.
    """
    parts = [
        f"best epoch {training['best_epoch']} of {training['epochs']} by {training['decided_by']}",
        f"{training['seconds']:,.0f} s",
        f"{training['examples_per_second']:,.0f} examples/s",
    ]
    if "peak_memory_mb" in training:  # since 0.3.0
        parts.append(f"{training['peak_memory_mb']:,} MB of memory at most")
    return ", ".join(parts)


def _merit(row: dict[str, float], name: str) -> float:
    if math.isnan(row[name]):
        return -math.inf
    return -row[name] if is_minimized(name) else row[name]
