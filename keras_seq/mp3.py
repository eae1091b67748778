"""MP3 files that do not say how long they are: a frame that says so, put before the others.

libsndfile takes the length of an MP3 file from its first frame (Xing's or Info's, as LAME and FFmpeg write it).
Without one it guesses by the bit rate of the first frame, and cuts the sound off there: of a variable bit rate
often more than the half.
"""

from __future__ import annotations

import re
import struct

# What mpg123 leaves out at the start of a file that says how long it is, and minimp3 only where an encoder's own
# delay is told too: the delay of every decoder. In samples.
DECODER_DELAY = 529
_FRAME = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][^\x0c-\x0f\x1c-\x1f\xf0-\xff].", re.DOTALL)
_MPEG_1 = 3  # of the two bits of a version; 2 is MPEG 2, 0 is MPEG 2.5
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_SIDE_BYTES = {(True, False): 17, (True, True): 32, (False, False): 9, (False, True): 17}  # MPEG 1?, stereo?
_MANY = 2**24  # frames; more than a file has


def tells_length(contents: bytes) -> bool:
    """Whether the first frame says how long the sound is; True where there is no frame of layer III."""
    start = _first_frame(contents)
    return start < 0 or any(name in contents[start : start + 200] for name in (b"Xing", b"Info"))


def told(contents: bytes) -> bytes:
    """A file with a frame before the others that says how long the sound is: longer than it can be.

    Source: Xing's header, as in "MPEG Audio Frame Header", Windszus 2007.
    """
    start = _first_frame(contents)
    _, second, third, fourth = contents[start : start + 4]
    version, is_stereo = second >> 3 & 3, fourth >> 6 != 3
    # Of the bit rate number 8: 112 kbit/s, or 64 in MPEG 2 and 2.5.
    rate = _RATES[version][third >> 2 & 3]
    size = (144 * 112_000 if version == _MPEG_1 else 72 * 64_000) // rate
    frame = bytes([0xFF, second | 1, 0x80 | third & 0x0C, fourth])
    frame += bytes(_SIDE_BYTES[version == _MPEG_1, is_stereo]) + b"Xing" + struct.pack(">II", 1, _MANY)
    return frame.ljust(size, b"\0") + contents[start:]


def _first_frame(contents: bytes) -> int:
    """Where the first frame of layer III starts, behind tags of ID3; -1 without one."""
    start = 0
    while contents[start : start + 3] == b"ID3" and len(contents) >= start + 10:
        size = 0
        for byte in contents[start + 6 : start + 10]:
            size = size << 7 | byte & 0x7F
        start += 10 + size
    found = _FRAME.search(contents, start)
    return found.start() if found else -1
