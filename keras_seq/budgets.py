"""How large each example is, as a budget of tokens, frames or pixels counts it (`training.batch_budget`)."""

from __future__ import annotations

import array
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq.contract import Preprocessing
from keras_seq.formats import Example
from keras_seq.reading import Reader

AT_ONCE = 256  # examples that are measured together
KIND = "Q"  # eight bytes an example are all that is held


def sizes_of(examples: Iterable[Example], preprocessing: Preprocessing, reader: Reader) -> Sequence[int]:
    """The size of every example, in their order, as `Preprocessing.cost` has it or as it is measured.

    Args:
        examples: the training split.
        preprocessing: adapted.
        reader: reads the files of inputs, where nothing but the file tells.
    """
    if preprocessing.cost is not None:
        return array.array(KIND, map(preprocessing.cost, examples))
    found, left = array.array(KIND), iter(examples)
    while chunk := list(itertools.islice(left, AT_ONCE)):
        found.extend(_measured(chunk, preprocessing, reader))
    return found


def _measured(chunk: list[Example], preprocessing: Preprocessing, reader: Reader) -> list[int]:
    """The steps of the longest tensor of each; 1 for an example that cannot be read."""
    kept, inputs = reader.read([one._replace(truth=max(one.truths, key=len)) for one in chunk])
    if not kept:
        return [1] * len(chunk)
    truths = tf.constant([one.truth for one in kept])
    tensors, _ = preprocessing.pair(preprocessing.features_of(tf.constant(inputs)), truths)
    lengths = np.max([steps(tensor.numpy()) for tensor in keras.tree.flatten(tensors)], axis=0)
    by_place = dict(zip([one.where for one in kept], lengths.tolist(), strict=True))
    return [by_place.get(one.where, 1) for one in chunk]


def steps(rows: Any) -> np.ndarray:
    """The steps of each row `(batch, time, ...)` without what pads it on the right, `(batch,)`; 1 where there is no
    time.
    """
    if rows.ndim < 2:
        return np.ones(len(rows), int)
    is_step = (rows != (b"" if rows.dtype == object else 0)).reshape(*rows.shape[:2], -1).any(axis=2)
    return np.where(is_step, np.arange(1, rows.shape[1] + 1), 0).max(axis=1, initial=1)
