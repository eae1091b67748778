"""Ops that fail for a damaged file, tried in the graph: what they fail for gets something else, and no other row
of the batch knows of it.

A graph has no exceptions; a data set of one element has: `ignore_errors` drops an element whose ops fail, and
what is put behind it is then the first. Ops used: core TensorFlow, those of data sets. TensorFlow Serving links
them: its server depends on `tensorflow/core:tensorflow`, that on `all_kernels`, which has `dataset_ops`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def attempted(function: Callable[[Any], Any], given: Any, otherwise: Any) -> tuple[Any, tf.Tensor]:
    """`function(given)`, or `otherwise` where one of its ops fails; and whether it succeeded, `()` bool.

    One attempt takes about a third of a millisecond: put a whole row into it rather than each of its frames. It is
    made for one row, so that it belongs into a `tf.map_fn` over a batch.

    Args:
        function: tensors -> tensors; it runs as a graph of its own, without gradients.
        given: a tensor, or several in a tuple or a dict: what `function` is called with.
        otherwise: tensors of the same structure and types as those of `function`, and of shapes that both fit.

    Example:
        >>> attempted(tf.io.decode_jpeg, b"no picture", tf.zeros([0, 0, 3], tf.uint8))[1]
        False
    """
    data = tf.data.Dataset.from_tensors((given,)).map(lambda one: (function(one), True)).ignore_errors()
    instead = tf.data.Dataset.from_tensors((otherwise, False))
    return data.concatenate(instead).take(1).get_single_element()
