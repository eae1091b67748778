"""Lists of tensors of TensorFlow's own: an element a step of a loop, which may be read while a gradient goes back."""

from __future__ import annotations

import tensorflow as tf


def reserve(count, units, dtype):
    """A list of `count` tensors `(batch, units)` that are yet to come."""
    return tf.raw_ops.TensorListReserve(element_shape=[-1, units], num_elements=count, element_dtype=dtype)


def with_items(lists, step, values):
    """The lists with a value each at a step."""
    return [
        tf.raw_ops.TensorListSetItem(input_handle=handle, index=step, item=value)
        for handle, value in zip(lists, values, strict=True)
    ]


def item(handle, step, like):
    """The value at a step, of the dtype and the width of another tensor."""
    return tf.raw_ops.TensorListGetItem(
        input_handle=handle, index=step, element_shape=[-1, like.shape[-1]], element_dtype=like.dtype
    )


def stack(handle, like):
    """`(time, batch, units)` from a list of `(batch, units)`."""
    return tf.raw_ops.TensorListStack(
        input_handle=handle, element_shape=[-1, like.shape[-1]], element_dtype=like.dtype, num_elements=-1
    )
