"""What a CTC network says: its best path, the probability of given labels, and the steps at which they stand.

Scores `(batch, time, classes)` and labels `(batch, labels)` are as `keras_seq.layers.ctc` has them: class 0
is the blank, a padded step is a sure blank, labels are padded on the right with 0. Padding changes no answer.
All is core TensorFlow, in graphs and eagerly, for any number of rows, steps and labels, none among them.

Sources: Graves et al. 2006 (the trellis of labels and blanks); Viterbi 1967; Kürzinger et al. 2020, "CTC-
Segmentation of Large Corpora" (times and confidence out of a path).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from keras_seq.decoding.word_starts import starts_word
from keras_seq.layers.ctc import (
    BLANK,
    IMPOSSIBLE,
    is_step,
    negative_log_likelihood,
    steps_needed,
    steps_of,
)

NOWHERE = -1e30  # the score of a state that no path has reached
FEW_LABELS = (
    128  # of a batch, with padding, up to which the loss's kernel is faster than a loop over the steps
)


def greedy(scores: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The best path, collapsed.

    Returns:
        The labels `(batch, labels)` int32, as wide as the longest of the batch; and the log-probability of
        the path `(batch,)` float32.
    """
    best, begins = _greedy_path(scores)
    return packed(tf.where(begins, best, BLANK)), tf.reduce_sum(tf.reduce_max(scores, axis=-1), axis=1)


