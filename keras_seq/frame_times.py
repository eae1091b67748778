"""When the frames of a video are shown, and which of them are sampled."""

from __future__ import annotations

import bisect
import contextlib
import itertools
import math
import statistics
from typing import Any, NamedTuple

from keras_seq.errors import DataError

MOST_MISSING = 0.1  # of a video: what may be cut off
_WITH_LENGTH = ("mov", "matroska", "avi", "asf")  # whose headers say how long the whole is


class Part(NamedTuple):
    """A part of a video: where it starts and ends, and the places of its frames."""

    start: float
    end: float
    places: list[int]


class Times(NamedTuple):
    """When the frames of a video are shown, in order, in units of its stream; when the last one ends; and what
    usually is between two.
    """

    starts: list[int]
    end: int
    interval: int

    @property
    def variable(self) -> bool:
        """Whether a frame is shown for more than one and a half of the usual interval, or less than half."""
        steps = (b - a for a, b in zip(self.starts, [*self.starts[1:], self.end], strict=True))
        return any(not self.interval <= 2 * step <= 3 * self.interval for step in steps)

    def sampled(self, frames: int) -> list[int]:
        """The places of the frames that are on display in the middle of equal parts of the duration.

        There are as many parts as `frames`, or as usual intervals where those are fewer: a frame that is shown
        for long may then have several.
        """
        if not self.variable and len(self.starts) <= frames:
            return list(range(len(self.starts)))
        return self._between(self.starts[0], self.end, frames)

    def windows(self, length: float, step: float, frames: int) -> list[Part]:
        """Parts of a length, a step apart, from the first frame until one gets to the end; in `sampled`'s units.

        They start and end as if the first frame were at 0.
        """
        first, duration = self.starts[0], self.end - self.starts[0]
        found: list[Part] = []
        while not found or found[-1].end < duration:
            start = len(found) * step
            end = min(start + length, duration)
            found.append(Part(start, end, self._between(first + start, first + end, frames)))
        return found

    def _between(self, start: float, end: float, frames: int) -> list[int]:
        """The places of the frames on display in the middle of equal parts of a time."""
        parts = min(frames, max(1, round((end - start) / self.interval)))
        middles = (start + (part + 0.5) * (end - start) / parts for part in range(parts))
        return [max(0, bisect.bisect_right(self.starts, middle) - 1) for middle in middles]


def times_of(container: Any, stream: Any) -> Times:
    """When each frame is shown, from the headers of packets.

    Raises:
        DataError: when there are none, or many fewer than the container says.
    """
    import av

    ends: dict[int, int] = {}  # of each frame, by its start
    packets, first, last = 0, math.inf, -math.inf  # those two of all streams, in seconds
    with contextlib.suppress(av.error.FFmpegError, OSError):  # the end of what is cut off
        for packet in container.demux():
            start = _start(container, packet)
            if not packet.size:
                continue
            if start is not None:
                seconds = float(start * packet.time_base)
                first, last = min(first, seconds), max(last, seconds)
            if packet.stream_index == stream.index:
                packets += 1
                start = len(ends) if start is None else start
                if not packet.is_discard:
                    ends[start] = start + (packet.duration or 0)
    if not ends:
        raise DataError("is cut off before its first frame")
    if container.format.name.startswith(_WITH_LENGTH):
        _refuse_cut_off((container.duration or 0) / 1e6, last - first, stream.frames, packets)
    starts = sorted(ends)
    steps = [b - a for a, b in itertools.pairwise(starts)]
    length = ends[starts[-1]] - starts[-1]
    interval = max(1, round(statistics.median(steps)) if steps else length)
    return Times(starts, starts[-1] + (length or interval), interval)


def has_times(container: Any) -> bool:
    """Whether packets know when their frames are shown; else frames come in order, as far apart as packets."""
    return container.format.name != "avi"


def _start(container: Any, packet: Any) -> int | None:
    """When the frame of a packet is shown."""
    by_order = not has_times(container) or packet.pts is None
    return packet.dts if by_order else packet.pts


def _refuse_cut_off(expected: float, seconds: float, frames: int, packets: int) -> None:
    """Complain of a video that has much less than its header says."""
    if packets < (1 - MOST_MISSING) * frames:
        raise DataError(f"is cut off: it has {packets} of {frames} frames")
    if (
        not frames and seconds < (1 - MOST_MISSING) * expected - 1
    ):  # of the last packet the length is not known
        raise DataError(f"is cut off: it has {seconds:.1f} of {expected:.1f} s")
