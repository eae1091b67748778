"""What a `data:` section says of its splits and labels; dividing and joining raw examples, streamed."""

from __future__ import annotations

import functools
import itertools
import pathlib
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from keras_seq.errors import DataError, RecipeError
from keras_seq.formats import Example

SPLITS = ("train", "validation", "test")
CHECKED_FIRST = 1000  # examples of a split that are read before TensorFlow is imported


def places(
    source: str, write_sample: Callable[[], pathlib.Path], suffix: str, **given: Any
) -> dict[str, Any]:
    """Where each split is: the files of the sample corpus, or what the recipe gives.

    Args:
        source: "sample" or "files".
        write_sample: writes the sample corpus into a folder.
        suffix: of its three files.
        given: the keys of `data:` that name files: `train`, `validation` (or a fraction of train), `test` and
            others.

    Raises:
        RecipeError: when the sample is asked for and files are named too.
    """
    if source != "sample":
        return given
    named = [f"data.{key}" for key, value in given.items() if isinstance(value, str | list)]
    if named:
        raise RecipeError(
            f"data.source: is sample, but {', '.join(named)} is given too; set data.source: files for yours"
        )
    folder = write_sample()
    return {**given, **{split: str(folder / f"{split}{suffix}") for split in SPLITS}}


def examples(
    split: str,
    paths: dict[str, Any],
    read: Callable[[str], Iterable[Example]],
    seed: int,
    stratify: Callable[[Example], Any] = lambda example: None,
    group: str | None = None,
) -> Iterable[Example] | None:
    """The examples of a split; None for a test split that is nowhere.

    Args:
        split: "train", "validation" or "test".
        paths: what `places` gives.
        read: a path -> its examples.
        seed: decides what is held out where the validation split is a fraction.
        stratify: what of an example is as frequent in the held-out part as in the rest, such as its class.
        group: of examples that are files: what of their paths tells whose they are, a regular expression; all of
            a person, or of a recording, are then held out, or none. `stratify` does not count then.

    Raises:
        RecipeError: when the recipe has no such split.
    """
    path, validation = paths[split], paths["validation"]
    if path is None and split == "test":
        return None
    if path is None:
        raise RecipeError(
            f"data.{split}: this key is needed; a file, or data.source: sample for the built-in corpus"
        )
    if split == "test" or not isinstance(validation, float):
        return read(path)
    if paths["train"] is None:
        raise RecipeError(
            "data.train: this key is needed; a file, or data.source: sample for the built-in corpus"
        )
    if group is not None:
        return HeldOutGroups(read(paths["train"]), validation, seed, split == "validation", group)
    return HeldOut(read(paths["train"]), validation, seed, split == "validation", stratify)


def names(key: str, given: dict[Any, Any] | None) -> dict[str, str] | None:
    """Labels in the files -> their names in the answers, as texts.

    Args:
        key: the recipe's key, for messages.
        given: its value; YAML's true, false and numbers may stand for the texts.

    Raises:
        RecipeError: when a label stands twice, or a name is no text of one line.
    """
    if not given:
        return None
    found = {_text(label): _text(name) for label, name in given.items()}
    if len(found) < len(given) or not all(isinstance(n, str | int | float) for n in given.values()):
        raise RecipeError(f"{key}: expected a name for each label, every label once; given {given!r}")
    for name in found.values():
        if "\t" in name or name.splitlines() != [name]:
            raise RecipeError(
                f"{key}: the name {name!r} is empty, or holds a tab or a line break; given {given!r}"
            )
    return found


def group(given: str | None, validation: Any) -> str | None:
    """What a recipe says of whose files are whose, `data.group`.

    Raises:
        RecipeError: when it is no regular expression, or validation is no fraction.
    """
    if given is None:
        return None
    try:
        re.compile(given)
    except re.error as error:
        raise RecipeError(f"data.group: {given!r} is no regular expression: {error}") from None
    if not isinstance(validation, float):
        raise RecipeError("data.group: is for data.validation as a fraction; given is a file of its own")
    return given


def header(given: bool | None, *columns: Any) -> bool | None:
    """What a recipe says of a header, `data.header`.

    Args:
        given: its value; None leaves it to the columns.
        columns: those of the recipe, names or numbers.

    Raises:
        RecipeError: when there is no header, and a column has a name all the same.
    """
    named = [column for column in columns if isinstance(column, str)]
    if given is False and named:
        raise RecipeError(
            f"data.header: is false, but only a header names the column {named[0]!r}; number the columns"
        )
    return given


