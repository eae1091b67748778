"""The LSTM's recurrence by cuDNN, NVIDIA's library: the layout of its weights, and the call.

The op traces and saves on any machine and runs on an NVIDIA GPU only.
"""

from __future__ import annotations

import tensorflow as tf


def is_available() -> bool:
    """Whether this process can run cuDNN: a CUDA build of TensorFlow and a GPU in sight."""
    return bool(tf.sysconfig.get_build_info()["is_cuda_build"] and tf.config.list_logical_devices("GPU"))


def has_other_gpu() -> bool:
    """Whether TensorFlow sees a GPU that is not NVIDIA's; ROCm's library orders the weights in another way."""
    return bool(not tf.sysconfig.get_build_info()["is_cuda_build"] and tf.config.list_logical_devices("GPU"))


def weights(kernel: tf.Tensor, recurrent_kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Keras's weights as the one vector that cuDNN reads.

    Four input matrices, four recurrent ones, each of (units, inputs) row by row, then eight biases of `units`
    numbers. The order within each four is that of Keras: input gate, forget gate, candidate, output gate.
    cuDNN adds an input and a recurrent bias; Keras has one, so the input biases are zero.

    Source: cuDNN API reference, cudnnRNNMode_t (equations) and cudnnGetRNNWeightParams (linLayerID 0 to 7).

    Args:
        kernel: `(features, 4 * units)`.
        recurrent_kernel: `(units, 4 * units)`.
        bias: `(4 * units,)`.
    """
    matrices = [*tf.split(kernel, 4, axis=1), *tf.split(recurrent_kernel, 4, axis=1)]
    return tf.concat(
        [*(tf.reshape(tf.transpose(m), [-1]) for m in matrices), tf.zeros_like(bias), bias], axis=0
    )


def lstm(
    inputs: tf.Tensor,
    hidden: tf.Tensor,
    cell: tf.Tensor,
    kernel: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    bias: tf.Tensor,
    *,
    lengths: tf.Tensor | None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Hidden states `(time, batch, units)`, zero after a row's end, and the cell at its end, `(batch,
    units)`.

    Args:
        inputs: `(time, batch, features)`; the others as in `recurrence.implementation`.
        lengths: steps of each row, `(batch,)` int32; None for all. cuDNN refuses 0, so a row without steps is
            given one; what comes out for it means nothing.
    """
    time, batch = tf.unstack(tf.shape(inputs)[:2])
    lengths = tf.fill([batch], time) if lengths is None else tf.maximum(lengths, 1)
    states, _, cells, _, _ = tf.raw_ops.CudnnRNNV3(
        input=inputs,
        input_h=hidden[None],
        input_c=cell[None],
        params=weights(kernel, recurrent_kernel, bias),
        sequence_lengths=lengths,
        rnn_mode="lstm",
        is_training=True,  # keeps what a gradient needs; there is no dropout that it would switch on
        time_major=True,
    )
    return states, cells[0]
