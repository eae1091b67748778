"""Masks of sequences: the steps that they let through moved to the front, and outputs moved back."""

from __future__ import annotations

import tensorflow as tf


class Padding:
    """A mask, whose steps can be taken out of sequences, and put back into outputs.

    Args:
        mask: `(batch, time)` bool, True where a step counts. On the right, as cuDNN wants it, padding costs
            least.
        backwards: whether the steps are read from the end.

    Attributes:
        mask: the mask in the order of reading.
        lengths: steps of each row, `(batch,)` int32.
    """

    def __init__(self, mask: tf.Tensor, backwards: bool) -> None:
        self.lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        self.mask = tf.reverse(mask, axis=[1]) if backwards else mask
        self._backwards = backwards
        self._is_on_the_right = tf.reduce_all(mask == tf.sequence_mask(self.lengths, tf.shape(mask)[1]))

    def remove(self, sequences: tf.Tensor) -> tf.Tensor:
        """Sequences `(batch, time, features)` with the steps that count first, in the order of reading."""

        def on_the_right():
            return self._turned(sequences) if self._backwards else sequences

        def anywhere():
            in_order = tf.reverse(sequences, axis=[1]) if self._backwards else sequences
            order = tf.argsort(tf.cast(~self.mask, tf.int32), axis=1, stable=True)
            return tf.gather(in_order, order, axis=1, batch_dims=1)

        return tf.cond(self._is_on_the_right, on_the_right, anywhere)

    def restore(self, outputs: tf.Tensor, last: tf.Tensor, zero_elsewhere: bool) -> tf.Tensor:
        """Outputs at the steps that they belong to, in the order of reading.

        Args:
            outputs: `(batch, time, units)`, those of the steps that count first.
            last: the last of them, `(batch, units)`, or zero for a row without any.
            zero_elsewhere: whether a step that does not count has zeros, or the output before it, zeros at
                first.
        """

        def on_the_right():
            if self._backwards:
                return tf.where(self.mask[..., None], tf.reverse(self._turned(outputs), axis=[1]), 0.0)
            return tf.where(self.mask[..., None], outputs, 0.0 if zero_elsewhere else last[:, None])

        def anywhere():
            seen = tf.cumsum(tf.cast(self.mask, tf.int32), axis=1)
            latest = tf.gather(outputs, tf.maximum(seen - 1, 0), axis=1, batch_dims=1)
            return tf.where((self.mask if zero_elsewhere else seen > 0)[..., None], latest, 0.0)

        return tf.cond(self._is_on_the_right, on_the_right, anywhere)

    def at_end(self, steps: tf.Tensor, otherwise: tf.Tensor | float) -> tf.Tensor:
        """Each row's last step of `(time, batch, units)`, as `(batch, units)`; for a row without any,
        `otherwise`.
        """
        return tf.where((self.lengths > 0)[:, None], at_end(steps, self.lengths), otherwise)

    def _turned(self, sequences: tf.Tensor) -> tf.Tensor:
        return tf.reverse_sequence(sequences, self.lengths, seq_axis=1, batch_axis=0)


def at_end(steps: tf.Tensor, lengths: tf.Tensor | None) -> tf.Tensor:
    """Each row's last step of `(time, batch, units)`, as `(batch, units)`; the first of a row without any, and
    zeros where no row has one.

    Args:
        steps: time first.
        lengths: steps of each row, `(batch,)` int32; None for all.
    """
    if lengths is None:
        return steps[-1]
    batch, units = tf.shape(steps)[1], steps.shape[2]
    rows = tf.maximum(lengths - 1, 0) * batch + tf.range(batch)
    flat = tf.reshape(steps, [-1, units])
    found = tf.gather(flat, rows[: tf.shape(flat)[0]])
    return tf.pad(found, [[0, batch - tf.shape(found)[0]], [0, 0]])
