"""Sentences -> an n-gram model: interpolated Kneser-Ney smoothing with three discounts.

An n-gram that was seen has its share less a discount; what the discounts leave goes to the shorter n-grams,
down to the uniform distribution over all words. A shorter n-gram counts not how often it was seen, but after
how many different
words: "Francisco" is frequent after "San" alone.

Unknown words. At the bottom, `UNKNOWN` stands for as many words as the data suggest were not met, by Chao's
estimate: n1 (n1 - 1) / (2 (n2 + 1)) for n1 words met once and n2 met twice. With `unknown_words=1` the model
is that of KenLM.

Sources: Kneser and Ney 1995; Chen and Goodman 1999, "An empirical study of smoothing techniques for language
modeling" (three discounts); Heafield et al. 2013, "Scalable modified Kneser-Ney" (what of the start of a
sentence); Chao 1984, "Nonparametric estimation of the number of classes in a population".
"""

from __future__ import annotations

import collections
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence

from keras_seq.errors import DataError
from keras_seq.formats.arpa import END, NEVER, START, UNKNOWN, NGram, NGrams

DISCOUNT_OF_FEW = 0.5  # where the counts are too few to tell a discount

Counts = Mapping[NGram, int]


def learn(
    sentences: Iterable[Sequence[Hashable]],
    order: int = 3,
    vocabulary: Iterable[Hashable] = (),
    unknown_words: float | None = None,
) -> NGrams:
    """The n-gram model of sentences.

    Args:
        sentences: of words, or of anything that is hashable.
        order: words of the longest n-grams, 1 or more.
        vocabulary: words that are known, whether or not a sentence has them.
        unknown_words: how many words `UNKNOWN` stands for; 0 leaves it out, None estimates it.

    Raises:
        DataError: where there is no sentence.
    """
    seen = _counted(sentences, order)
    if not seen[0]:
        raise DataError("no sentences to learn an n-gram model from; expected one or more")
    counts = {word: count for (word,), count in seen[0].items() if word != START}
    words = dict.fromkeys(vocabulary, 0) | counts
    unknown_words = _unseen(words) if unknown_words is None else unknown_words
    adjusted = [*map(_adjusted, seen[:-1], seen[1:]), seen[-1]]
    adjusted[0] = {ngram: count for ngram, count in adjusted[0].items() if ngram != (START,)}

    weights = dict.fromkeys(words, 1.0) | ({UNKNOWN: unknown_words} if unknown_words else {})
    uniform: dict[NGram, float] = {(word,): one / sum(weights.values()) for word, one in weights.items()}
    below = uniform
    probabilities, backoffs = [], []
    for counts_of_order in adjusted:
        below, left = _interpolated(counts_of_order, below)
        probabilities.append(below)
        backoffs.append(left)
    ones = {ngram: backoffs[0][()] * share for ngram, share in uniform.items()} | probabilities[0]
    logs = [{(START,): NEVER, **_logs(ones)}, *map(_logs, probabilities[1:])]
    after = [*map(_logs, backoffs[1:]), {}]
    orders = [
        {ngram: (number, factors.get(ngram, 0.0)) for ngram, number in numbers.items()}
        for numbers, factors in zip(logs, after, strict=True)
    ]
    return NGrams(orders)


def discounts(counts: Iterable[int]) -> tuple[float, float, float]:
    """What is taken off counts of 1, of 2, and of 3 and more.

    Three discounts (Chen and Goodman 1999, equation 26); where there are too few counts for them, a single
    one (Kneser and Ney 1995), and where there are too few for that, `DISCOUNT_OF_FEW`.
    """
    times = collections.Counter(count for count in counts if count <= 4)
    if not (times[1] and times[2]):
        return (DISCOUNT_OF_FEW,) * 3
    share = times[1] / (times[1] + 2 * times[2])
    if times[3] and times[4]:
        three = [count - (count + 1) * share * times[count + 1] / times[count] for count in (1, 2, 3)]
        if all(0 < discount <= count for count, discount in enumerate(three, 1)):
            return three[0], three[1], three[2]
    return (share,) * 3


def _counted(sentences: Iterable[Sequence[Hashable]], order: int) -> list[collections.Counter[NGram]]:
    """How often each n-gram of each order was seen, with the marks of start and end."""
    seen: list[collections.Counter[NGram]] = [collections.Counter() for _ in range(order)]
    for sentence in sentences:
        marked = (START, *sentence, END)
        for size, counter in enumerate(seen, 1):
            counter.update(marked[place : place + size] for place in range(len(marked) - size + 1))
    return seen


def _adjusted(counts: Counts, longer: Counts) -> Counts:
    """After how many different words each n-gram was seen; how often, at the start, before which none is."""
    different = collections.Counter(ngram[1:] for ngram in longer)
    return {ngram: count if ngram[0] == START else different[ngram] for ngram, count in counts.items()}


def _unseen(words: Mapping[Hashable, int]) -> float:
    """About how many words there are beside those that were seen, by Chao's estimate; 1 at least."""
    times = collections.Counter(words.values())
    return max(1.0, times[1] * (times[1] - 1) / (2 * (times[2] + 1)))


def _interpolated(
    counts: Counts, below: Mapping[NGram, float]
) -> tuple[dict[NGram, float], dict[NGram, float]]:
    """The probabilities of the n-grams of an order, with those of the order below; and what each history
    leaves to it.
    """
    taken = discounts(counts.values())
    totals: collections.Counter[NGram] = collections.Counter()
    left: collections.defaultdict[NGram, float] = collections.defaultdict(float)
    for ngram, count in counts.items():
        totals[ngram[:-1]] += count
        left[ngram[:-1]] += taken[min(count, 3) - 1]
    shares = {history: amount / totals[history] for history, amount in left.items()}
    found = {
        ngram: (count - taken[min(count, 3) - 1]) / totals[ngram[:-1]]
        + shares[ngram[:-1]] * below[ngram[1:] or ngram]
        for ngram, count in counts.items()
    }
    return found, shares


def _logs(numbers: Mapping[NGram, float]) -> dict[NGram, float]:
    return {ngram: max(math.log10(number), NEVER) for ngram, number in numbers.items()}
