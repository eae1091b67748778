"""What keeps an utterance from being trained on."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Collection, Sequence

from keras_seq.formats.examples import Example, File

SURE = 4  # times the length that is needed: an estimate as long as that needs no look at the file


@dataclasses.dataclass
class UtteranceFaults:
    """An utterance -> "", or its fault: a kind, and behind a colon what is its own.

    Attributes:
        alphabet: the characters that transcripts may have.
        written: a transcript -> the transcript as it is learned.
        labels_of: that -> its labels.
        milliseconds: the path of a sound -> its length, or None where the file does not say.
        step: milliseconds of a step of the network.
        longest: milliseconds that a sound may have.
    """

    alphabet: Collection[str]
    written: Callable[[str], str]
    labels_of: Callable[[str], Sequence[int]]
    milliseconds: Callable[[str], float | None]
    step: int
    longest: float

    def __post_init__(self) -> None:
        self._lengths: dict[File, float] = {}

    def __call__(self, example: Example) -> str:
        transcript = self.written(example.truth)
        if not transcript:
            return "without a transcript"
        if foreign := sorted(set(transcript) - set(self.alphabet)):
            return f"with characters outside the alphabet: {' '.join(foreign)}"
        needed = steps_needed(self.labels_of(transcript)) * self.step
        length = self._length(example.input, needed)
        if length > self.longest:
            return f"longer than {self.longest / 1000:g} s: {length / 1000:.1f} s"
        return f"too short for its transcript: {length:.0f} of {needed} ms" if length < needed else ""

    def _length(self, sound: File, needed: int) -> float:
        """In milliseconds. Many manifests do not have it, and `File.length` is then an estimate."""
        if SURE * needed <= sound.length <= self.longest / SURE:
            return sound.length
        if sound not in self._lengths:
            known = self.milliseconds(sound.path)
            self._lengths[sound] = max(sound.length, needed) if known is None else known
        return self._lengths[sound]


def steps_needed(labels: Sequence[int]) -> int:
    """The fewest steps of CTC that say labels: one each, and one more between two that are alike."""
    return len(labels) + sum(a == b for a, b in itertools.pairwise(labels))
