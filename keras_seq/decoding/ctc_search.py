"""Prefix beam search for the labels of a CTC network, with or without a language model over words.

A beam holds prefixes of labels, not paths: for each of them the probability of all its paths that end in a
blank, and of all that end in its last label. Paths that lead to the same prefix are added up, also where it
is reached from a prefix beside it in the beam; prefixes are told apart by a hash of 64 bits. All rows and all
prefixes take a step at once.

Sources: Graves and Jaitly 2014, "Towards End-to-End Speech Recognition with Recurrent Neural Networks";
Hannun et al. 2014, "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent
DNNs".
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from keras_seq.decoding.ctc import packed
from keras_seq.decoding.fusion import Fusion
from keras_seq.decoding.hypotheses import NO_HYPOTHESIS
from keras_seq.decoding.ngrams import LanguageModel
from keras_seq.layers.ctc import IMPOSSIBLE

NEVER = -1e30  # the log-probability of no path
_EMPTY_PREFIX = 1
_FACTORS = (-7046029254386353131, -4658895280553007687)  # those of SplitMix64, odd


class NBest(NamedTuple):
    """The best labels of each row, best first.

        score = log_probability + weight * language + word_bonus * words + unknown_bonus * unknown

    A row for which fewer were found has empty places: no labels, and a score of `NO_HYPOTHESIS`.
    """

    labels: tf.Tensor
    """`(batch, n_best, labels)` int32, with 0 behind; as wide as the longest."""
    scores: tf.Tensor
    """`(batch, n_best)` float32, what the order is by."""
    log_probability: tf.Tensor
    """`(batch, n_best)` float32, of the labels over those of their paths that the search followed."""
    language: tf.Tensor
    """`(batch, n_best)` float32, the log-probability that the language model gives; without one 0."""
    words: tf.Tensor
    """`(batch, n_best)` int32, how many words there are; without a language model 0."""
    unknown: tf.Tensor
    """`(batch, n_best)` int32, how many of them the language model has not."""


class _Beam(NamedTuple):
    """Prefixes, `(batch, beam_width)` each; log-probabilities are in relation to the most probable prefix."""

    blank: tf.Tensor
    """The log-probability of all paths that end in a blank; where there is no prefix `NEVER`, of `label` too.
    """
    label: tf.Tensor
    """The log-probability of all paths that end in the last label."""
    last: tf.Tensor
    """int32, the last label; 0 where there is none."""
    prefix: tf.Tensor
    """int64, the prefix's hash."""
    parent: tf.Tensor
    """int64, the hash of the prefix less its last label."""


class _Candidates(NamedTuple):
    """What may be in the beam after a step: its prefixes as they are, and each with one more label."""

    blank: tf.Tensor
    """`(batch, beam_width)`, of the prefixes as they are."""
    label: tf.Tensor
    """`(batch, beam_width)`, likewise."""
    longer: tf.Tensor
    """`(batch, beam_width, labels)`, of those with one more; they all end in a label."""
    labels: tf.Tensor
    """`(batch, labels)` int32, which are tried."""


