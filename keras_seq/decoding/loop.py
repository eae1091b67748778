"""The loop of all searches for an output sequence: step by step, and without the rows that are done.

Two loops: the inner one takes steps; the outer one takes the done rows out of the state and the memory,
whenever they are a quarter of those that are left. So the inner one, which is what a single row meets, has no
branch and no copy of the memory. What is recorded of a step is appended to lists as it is, and put to its
place in the batch after the loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

# Done rows go as soon as no more than this share of the rows is left.
SHARE_LEFT = 0.75
# Scores of a block in `top_k`; 40 to 100 are as fast for vocabularies of 2,000 to 8,000.
BLOCK = 80


def run(
    choose: Callable,
    step: Callable,
    state: Any,
    memory: Any,
    *,
    start: int,
    limits: tf.Tensor,
    width: int,
    carried: Any,
    types: Sequence[tf.DType],
) -> list[tf.Tensor]:
    """Steps until every row is done -> what was recorded, then the attention, each `(time, rows, width,
    ...)`.

    A record has zeros where its row had left. `step`, `state` and `memory` are those of
    `keras_seq.decoding.search`.

    Args:
        choose: `choose(logits, positions, at_limit, alive, carried) -> records, parents, alive, carried`,
            called after every step. Records are `(rows, width)`, the first of them the tokens chosen. Parents
            are `(rows, width)`, the hypothesis that each one continues, or None if each continues itself. A
            row is done when none of it is alive. Positions are `(rows, 1)`, `time * all rows + row`: they say
            where a record belongs.
        start: the token before the first.
        limits: `(rows,)` int32, above 0.
        carried: what `choose` wants to find again at the next step, a structure of tensors `(rows, ...)`.
        types: those of the records.
    """
    rows = tf.shape(limits)[0]
    without_attention: list[bool] = []  # only a step, once it is traced, shows whether it has any
    types, shapes = [tf.int32, *types, tf.float32], [[-1, 1], *([[-1, width]] * len(types)), [-1, width, -1]]

    def leave(_, going, kept, lists):
        last_position, memory_rows = kept
        memory_now = tf.nest.pack_sequence_as(memory, memory_rows)

        def body(_, going, lists):
            tokens, alive, positions, carried, state_rows = going
            logits, state_now, attention = step(
                tokens, tf.nest.pack_sequence_as(state, state_rows), memory_now
            )
            logits, at_limit = tf.cast(logits, tf.float32), positions >= last_position
            logits.set_shape([None, width, None])
            if attention is None:
                without_attention.append(True)
                attention = tf.zeros_like(logits[..., :1])
            records, parents, alive, carried = choose(logits, positions, at_limit, alive, carried)
            lists = _push(lists, [positions, *records, tf.cast(attention, tf.float32)])
            state_rows = tf.nest.flatten(state_now)
            if parents is not None:
                state_rows = [tf.gather(tensor, parents, batch_dims=1) for tensor in state_rows]
            share = tf.reduce_mean(tf.cast(tf.reduce_any(alive, axis=1), tf.float32))
            return share, (records[0], alive, positions + rows, carried, state_rows), lists

        _, going, lists = _while(SHARE_LEFT, body, going, lists)
        left = tf.where(tf.reduce_any(going[1], axis=1))[:, 0]
        going, kept = tf.nest.map_structure(lambda tensor: tf.gather(tensor, left), (going, kept))
        return tf.cast(tf.size(left) > 0, tf.float32), going, kept, lists

    positions = tf.range(rows)[:, None]
    widened = [tf.repeat(tensor[:, None], width, axis=1) for tensor in tf.nest.flatten(state)]
    going = (tf.fill([rows, width], start), tf.fill([rows, width], True), positions, carried, widened)
    kept = (positions + (limits[:, None] - 1) * rows, tf.nest.flatten(memory))
    lists = [
        tf.raw_ops.EmptyTensorList(element_shape=shape, max_num_elements=-1, element_dtype=dtype)
        for shape, dtype in zip(shapes, types, strict=True)
    ]
    lists = _while(0.0, leave, going, kept, lists)[-1]
    positions, *records = (_concat(*each) for each in zip(lists, shapes, types, strict=True))
    time = tf.raw_ops.TensorListLength(input_handle=lists[0])
    *records, attention = (_in_place(positions, record, time, rows) for record in records)
    return [*records, attention[..., :0] if without_attention else attention]


def top_k(scores: tf.Tensor, k: int) -> tuple[tf.Tensor, tf.Tensor]:
    """`tf.math.top_k` of `(rows, width, vocabulary)`, some three times as fast for a large vocabulary.

    The k best are in the k blocks with the highest maxima, and a maximum is much faster than a sort.
    """
    width, vocabulary = scores.shape[1:]
    if vocabulary < 4 * k * BLOCK:
        return tf.math.top_k(scores, min(k, vocabulary))
    count = -(-vocabulary // BLOCK)
    if vocabulary % BLOCK:
        padding = [[0, 0], [0, 0], [0, count * BLOCK - vocabulary]]
        scores = tf.pad(scores, padding, constant_values=-math.inf)
    blocks = tf.reshape(scores, [-1, width, count, BLOCK])
    best = tf.math.top_k(tf.reduce_max(blocks, axis=-1), k).indices
    # In their own order, as the first of several equal scores is wanted.
    best = -tf.math.top_k(-best, k).values
    inside = tf.reshape(tf.gather(blocks, best, batch_dims=2), [-1, width, k * BLOCK])
    values, indices = tf.math.top_k(inside, k)
    indices = tf.gather(best, indices // BLOCK, batch_dims=2) * BLOCK + indices % BLOCK
    return values, tf.minimum(indices, vocabulary - 1)


def highest(logits: tf.Tensor) -> tf.Tensor:
    """The log-probability of the best token, `(rows, width)`, from logits `(rows, width, vocabulary)`."""
    # Some four times as fast as a log_softmax on a CPU, and as exact: the best has at least 1 / vocabulary.
    return tf.math.log(tf.reduce_max(tf.nn.softmax(logits), axis=-1))


def _while(threshold, body, *variables):
    """`body` while the share that it returns first is above the threshold, and at least once.

    Its tensors may change their number of rows.
    """
    variables = (tf.constant(1.0), *variables)
    shapes = tf.nest.map_structure(
        lambda tensor: tf.TensorShape([None, *tensor.shape[1:]]) if tensor.shape.rank else tensor.shape,
        variables,
    )
    return tf.while_loop(lambda share, *_: share > threshold, body, variables, shape_invariants=shapes)


def _push(lists, tensors):
    return [
        tf.raw_ops.TensorListPushBack(input_handle=handle, tensor=tensor)
        for handle, tensor in zip(lists, tensors, strict=True)
    ]


def _concat(handle, shape, dtype):
    return tf.raw_ops.TensorListConcatV2(
        input_handle=handle, element_shape=shape, leading_dims=tf.zeros([0], tf.int64), element_dtype=dtype
    ).tensor


def _in_place(positions, record, time, rows):
    """`(time, rows, ...)` from `(all steps of all rows, ...)`; zeros once a row had left."""
    shape = tf.shape(record)[1:]
    placed = tf.scatter_nd(positions, record, tf.concat([[time * rows], shape], axis=0))
    placed = tf.reshape(placed, tf.concat([[time, rows], shape], axis=0))
    placed.set_shape([None, None, *record.shape[1:]])
    return placed
