"""Dividing and joining raw examples, streamed."""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Iterable, Iterator

from keras_seq.formats import Example


class Joined:
    """Several iterables of examples, one after the other, over and over."""

    def __init__(self, *parts: Iterable[Example]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[Example]:
        for part in self.parts:
            yield from part


class HeldOut:
    """A stratified, seeded part of `examples`, or what is left of them: an iterable of `Example`.

    Of every class the same fraction is held out, to the nearest example; at least one, and never the last one. The
    choice is made while streaming (selection sampling, Knuth, TAOCP vol. 2,
    3.4.2, algorithm S), so it needs no memory but a count a class.

    Args:
        examples: what to divide; gone over once for the counts, and once more at every iteration.
        fraction: the part that is held out, between 0 and 1.
        seed: decides which examples.
        held_out: True gives the part, False the rest.
    """

    def __init__(self, examples: Iterable[Example], fraction: float, seed: int, held_out: bool) -> None:
        self.examples, self.fraction, self.seed, self.held_out = examples, fraction, seed, held_out

    @functools.cached_property
    def _counts(self) -> Counter[str]:
        return Counter(example.truth for example in self.examples)

    def __iter__(self) -> Iterator[Example]:
        generator = random.Random(self.seed)
        left = dict(self._counts)
        wanted = {truth: min(count - 1, max(1, round(count * self.fraction))) for truth, count in left.items()}
        for example in self.examples:
            chosen = generator.random() * left[example.truth] < wanted[example.truth]
            left[example.truth] -= 1
            wanted[example.truth] -= chosen
            if chosen == self.held_out:
                yield example
