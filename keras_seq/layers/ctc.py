"""Connectionist temporal classification: sequences of labels that nothing aligns with the steps of an input.

Conventions, everywhere in this project:

    classes   the blank is class 0; the labels are classes from 1
    labels    `(batch, labels)` int, padded on the right with 0, which is no label
    scores    `(batch, time, classes)` float32: log-probabilities of the classes at each step
    padding   a step that is none is a sure blank: 0 for the blank, `IMPOSSIBLE` for each label

So padding needs no lengths beside the scores: a sure blank changes neither the likelihood nor what is decoded.

Source: Graves et al. 2006.
"""

from __future__ import annotations

import keras
import tensorflow as tf

BLANK = 0
IMPOSSIBLE = -1e9  # the log-probability of a label where there is no step


@keras.saving.register_keras_serializable("keras_seq")
class CTCScores(keras.layers.Layer):
    """Logits `(batch, time, classes)` -> log-probabilities, in which padding is a sure blank.

    The mask is `(batch, time)` bool, True where a step is none of padding.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.built = self.supports_masking = True

    def call(self, logits: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        scores = _log_softmax(tf.cast(logits, tf.float32))
        if mask is None:
            return scores
        sure_blank = tf.one_hot(BLANK, logits.shape[-1], 0.0, IMPOSSIBLE)
        return tf.where(tf.cast(mask, tf.bool)[..., None], scores, sure_blank)

    def compute_mask(self, logits, mask=None):
        return None

    def compute_output_spec(self, logits, mask=None):
        return keras.KerasTensor(logits.shape, "float32")


@keras.saving.register_keras_serializable("keras_seq")
class CTCLoss(keras.losses.Loss):
    """The negative log-likelihood of labels, in nats: `(batch,)` before the reduction.

    `y_true` `(batch, labels)` and `y_pred` `(batch, time, classes)` are as this file has them. Labels that no
    path through so few steps can give have no loss and no gradient.

    Source: Graves et al. 2006, section 4.
    """

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        possible = steps_needed(y_true) <= steps_of(y_pred)
        loss, gradient = negative_log_likelihood(y_true, tf.stop_gradient(y_pred))
        loss, gradient = tf.where(possible, loss, 0.0), tf.where(possible[:, None, None], gradient, 0.0)
        return _with_gradient(y_pred, loss, gradient)


def negative_log_likelihood(labels: tf.Tensor, scores: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The negative log-likelihood of labels in nats, `(batch,)`, and its gradient by the logits of scores, as
    TensorFlow's kernel finds both; of labels that are not possible any numbers.

    A batch has a row and a step at least.
    """
    labels = tf.cast(labels, tf.int32)
    silent = ~tf.reduce_any(labels > 0, axis=1)
    # A row without labels would fail the kernel's whole batch: it gets one, and its answer is put in below.
    given = tf.concat([tf.cast(silent, tf.int32)[:, None], labels], axis=1)
    found = tf.where(given > 0)
    loss, gradient = tf.raw_ops.CTCLoss(
        inputs=tf.transpose(tf.roll(scores, -1, axis=2), [1, 0, 2]),  # the kernel wants the blank last
        labels_indices=found,
        labels_values=tf.gather_nd(given, found) - 1,
        sequence_length=tf.maximum(steps_of(scores), 1),
        ignore_longer_outputs_than_inputs=True,
    )
    gradient = tf.roll(tf.transpose(gradient, [1, 0, 2]), 1, axis=2)
    of_blanks = tf.exp(scores) - tf.one_hot(BLANK, tf.shape(scores)[2], dtype=scores.dtype)
    loss = tf.where(silent, -tf.reduce_sum(scores[..., BLANK], axis=1), loss)
    return loss, tf.where(silent[:, None, None], of_blanks, gradient)


def is_step(scores: tf.Tensor) -> tf.Tensor:
    """Which steps of scores are no padding, `(batch, time)` bool."""
    return tf.reduce_max(scores[..., 1:], axis=-1) > IMPOSSIBLE / 2


def steps_of(scores: tf.Tensor) -> tf.Tensor:
    """How many steps of each row of scores are no padding, `(batch,)` int32."""
    return tf.reduce_sum(tf.cast(is_step(scores), tf.int32), axis=1)


def steps_needed(labels: tf.Tensor) -> tf.Tensor:
    """The fewest steps that give labels `(batch, labels)`: one each, and one more between two that are alike;
    `(batch,)` int32.
    """
    labels = tf.cast(labels, tf.int32)
    repeated = (labels[:, 1:] == labels[:, :-1]) & (labels[:, 1:] > 0)
    return tf.reduce_sum(tf.cast(labels > 0, tf.int32), 1) + tf.reduce_sum(tf.cast(repeated, tf.int32), 1)


def _log_softmax(logits: tf.Tensor) -> tf.Tensor:
    """Log-probabilities, the highest of which is exact where it is almost 0.

    Beside the 1 of the most probable class, those of all others are lost in float32, or not, as the kernel goes over
    them: 1e-6 at a step, but a silence has thousands of them, and the same sign in each.
    """
    less = logits - tf.reduce_max(logits, axis=-1, keepdims=True)
    is_highest = tf.one_hot(tf.argmax(logits, axis=-1), tf.shape(logits)[-1], True, False)
    others = tf.reduce_sum(tf.where(is_highest, 0.0, tf.exp(less)), axis=-1, keepdims=True)
    return less - tf.math.log1p(others)


@tf.custom_gradient
def _with_gradient(scores, loss, gradient):
    """The loss that a kernel gave, and its gradient, which is that of logits: of log-probabilities too, for
    `log_softmax` is its own logits' normal form.
    """
    return loss, lambda upstream: (upstream[:, None, None] * gradient, None, None)
