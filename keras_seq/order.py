"""The order of a training: which examples are in which batch of which epoch, as follows from the seed and the
epoch's number alone.

Batches are of so many examples, or of so many tokens, frames or pixels: a budget, which padding counts against.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from collections.abc import Iterable, Iterator, Sequence

from keras_seq.errors import DataError
from keras_seq.formats import Example, File

BATCHES_SORTED_TOGETHER = 50
EXACT_SIZES = 32  # below that sizes are not rounded; above, by less than a sixteenth


@dataclasses.dataclass(frozen=True)
class Order:
    """The batches of every epoch.

    With a budget, every `shuffle_buffer` examples of the file are sorted by their rounded sizes, those of one size
    in a random order, and cut where the budget ends. What is cut follows from the sizes alone, so every epoch has
    as many batches; their order is random. A size is rounded up, so that a batch holds more than one set of
    neighbours, and never more than the budget; what is larger than the budget is a batch of its own.

    Attributes:
        examples: the training split.
        batch_size: most examples of a batch.
        shuffle_buffer: examples held to be mixed.
        seed: decides the order, and which of several truths is taken.
        budget: most tokens, frames or pixels of a batch, padding included; None for any.
        sizes: of the examples, in the order of the split, where there is a budget.
    """

    examples: Iterable[Example]
    batch_size: int
    shuffle_buffer: int
    seed: int
    budget: int | None = None
    sizes: Sequence[int] = ()

    def epoch(self, number: int) -> Iterator[list[Example]]:
        """The batches of an epoch, each example with one truth."""
        generator = random.Random(f"{self.seed} {number}")
        if self.budget is None:
            mixed = shuffled(self.examples, self.shuffle_buffer, generator)
            batches = bucketed(mixed, self.batch_size, generator)
        else:
            batches = self._within_budget(generator)
        for batch in batches:
            yield [_with_one_truth(example, generator) for example in batch]

    def batch(self, epoch: int, step: int) -> list[Example]:
        """One batch; empty where there is none."""
        return next(itertools.islice(self.epoch(epoch), step, None), []) if step >= 0 else []

    def steps(self, examples: int) -> int:
        """The batches of an epoch, of which each has as many.

        Args:
            examples: their number, where there is no budget.
        """
        if self.budget is None:
            return math.ceil(examples / self.batch_size)
        starts = range(0, len(self.sizes), self.shuffle_buffer)
        pools = (self.sizes[start : start + self.shuffle_buffer] for start in starts)
        return sum(len(self._ends(sorted(map(rounded, pool)))) for pool in pools)

    def _within_budget(self, generator: random.Random) -> Iterator[list[Example]]:
        pairs = self._with_sizes()
        while pool := list(itertools.islice(pairs, self.shuffle_buffer)):
            generator.shuffle(pool)
            pool.sort(key=lambda pair: pair[1])
            ends = self._ends([size for _, size in pool])
            batches = [pool[start:end] for start, end in zip([0, *ends], ends, strict=False)]
            generator.shuffle(batches)
            for batch in batches:
                yield [example for example, _ in batch]

    def _with_sizes(self) -> Iterator[tuple[Example, int]]:
        for example, size in itertools.zip_longest(self.examples, self.sizes):
            if example is None or size is None:
                raise DataError(f"there were {len(self.sizes)} training examples, and now there are others")
            yield example, rounded(size)

    def _ends(self, sizes: Sequence[int]) -> list[int]:
        """Where the batches of examples end, whose rounded sizes rise."""
        budget, start, ends = self.budget or 0, 0, []
        for place, size in enumerate(sizes):
            count = place - start
            if count and (count == self.batch_size or (count + 1) * size > budget):
                ends.append(place)
                start = place
        return [*ends, len(sizes)] if sizes else []


def rounded(size: int) -> int:
    """A size, rounded up to five binary digits; at least 1."""
    if size < EXACT_SIZES:
        return max(size, 1)
    unit = 2 ** (size.bit_length() - EXACT_SIZES.bit_length() + 1)
    return -(-size // unit) * unit


def shuffled(examples: Iterable[Example], buffer: int, generator: random.Random) -> Iterator[Example]:
    """The examples in a random order, as far as a buffer of `buffer` of them can mix a stream."""
    held: list[Example] = []
    for example in examples:
        if len(held) < buffer:
            held.append(example)
        else:
            place = generator.randrange(buffer)
            held[place], example = example, held[place]
            yield example
    generator.shuffle(held)
    yield from held


def rough_length(raw: str | File) -> tuple[int, int]:
    """Orders raw inputs by length before anything is decoded: texts by spaces, then characters; files by
    their length.
    """
    return (0, raw.length) if isinstance(raw, File) else (raw.count(" "), len(raw))


def bucketed(
    examples: Iterable[Example], batch_size: int, generator: random.Random | None = None
) -> Iterator[list[Example]]:
    """Batches of examples of similar `rough_length`.

    Every 50 batches' worth of examples are sorted by length and cut into batches; with a `generator` the
    batches are then given out in a random order. All batches but one, of the last examples, are full.
    """
    pool: list[Example] = []

    def cut() -> list[list[Example]]:
        pool.sort(key=lambda example: rough_length(example.input))
        batches = [pool[start : start + batch_size] for start in range(0, len(pool), batch_size)]
        if generator is not None:
            generator.shuffle(batches)
        return batches

    for example in examples:
        pool.append(example)
        if len(pool) == BATCHES_SORTED_TOGETHER * batch_size:
            yield from cut()
            pool = []
    yield from cut()


def _with_one_truth(example: Example, generator: random.Random) -> Example:
    if isinstance(example.truth, str):
        return example
    return example._replace(truth=generator.choice(example.truths))
