"""Tables whose inputs are paths of files -> examples that refer to those files."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Iterable, Iterator

from keras_seq.formats.examples import Example, File


class Referenced:
    """Examples whose inputs are paths, as examples whose inputs are `File`s: an iterable, over and over.

    Args:
        examples: such as those of a `Table`.
        folder: where relative paths start.
        several: whether rows of one file that follow each other are one example with all their truths.
    """

    def __init__(self, examples: Iterable[Example], folder: str, several: bool = False) -> None:
        self.examples, self.folder, self.several = examples, pathlib.Path(folder), several

    def __iter__(self) -> Iterator[Example]:
        if not self.several:
            yield from (self._referenced(example, example.truth) for example in self.examples)
            return
        for _, rows in itertools.groupby(self.examples, key=lambda example: example.input):
            first, *others = rows
            truths = itertools.chain.from_iterable(example.truths for example in (first, *others))
            yield self._referenced(first, tuple(truths))

    def _referenced(self, example: Example, truth: str | tuple[str, ...]) -> Example:
        return Example(File.of(self.folder / example.input), truth, example.where)