def log_probability(scores: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The log-probability of labels over all paths, `(batch,)` float32; `IMPOSSIBLE` where there is none."""
    scores, labels = tf.maximum(scores, IMPOSSIBLE), tf.cast(labels, tf.int32)
    # The kernel's time and memory grow with the labels; it takes no batch without rows or steps.
    is_short = (tf.size(labels) <= FEW_LABELS) & (tf.size(scores) > 0)
    result = tf.cond(is_short, lambda: _sum_in_kernel(scores, labels), lambda: _sum_in_loop(scores, labels))
    return tf.where(result > IMPOSSIBLE / 2, result, IMPOSSIBLE)


def align(scores: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The steps of labels on the best path that gives them.

    Returns:
        The first and the last step of each label, `(batch, labels)` int32, and its confidence `(batch,
        labels)` float32 in 0..1: the mean, over these steps, of the label's probability there. Zeros for
        padding, and where no path gives the labels.
    """
    labels = tf.cast(labels, tf.int32)
    path, possible = _best_path(scores, labels)
    # The labels are the odd states. What is below 0 has no segment.
    places = tf.where((path % 2 == 1) & possible[:, None] & is_step(scores), path // 2, -1)
    classes = tf.gather(tf.pad(labels, [[0, 0], [0, 1]]), tf.maximum(places, 0), batch_dims=1)
    return _steps_of_labels(scores, places, classes, tf.shape(labels)[1])


def align_greedy(scores: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """What `align` gives for the labels of `greedy`: their path is the best of all, which is there already."""
    best, begins = _greedy_path(scores)
    places = tf.where(best != BLANK, tf.cumsum(tf.cast(begins, tf.int32), axis=1) - 1, -1)
    return _steps_of_labels(scores, places, best, tf.shape(labels)[1])


def word_places(
    labels: tf.Tensor, separator: int, openers: Sequence[int] = ()
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Where words stand among labels `(batch, labels)`: what the separator, a label, divides, and where an opener
    begins; none is empty.

    Returns:
        The places of the first and of the last label of each word, `(batch, words)` int32, with zeros behind;
        and the number of words `(batch,)` int32.
    """
    _, begins, ends = _flags(labels, separator, openers)
    places = tf.broadcast_to(tf.range(1, tf.shape(labels)[1] + 1), tf.shape(labels))
    first, last = (packed(tf.where(flags, places, 0)) for flags in (begins, ends))
    counts = tf.reduce_sum(tf.cast(begins, tf.int32), axis=1)
    return tf.maximum(first - 1, 0), tf.maximum(last - 1, 0), counts


def means_of_words(
    values: tf.Tensor, labels: tf.Tensor, separator: int, openers: Sequence[int] = ()
) -> tf.Tensor:
    """The mean over each word's labels of values `(batch, labels)`, `(batch, words)` float32; zeros behind."""
    first, _, counts = word_places(labels, separator, openers)
    inside, begins, _ = _flags(labels, separator, openers)
    batch, width = tf.shape(first)[0], tf.shape(first)[1]
    words = tf.cumsum(tf.cast(begins, tf.int32), axis=1) - 1 + tf.range(batch)[:, None] * width
    means = tf.math.unsorted_segment_mean(values, tf.where(inside, words, -1), batch * width)
    return tf.where(tf.range(width) < counts[:, None], tf.reshape(means, [batch, width]), 0.0)


def packed(values: tf.Tensor) -> tf.Tensor:
    """The values above 0 of `(batch, time)`, in their order, with zeros behind: as wide as the longest row."""
    return tf.ragged.boolean_mask(values, values > 0).to_tensor(0)


def _greedy_path(scores):
    """The best class of each step, `(batch, time)` int32, and whether a label begins there."""
    best = tf.argmax(scores, axis=-1, output_type=tf.int32)
    before = tf.pad(best, [[0, 0], [1, 0]], constant_values=BLANK)[:, :-1]
    return best, (best != BLANK) & (best != before)


def _steps_of_labels(scores, places, classes, width):
    """What `align` gives, of the place among its row's labels of each step, -1 for none, and of its class."""
    batch = tf.shape(places)[0]
    segments = tf.where(places < 0, -1, places + tf.range(batch)[:, None] * width)
    probabilities = tf.exp(tf.gather(scores, classes, batch_dims=2))
    steps = tf.broadcast_to(tf.range(tf.shape(places)[1]), tf.shape(places))
    count = batch * width
    first = tf.math.unsorted_segment_min(steps, segments, count)
    last = tf.math.unsorted_segment_max(steps, segments, count)
    confidence = tf.math.unsorted_segment_mean(probabilities, segments, count)
    reached = tf.math.unsorted_segment_sum(tf.ones_like(steps), segments, count) > 0
    first, last = tf.where(reached, first, 0), tf.where(reached, last, 0)
    confidence = tf.minimum(tf.where(reached, confidence, 0.0), 1.0)
    return tuple(tf.reshape(tensor, [batch, width]) for tensor in (first, last, confidence))


def _flags(labels, separator, openers):
    """Whether each label is in a word, begins one, ends one."""
    inside = (labels > 0) & (labels != separator)
    before, after = tf.pad(inside, [[0, 0], [1, 0]])[:, :-1], tf.pad(inside, [[0, 0], [0, 1]])[:, 1:]
    opens = starts_word(labels, openers)
    opens_after = tf.pad(opens, [[0, 0], [0, 1]])[:, 1:]
    return inside, inside & (~before | opens), inside & (~after | opens_after)


def _log_sum(*terms):
    highest = functools.reduce(tf.maximum, terms)
    return tf.math.log(tf.add_n([tf.exp(term - highest) for term in terms])) + highest


def _sum_in_kernel(scores, labels):
    """In float64: in float32 the kernel loses all paths through a probability below 1e-38."""
    possible = steps_needed(labels) <= steps_of(scores)
    loss, _ = negative_log_likelihood(labels, tf.cast(scores, tf.float64))
    return tf.where(possible, tf.cast(-loss, tf.float32), IMPOSSIBLE)


def _sum_in_loop(scores, labels):
    def step(blanks, insides, kept):
        return _log_sum(*blanks), _log_sum(*insides), kept

    ends, total, _ = _walk(scores, labels, step, 0)
    return total + tf.reduce_logsumexp(ends, axis=1)


def _walk(scores, labels, step: Callable, kept) -> tuple:
    """From step to step through the trellis of a blank, and then each label and a blank.

    `step(blanks, labels, kept)` makes the scores of the blanks `(batch, labels + 1)` and of the labels
    `(batch, labels)` out of what they have by each move: a blank by staying, and from the label before; a
    label by staying, from the blank before, and from the label before. And it makes what is kept.

    Returns:
        The scores of the two ends, `(batch, 2)`: the blank after the last label, and that label. They are in
        relation to the best of all, whose score comes next, `(batch,)`: one sum would leave a long input few
        digits. And what was kept.
    """
    batch, width, time = tf.shape(labels)[0], tf.shape(labels)[1], tf.shape(scores)[1]
    nowhere = tf.fill([batch, 1], NOWHERE)
    others = tf.not_equal(labels, tf.pad(labels, [[0, 0], [1, 0]])[:, :-1])
    scores = tf.maximum(scores, IMPOSSIBLE)
    at_labels = labels + tf.range(batch)[:, None] * tf.shape(scores)[2]

    real = is_step(scores)

    def body(now, blanks, insides, total, kept):
        # At padding all stay where they are: a sure blank would round their scores at every step.
        here, moves = scores[:, now], real[:, now, None]
        before = tf.where(moves, tf.concat([nowhere, insides], axis=1), NOWHERE)
        entered = tf.where(moves, blanks[:, :-1], NOWHERE)
        skipped = tf.where(others, before[:, :-1], NOWHERE)
        blanks, insides, kept = step((blanks, before), (insides, entered, skipped), kept)
        blanks += tf.where(moves, here[:, BLANK, None], 0.0)
        said = tf.where(labels > 0, tf.gather(tf.reshape(here, [-1]), at_labels), IMPOSSIBLE)
        insides += tf.where(moves, said, 0.0)
        highest = tf.maximum(tf.reduce_max(blanks, axis=1), tf.reduce_max(insides, axis=1))
        blanks, insides = blanks - highest[:, None], insides - highest[:, None]
        return now + 1, blanks, insides, total + highest, kept

    blanks = tf.pad(tf.zeros([batch, 1]), [[0, 0], [0, width]], constant_values=NOWHERE)
    loop = (0, blanks, tf.fill([batch, width], NOWHERE), tf.zeros([batch]), kept)
    shapes = tuple(map(tf.TensorShape, ([], [None, None], [None, None], [None], [])))
    _, blanks, insides, total, kept = tf.while_loop(lambda now, *_: now < time, body, loop, shapes)
    last = _counts(labels)[:, None]
    ends = [blanks, tf.concat([nowhere, insides], axis=1)]
    return tf.concat([tf.gather(end, last, batch_dims=1) for end in ends], axis=1), total, kept


def _best_path(scores, labels):
    """The best path, `(batch, time)` int32, 2 * i before label i and 2 * i + 1 in it; whether there is one."""
    time = tf.shape(scores)[1]

    def step(blanks, insides, taken):
        stay, enter, skip = insides
        best = tf.maximum(stay, enter)
        moves = tf.where(skip > best, 2, tf.cast(enter > stay, tf.int32))
        moves = tf.pad(moves, [[0, 0], [0, 1]]) + 4 * tf.cast(blanks[1] > blanks[0], tf.int32)
        taken = tf.raw_ops.TensorListPushBack(input_handle=taken, tensor=tf.cast(moves, tf.uint8))
        return tf.maximum(*blanks), tf.maximum(best, skip), taken

    taken = tf.raw_ops.EmptyTensorList(element_shape=[-1, -1], max_num_elements=-1, element_dtype=tf.uint8)
    ends, total, taken = _walk(scores, labels, step, taken)

    def back(now, state, taken, path):
        taken, moves = tf.raw_ops.TensorListPopBack(
            input_handle=taken, element_shape=[-1, -1], element_dtype=tf.uint8
        )
        moves.set_shape([state.shape[0], None])
        moves = tf.cast(tf.gather(moves, state // 2, batch_dims=1), tf.int32)
        moves = tf.where(state % 2 == 1, moves % 4, moves // 4)
        return now - 1, tf.maximum(state - moves, 0), taken, path.write(now, state)

    last = 2 * _counts(labels) - tf.argmax(ends, axis=1, output_type=tf.int32)
    path = tf.TensorArray(tf.int32, time + 1, element_shape=[None])
    path = path.write(time, last)  # an array of nothing could not be stacked
    path = tf.while_loop(lambda now, *_: now >= 0, back, (time - 1, last, taken, path))[-1].stack()
    return tf.transpose(path[:-1]), total + tf.reduce_max(ends, axis=1) > IMPOSSIBLE / 2


def _counts(labels):
    return tf.reduce_sum(tf.cast(labels > 0, tf.int32), axis=1)
