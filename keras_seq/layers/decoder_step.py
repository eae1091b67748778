"""What layers of a decoder do in one step, for loops over steps: what is the same at every step is made before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from keras_seq.layers.lstm import LSTM
from keras_seq.layers.recurrence import state_dtype


def advancing(lstm: LSTM) -> Callable[[list[tf.Tensor], tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """A function from inputs, hidden state and cell, `(rows, ...)`, to the two after one step of an LSTM."""
    # A gate has matrices of its own, whose products run side by side (see `keras_seq.layers.recurrence`).
    kernels, recurrent_kernels = (
        tf.split(tf.cast(tf.convert_to_tensor(weight), lstm.compute_dtype), 4, axis=1)
        for weight in (lstm.cell.kernel, lstm.cell.recurrent_kernel)
    )
    exact = state_dtype(lstm.compute_dtype)
    biases = tf.split(tf.cast(tf.convert_to_tensor(lstm.cell.bias), exact), 4)

    def advance(inputs: list[tf.Tensor], hidden: tf.Tensor, cell: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        read = tf.concat(inputs, axis=-1) if len(inputs) > 1 else inputs[0]
        input_gate, forget_gate, candidate, output_gate = (
            tf.cast(tf.matmul(read, kernel), exact)
            + tf.cast(tf.matmul(tf.cast(hidden, read.dtype), recurrent_kernel), exact)
            + bias
            for kernel, recurrent_kernel, bias in zip(kernels, recurrent_kernels, biases, strict=True)
        )
        cell = tf.sigmoid(forget_gate) * cell + tf.sigmoid(input_gate) * tf.tanh(candidate)
        return tf.sigmoid(output_gate) * tf.tanh(cell), cell

    return advance


def combining(dense: keras.layers.Dense, widths: Sequence[int]) -> Callable[[Sequence[tf.Tensor]], tf.Tensor]:
    """A function from parts `(rows, ...)` to what a dense layer makes of them side by side.

    Each part has a product of its own: one that is there early, while others are still made, runs beside them.

    Args:
        dense: built.
        widths: numbers of each part but for the last.
    """
    kernel, bias = (
        tf.cast(tf.convert_to_tensor(weight), dense.compute_dtype) for weight in (dense.kernel, dense.bias)
    )
    kernels = tf.split(kernel, [*widths, kernel.shape[0] - sum(widths)])

    def combine(parts: Sequence[tf.Tensor]) -> tf.Tensor:
        products = [tf.matmul(part, kernel) for part, kernel in zip(parts, kernels, strict=True)]
        return dense.activation(tf.add_n(products) + bias)

    return combine
