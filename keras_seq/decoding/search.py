"""Searches for the output sequence of a model that goes step by step: greedy, beam search, sampling.

The model is one function, the same for all three and for any task:

    step(tokens, state, memory) -> logits, state, attention

    tokens     `(rows, width)` int32, the last token of every hypothesis
    state      a structure of tensors `(rows, width, ...)`
    memory     a structure of tensors `(rows, ...)`, what an encoder made of the input: a sequence, a grid,
               a vector, nothing; all hypotheses of a row share it
    logits     `(rows, width, vocabulary)`; the size of the vocabulary has to be known beforehand
    attention  `(rows, width, memory)`, the weights of the memory's parts in this step; or None

A row gets the same answer alone as in a batch: its limit is its own, and no rule compares rows. Rows
that are done leave the computation (see `keras_seq.decoding.loop`), so `step` meets fewer of them as time
goes on; a batch without rows it meets once. Of every step is kept what was chosen and from where; the
sequences are put together at the end. All is stock TensorFlow, in graphs and eagerly.

Sources: Graves 2012, "Sequence Transduction with Recurrent Neural Networks" (beam search); Wu et al. 2016,
"Google's Neural Machine Translation System", section 7 (penalties; the beam that shrinks); Fan et al. 2018
(top-k sampling). That no n-gram is repeated is a matter of `keras_seq.decoding.repeats`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_seq.decoding import repeats
from keras_seq.decoding.hypotheses import (
    NO_HYPOTHESIS,
    Hypotheses,
    cleaned,
    coverage,
    hypotheses_first,
    length_divisor,
    put_together,
)
from keras_seq.decoding.loop import highest, run
from keras_seq.decoding.loop import top_k as best_of


def greedy(
    step: Callable,
    state: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    limits: tf.Tensor,
    pad: int = 0,
    no_repeat_ngram: int = 0,
) -> Hypotheses:
    """The most probable token at every step.

    Args:
        step: the model, see above.
        state: its first state, a structure of tensors `(rows, ...)`; here they have no width yet.
        memory: a structure of tensors `(rows, ...)`; `()` for none.
        start: the token before the first.
        end: the token after the last.
        limits: `(rows,)`, the most tokens of a row, the end token among them; at least 1.
        pad: what stands behind the tokens.
        no_repeat_ngram: no sequence has as many tokens in a row twice; 0 for any. What is left to choose from
            keeps the model's own probabilities, and the end can always be chosen.
    """
    rules = {"end": end, "limits": limits, "pad": pad, "no_repeat_ngram": no_repeat_ngram}
    return beam_search(step, state, memory, start=start, width=1, **rules)


def sample(
    step: Callable,
    state: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    limits: tf.Tensor,
    keys: tf.Tensor,
    seed: int | tf.Tensor,
    temperature: float | tf.Tensor = 1.0,
    top_k: int | None = None,
    pad: int = 0,
    no_repeat_ngram: int = 0,
) -> Hypotheses:
    """A token drawn at every step. The scores are the model's own log-probabilities, at a temperature of 1.

    What is drawn for a row depends on `seed`, its key and its limit alone, not on the rows beside it.

    Args:
        keys: `(rows,)` int64, such as fingerprints of the inputs. Rows with the same key draw the same
            numbers; so for several samples of one input, change the key or the seed.
        seed: with the keys, decides everything.
        temperature: above 0; the logits are divided by it. Below 1, the probable becomes more probable.
        top_k: draw from as many most probable tokens only.
        step, state, memory, start, end, limits, pad, no_repeat_ngram: as those of `greedy`.
    """
    draws = _draws(seed, keys, limits)

    def draw(logits, allowed, positions):
        scores = allowed / temperature
        if top_k is not None:
            scores, candidates = best_of(scores, top_k)
        # The first token up to which the probabilities sum to the number drawn: never one of probability 0.
        sums = tf.cumsum(tf.nn.softmax(scores), axis=-1)
        tokens = tf.searchsorted(sums, tf.gather(draws, positions)[..., None] * sums[..., -1:])
        if top_k is not None:
            tokens = tf.gather(candidates, tokens, batch_dims=2)
        chosen = tf.gather(logits, tokens, batch_dims=2)[..., 0]
        return tokens[..., 0], chosen - tf.reduce_max(logits, axis=-1) + highest(logits)

    return _one_each(draw, step, state, memory, start, end, limits, pad, no_repeat_ngram)


def beam_search(
    step: Callable,
    state: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    limits: tf.Tensor,
    width: int,
    length_penalty: float = 0.0,
    coverage_penalty: float = 0.0,
    memory_mask: tf.Tensor | None = None,
    pad: int = 0,
    no_repeat_ngram: int = 0,
) -> Hypotheses:
    """The `width` best sequences that a beam of this width meets.

    A row has `width` places. At every step the most probable continuations get the places that are left; one
    that ends, or reaches its limit, is kept and its place is gone. When all are gone, the row is done. The
    penalties (Wu et al. 2016, equation 14) only put what was found in order, n counts the end token:

        score     log-probability / length + coverage
        length    ((5 + n) / 6) ** length_penalty
        coverage  coverage_penalty * sum over the memory of log(min(attention over all steps, 1))

    Args:
        width: how many hypotheses to follow. 1 is `greedy`.
        length_penalty: 0 for none; the higher, the longer the best sequence. 0.6 to 1 are usual.
        coverage_penalty: 0 for none; the higher, the worse a sequence that left out some of the memory. 0.2
            is usual. A part counts at least `LEAST_COVERAGE`. Without attention it changes nothing.
        memory_mask: `(rows, memory)` bool, False on padding, which is not to be covered; None where nothing
            is.
        step, state, memory, start, end, limits, pad, no_repeat_ngram: as those of `greedy`.
    """
    if width == 1:

        def most_probable(logits, allowed, _):
            scores = highest(logits)
            if allowed is not logits:
                scores += tf.reduce_max(allowed, axis=-1) - tf.reduce_max(logits, axis=-1)
            return tf.argmax(allowed, axis=-1, output_type=tf.int32), scores

        rules = (start, end, limits, pad, no_repeat_ngram, length_penalty)
        found = _one_each(most_probable, step, state, memory, *rules)
    else:
        found = _beams(step, state, memory, start, end, limits, width, pad, no_repeat_ngram, length_penalty)
    if not coverage_penalty:
        return found
    scores = found.scores + coverage_penalty * coverage(found.attention, memory_mask)
    scores, order = tf.math.top_k(tf.where(found.scores > NO_HYPOTHESIS, scores, NO_HYPOTHESIS), width)
    return Hypotheses(*(tf.gather(tensor, order, batch_dims=1) for tensor in found))._replace(scores=scores)


def _one_each(pick, step, state, memory, start, end, limits, pad, ngram, length_penalty=0.0):
    """One hypothesis a row; `pick` makes tokens and their scores `(rows, 1)` from logits, those of the tokens
    that are allowed, and positions.
    """

    def choose(logits, positions, at_limit, alive, chosen):
        allowed = repeats.blocked(logits, chosen, ngram) if ngram else logits
        tokens, scores = pick(logits, allowed, positions)
        chosen = repeats.continued(chosen, tokens) if ngram else ()
        return (tokens, scores), None, alive & (tokens != end) & ~at_limit, chosen

    limits, types = _at_least_one(limits), [tf.int32, tf.float32]
    chosen = repeats.nothing_chosen(limits, 1, ngram) if ngram else ()
    rules = {"start": start, "limits": limits, "width": 1, "carried": chosen, "types": types}
    records = run(choose, step, state, memory, **rules)
    tokens, token_scores, attention = (hypotheses_first(record) for record in records)
    done = (tokens == end) | (tf.range(tf.shape(tokens)[-1]) >= limits[:, None, None] - 1)
    within = tf.cumsum(tf.cast(done, tf.int32), axis=-1, exclusive=True) == 0
    counts = tf.reduce_sum(tf.cast(within, tf.int32), axis=-1)
    totals = tf.reduce_sum(tf.where(within, token_scores, 0.0), axis=-1)
    scores = totals / length_divisor(tf.cast(counts, tf.float32), length_penalty)
    return cleaned(tokens, counts, scores, totals, token_scores, attention, end, pad)


def _draws(seed, keys, limits):
    """Numbers above 0, up to 1, for all steps of all rows: `(time * rows,)`."""

    def draw(key_and_limit):
        key, limit = key_and_limit
        # As many as the row's own limit: a longer series need not begin with the same numbers.
        numbers = 1 - tf.random.stateless_uniform([limit], tf.stack([tf.cast(seed, tf.int64), key]))
        return tf.pad(numbers, [[0, longest - limit]])

    # A row more, as a map over none has no result.
    limits = tf.concat([_at_least_one(limits), [1]], axis=0)
    keys, longest = tf.concat([tf.cast(keys, tf.int64), [0]], axis=0), tf.reduce_max(limits)
    draws = tf.map_fn(draw, (keys, limits), fn_output_signature=tf.TensorSpec([None]))
    return tf.reshape(tf.transpose(draws[:-1]), [-1])


def _beams(step, state, memory, start, end, limits, width, pad, ngram, length_penalty):
    """`width` hypotheses a row, in the order of their log-probabilities with the length penalty."""

    def choose(logits, _, at_limit, __, carried):
        totals, places, chosen = carried
        allowed = repeats.blocked(logits, chosen, ngram) if ngram else logits
        # Only the best of each hypothesis can be among the best of all: no sort of width * vocabulary.
        best, candidates = best_of(allowed, width)
        count = width * best.shape[-1]
        first = tf.reduce_max(logits, axis=-1, keepdims=True) if ngram else best[..., :1]
        totals = best - first + (totals + highest(logits)[..., None])
        totals, picked = tf.math.top_k(tf.reshape(totals, [-1, count]), width)
        tokens = tf.gather(tf.reshape(candidates, [-1, count]), picked, batch_dims=1)
        parents = picked // best.shape[-1]
        totals = tf.where(tf.range(width) < places, totals, -math.inf)
        retired = (totals > -math.inf) & ((tokens == end) | at_limit)
        places -= tf.reduce_sum(tf.cast(retired, tf.int32), axis=1, keepdims=True)
        going_on = tf.where(retired, -math.inf, totals)
        return (
            (tokens, totals, retired, parents),
            parents,
            going_on > -math.inf,
            (going_on[..., None], places, repeats.continued(chosen, tokens, parents) if ngram else ()),
        )

    limits = _at_least_one(limits)
    # All are the same at first: one of them is enough.
    totals = tf.where(tf.range(width) < tf.ones_like(limits)[:, None], 0.0, -math.inf)[..., None]
    chosen = repeats.nothing_chosen(limits, width, ngram) if ngram else ()
    carried, types = (
        (totals, tf.ones_like(limits)[:, None] * width, chosen),
        [tf.int32, tf.float32, tf.bool, tf.int32],
    )
    records = run(
        choose, step, state, memory, start=start, limits=limits, width=width, carried=carried, types=types
    )
    return put_together(*records, end=end, pad=pad, length_penalty=length_penalty)


def _at_least_one(limits):
    return tf.maximum(tf.cast(limits, tf.int32), 1)