def beam_search(
    scores: tf.Tensor,
    beam_width: int,
    n_best: int = 1,
    language_model: LanguageModel | None = None,
    weight: float | tf.Tensor = 0.0,
    word_bonus: float | tf.Tensor = 0.0,
    unknown_bonus: float | tf.Tensor = 0.0,
    labels_per_step: int | None = None,
) -> NBest:
    """The best labels for scores `(batch, time, classes)`, by

        log-probability + weight * language model + word_bonus * words + unknown_bonus * unknown words

    where the language model scores a word as soon as the separator comes, or a label that begins another word;
    the last one and the sentence's end at the end of the scores. What is pruned before is decided with
    `LanguageModel.outlook` for the word that was begun; without it, words that never end would fill the beam. A
    row's answer depends neither on padding nor on other rows.

    Args:
        scores: as `keras_seq.layers.ctc` has them.
        beam_width: prefixes that are followed.
        n_best: how many are returned, `beam_width` at most.
        language_model: over words; None for none.
        weight: of its log-probability. 0.3 to 2 are usual.
        word_bonus: for each word; it makes up for the language model's liking of few words. 0 to 3 are usual.
        unknown_bonus: for each word that the model has not; below 0 they become rarer.
        labels_per_step: of a step only so many most probable labels continue a prefix, None for all. For many
            classes: the others' share of the probability is lost.
    """
    if not 1 <= n_best <= beam_width:
        raise ValueError(f"n_best: expected 1 to {beam_width}, the beam width, given {n_best}")
    fusion = Fusion(language_model, weight, word_bonus, unknown_bonus)
    scores = tf.maximum(scores, IMPOSSIBLE)
    batch, time, classes = tf.shape(scores)[0], tf.shape(scores)[1], tf.shape(scores)[2]

    def body(now, beam, total, state, taken):
        candidates, ended = _candidates(scores[:, now], beam, labels_per_step), fusion.end_word(state)
        said, outlook = fusion.score(state.said)[..., None], fusion.outlook(state)[..., None]
        ends = fusion.ends_word(candidates.labels)[:, None]
        longer = candidates.longer + said + tf.where(ends, fusion.score(ended.said)[..., None], outlook)
        as_they_are = _log_add(candidates.blank, candidates.label) + (said + outlook)[..., 0]
        values = tf.concat([as_they_are, tf.reshape(longer, [batch, -1])], axis=1)
        values, picked = tf.math.top_k(values, beam_width)
        beam, slots, labels = _picked(beam, candidates, picked, values > IMPOSSIBLE / 2)
        beam, highest = _in_relation(beam)
        taken = tf.raw_ops.TensorListPushBack(input_handle=taken, tensor=slots * classes + labels)
        return now + 1, beam, total + highest, fusion.write(state, ended, slots, labels), taken

    shape = [batch, beam_width]
    taken = tf.raw_ops.EmptyTensorList(element_shape=[-1, -1], max_num_elements=-1, element_dtype=tf.int32)
    loop = (0, _start(shape), tf.zeros([batch]), fusion.start(shape), taken)
    _, beam, total, state, taken = tf.while_loop(lambda now, *_: now < time, body, loop)
    said, log_probability = fusion.end(state), _log_add(beam.blank, beam.label)
    values = tf.where(log_probability > IMPOSSIBLE, log_probability + fusion.score(said), NEVER)
    values, slots = tf.math.top_k(values, n_best)
    labels = _walk_back(taken, slots, time, classes)
    parts = [tf.gather(one, slots, batch_dims=1) for one in (total[:, None] + log_probability, *said)]
    return _found(labels, total[:, None] + values, parts, values > IMPOSSIBLE)


def _start(shape):
    """The empty prefix, and places for more."""
    is_first = tf.broadcast_to(tf.range(shape[1]) == 0, shape)
    none, prefix = tf.fill(shape, NEVER), tf.fill(shape, tf.constant(_EMPTY_PREFIX, tf.int64))
    return _Beam(
        tf.where(is_first, 0.0, none), none, tf.zeros(shape, tf.int32), prefix, tf.zeros_like(prefix)
    )


def _candidates(here, beam, labels_per_step):
    """What may come of a beam by the scores of a step, `(batch, classes)`."""
    found, labels = here[:, 1:], tf.range(1, tf.shape(here)[1])[None]
    if labels_per_step is not None and not (here.shape[1] and labels_per_step >= here.shape[1] - 1):
        found, labels = tf.math.top_k(found, labels_per_step)
        labels += 1
    both, of_last = _log_add(beam.blank, beam.label), tf.gather(here, beam.last, batch_dims=1)

    # Of each prefix (in the last dimension) the one that it continues, where that is in the beam too.
    is_prefix = both > IMPOSSIBLE
    is_parent = (beam.prefix[:, :, None] == beam.parent[:, None]) & is_prefix[:, None]
    repeats = beam.last[:, :, None] == beam.last[:, None]
    entering = tf.where(repeats, beam.blank[:, :, None], both[:, :, None])
    entering = tf.reduce_max(tf.where(is_parent, entering, NEVER), axis=1)
    label = _log_add(beam.label, entering) + of_last

    # A label that is repeated is a new one only after a blank. What is in the beam already is no candidate.
    repeats = beam.last[:, :, None] == labels[:, None]
    longer = tf.where(repeats, beam.blank[..., None], both[..., None]) + found[:, None]
    is_there = tf.matmul(tf.cast(is_parent, tf.float32), tf.cast(repeats, tf.float32)) > 0
    return _Candidates(both + here[:, :1], label, tf.where(is_there, NEVER, longer), labels)


