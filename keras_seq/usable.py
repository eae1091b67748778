"""Examples that a training can use; what is wrong with the others is counted, named, and an error or passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from keras_seq import progress
from keras_seq.errors import DataError
from keras_seq.formats import Example
from keras_seq.formats.faults import Faults
from keras_seq.reading import HINT, Unreadable


class Usable:
    """Those of some examples that have no fault: an iterable, over and over.

    Args:
        examples: any.
        fault: an example -> what keeps it from being trained on, in the same words for all of a kind and behind
            a colon what is its own; "" where nothing does.
        unreadable: whether a fault is an error, or passed over.
        split: the name of what is read, for messages.

    Raises:
        DataError: at the end of an iteration, where there are faults and they are not passed over, or where
            nothing else is left.
    """

    def __init__(
        self, examples: Iterable[Example], fault: Callable[[Example], str], unreadable: Unreadable, split: str
    ) -> None:
        self.examples, self.fault, self.unreadable, self.split = examples, fault, unreadable, split
        self._faulty: set[int] | None = None  # the places of those that have a fault, once all were looked at

    @property
    def skipped(self) -> int:
        """How many were passed over in the last iteration that got to the end, here and before."""
        return len(self._faulty or ()) + getattr(self.examples, "skipped", 0)

    def __iter__(self) -> Iterator[Example]:
        if self._faulty is not None:
            yield from (one for place, one in enumerate(self.examples) if place not in self._faulty)
            return
        total, faults, places = 0, Faults(), set[int]()
        for example in self.examples:
            total += 1
            found = self.fault(example)
            if found:
                faults.add(found, example.where)
                places.add(total - 1)
            else:
                yield example
        self._faulty = places
        if not faults.count:
            return
        what = f"{faults.count} of {total} examples of the {self.split} split cannot be trained on: {faults}"
        if self.unreadable == "stop" or faults.count == total:
            self._faulty = None
            raise DataError(what + (HINT if faults.count < total else ""))
        progress.say(f"passed over: {what}")
