"""What there is to say when a loss, or a weight, is no number any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_seq.formats import Example
from keras_seq.training.optimizers import innermost

MOST_PLACES = 8  # that are named of a batch


def help_of(optimizer: Any) -> str:
    """What usually helps, with the values that were."""
    optimizer = innermost(optimizer)
    clip = f"now {optimizer.global_clipnorm}" if optimizer.global_clipnorm else "now none"
    rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    return (
        f"a lower training.learning_rate (now {rate:.3g}), training.gradient_clip: 1.0 ({clip}), and where "
        "prepare.vectors names a file, smaller numbers in it"
    )


def places(batches: Sequence[list[Example]]) -> str:
    """Where the examples of the last batches stand, the newest first; "" where there are none.

    The loss of a batch is of the weights that the one before it left, so either may be to blame.
    """
    named = ["; ".join(_places(batch)) for batch in reversed(batches) if batch]
    return f". Its examples: {'. Those of the batch before it: '.join(named)}" if named else ""


def _places(batch: list[Example]) -> list[str]:
    found = [example.where for example in batch[:MOST_PLACES]]
    return [*found, f"and {len(batch) - MOST_PLACES} more"] if len(batch) > MOST_PLACES else found
