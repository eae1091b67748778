"""What keeps a clip from being trained on, as far as its file's header tells."""

from __future__ import annotations

import dataclasses

from keras_seq import video_facts
from keras_seq.errors import DataError
from keras_seq.formats.examples import Example


@dataclasses.dataclass
class ClipFaults:
    """A clip -> "", or its fault: a kind, and behind a colon what is its own.

    A file that is missing, and damage behind the header, are not seen here: the first is found when examples are
    listed, the other when the file is read. Nor is a GIF or a strip looked at that may have one frame.

    Attributes:
        fewest: frames that a clip must have; 1 lets still pictures pass.
    """

    fewest: int = 1

    def __post_init__(self) -> None:
        self._faults: dict[str, str] = {}  # by path: several splits, or epochs, ask for the same

    def __call__(self, example: Example) -> str:
        path = example.input.path
        if path not in self._faults:
            self._faults[path] = self._fault(path)
        return self._faults[path]

    def _fault(self, path: str) -> str:
        is_clip = False
        try:
            is_clip = video_facts.is_clip(path)
            if is_clip and self.fewest <= 1:
                return ""
            frames = video_facts.count(path)
        except DataError as error:
            return "" if is_clip else f"that {error}"  # of a clip, the model knows better
        except OSError:
            return ""
        return f"with fewer than {self.fewest} frames: {frames}" if frames < self.fewest else ""
