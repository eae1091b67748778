"""The precision of what a network computes while it is trained; its weights are float32 in any."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal

import keras


@contextlib.contextmanager
def computing(
    *, precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
) -> Iterator[None]:
    """Layers that are made within this compute in a precision. Source: Micikevicius et al. 2018.

    Args:
        precision: what the products of a training are computed in: half precision saves memory, and time on a GPU,
            or a CPU that knows it. Weights, an LSTM's state, attention, losses and outputs are float32. The model
            that answers, scores and is saved computes in float32, with the same weights.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