def _picked(beam, candidates, picked, is_prefix):
    """The beam of the candidates with these numbers, the slots of those that they continue, and by which
    label.
    """
    width, count = picked.shape[1], tf.shape(candidates.longer)[2]
    longer, place = picked >= width, tf.maximum(picked - width, 0)
    slots = tf.where(longer, place // count, picked)
    labels = tf.broadcast_to(candidates.labels, [tf.shape(picked)[0], count])
    labels = tf.where(longer, tf.gather(labels, place % count, batch_dims=1), 0)
    blank = tf.where(longer, NEVER, tf.gather(candidates.blank, slots, batch_dims=1))
    label = tf.concat([candidates.label, tf.reshape(candidates.longer, [tf.shape(picked)[0], -1])], axis=1)
    label = tf.gather(label, picked, batch_dims=1)
    last, prefix, parent = (tf.gather(one, slots, batch_dims=1) for one in beam[2:])
    return (
        _Beam(
            tf.where(is_prefix, blank, NEVER),
            tf.where(is_prefix, label, NEVER),
            tf.where(longer, labels, last),
            tf.where(longer, _hash(prefix, labels), prefix),
            tf.where(longer, prefix, parent),
        ),
        slots,
        labels,
    )


def _in_relation(beam):
    """The beam, less the log-probability of the most probable prefix; and this, `(batch,)`."""
    highest = tf.reduce_max(_log_add(beam.blank, beam.label), axis=1)
    highest = tf.where(highest > IMPOSSIBLE, highest, 0.0)[:, None]
    return beam._replace(blank=beam.blank - highest, label=beam.label - highest), highest[:, 0]


def _found(labels, scores, parts, is_found):
    """The result, of labels `(batch, n_best, time)` with zeros among them; empty, where nothing was found."""
    batch, n_best, time = (tf.shape(labels)[axis] for axis in range(3))
    labels = packed(tf.reshape(tf.where(is_found[..., None], labels, 0), [batch * n_best, time]))
    labels = tf.reshape(labels, [batch, n_best, tf.shape(labels)[1]])
    parts = [tf.where(is_found, part, tf.zeros_like(part)) for part in parts]
    return NBest(labels, tf.where(is_found, scores, NO_HYPOTHESIS), *parts)


def _walk_back(taken, slots, time, classes):
    """The labels of the prefixes that ended in `slots` `(batch, n_best)`: `(batch, n_best, time)`, 0 where
    none came.
    """

    def back(now, slots, taken, labels):
        taken, step = tf.raw_ops.TensorListPopBack(
            input_handle=taken, element_shape=[-1, -1], element_dtype=tf.int32
        )
        step.set_shape([slots.shape[0], None])
        step = tf.gather(step, slots, batch_dims=1)
        return now - 1, step // classes, taken, labels.write(now, step % classes)

    labels = tf.TensorArray(tf.int32, time + 1, element_shape=[None, slots.shape[1]])
    labels = labels.write(time, slots)  # an array of nothing could not be stacked
    loop = (time - 1, slots, taken, labels)
    return tf.transpose(tf.while_loop(lambda now, *_: now >= 0, back, loop)[-1].stack()[:-1], [1, 2, 0])


def _hash(prefix, labels):
    """The hash of a prefix and one more label."""
    mixed = (prefix + tf.cast(labels, tf.int64) * _FACTORS[0]) * _FACTORS[1]
    return tf.bitwise.bitwise_xor(mixed, tf.bitwise.right_shift(mixed, tf.constant(29, tf.int64)))


def _log_add(a, b):
    highest = tf.maximum(a, b)
    return highest + tf.math.log1p(tf.exp(-tf.abs(a - b)))