def check_first(examples: Iterable[Example] | None) -> None:
    """Read the first 1000 examples, so that what is wrong with them is found before anything takes long.

    Of a part that is held out, they are the first of the whole: to tell the part, all would have to be read.

    Raises:
        DataError: with file:line.
    """
    while isinstance(examples, HeldOut | HeldOutGroups | Joined):
        examples = examples.parts[0] if isinstance(examples, Joined) else examples.examples
    for _ in itertools.islice(examples or (), CHECKED_FIRST):
        pass


class Joined:
    """Several iterables of examples, one after the other, over and over."""

    def __init__(self, *parts: Iterable[Example]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[Example]:
        for part in self.parts:
            yield from part


class HeldOut:
    """A stratified, seeded part of `examples`, or what is left of them: an iterable of `Example`.

    Of every group (class) the same fraction is held out, to the nearest example; at least one, and never
    the last one. The choice is made while streaming (selection sampling, Knuth, TAOCP vol. 2, 3.4.2,
    algorithm S), so it needs no memory but a count of every group.

    Args:
        examples: what to divide; gone over once for the counts, and once more at every iteration.
        fraction: the part that is held out, between 0 and 1.
        seed: decides which examples.
        held_out: True gives the part, False the rest.
        stratify: an example -> the group that it is counted in.
    """

    def __init__(
        self,
        examples: Iterable[Example],
        fraction: float,
        seed: int,
        held_out: bool,
        stratify: Callable[[Example], Any] = lambda example: None,
    ) -> None:
        self.examples, self.fraction, self.seed, self.held_out = examples, fraction, seed, held_out
        self.stratify = stratify

    @functools.cached_property
    def _counts(self) -> Counter[Any]:
        return Counter(map(self.stratify, self.examples))

    def __iter__(self) -> Iterator[Example]:
        generator = random.Random(self.seed)
        left = dict(self._counts)
        wanted = {kind: min(count - 1, max(1, round(count * self.fraction))) for kind, count in left.items()}
        for example in self.examples:
            kind = self.stratify(example)
            chosen = generator.random() * left[kind] < wanted[kind]
            left[kind] -= 1
            wanted[kind] -= chosen
            if chosen == self.held_out:
                yield example


class HeldOutGroups:
    """Some groups of examples whole, by chance, or those that are left: an iterable of `Example`.

    Clips of one person, or cut from one recording, are alike: where some are in each part, the score is of
    faces and rooms. Groups are held out until about the fraction of all examples is; one at least, and not all.

    Args:
        examples: of files; gone over once more before the first iteration.
        fraction: the part that is held out, between 0 and 1.
        seed: decides which groups.
        held_out: True gives the part, False the rest.
        group: a regular expression; what it finds in a path, or what its first parentheses do, is the group.

    Raises:
        DataError: while iterating, where it finds nothing in a path, or the same in all.
    """

    def __init__(
        self, examples: Iterable[Example], fraction: float, seed: int, held_out: bool, group: str
    ) -> None:
        self.examples, self.fraction, self.seed, self.held_out = examples, fraction, seed, held_out
        self.group = re.compile(group)

    @functools.cached_property
    def chosen(self) -> set[str]:
        """The groups that are held out."""
        counts = Counter(map(self._group, self.examples))
        if len(counts) == 1:
            raise DataError(
                f"data.group: {self.group.pattern!r} finds the same in all paths: {next(iter(counts))!r}"
            )
        names = sorted(counts)
        random.Random(self.seed).shuffle(names)
        wanted, found = self.fraction * counts.total(), [names[0]]
        for name in names[1:-1]:
            held = sum(counts[one] for one in found)
            if abs(held + counts[name] - wanted) >= abs(held - wanted):
                break
            found.append(name)
        return set(found)

    def __iter__(self) -> Iterator[Example]:
        chosen = self.chosen
        for example in self.examples:
            if (self._group(example) in chosen) == self.held_out:
                yield example

    def _group(self, example: Example) -> str:
        found = self.group.search(example.input.path)
        if found is None:
            what = f"data.group: {self.group.pattern!r} finds nothing in the path {example.input.path!r}"
            raise DataError(f"{example.where}: {what}")
        return found[1] if self.group.groups else found[0]


def _text(value: Any) -> str:
    """A YAML key or value as the text that stands in a data file."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
