"""NumPy's `.npy` files of float32 `(time, features)` as lists of numbers, with Python alone: in requests and their
files, numbers are JSON.
"""

from __future__ import annotations

import array
import ast
import sys

MAGIC = b"\x93NUMPY\x01\x00"
PREFIX = 10  # bytes: the magic, and the length of the header
ALIGNMENT = 64  # bytes, of where the numbers begin
DIGITS = 9  # with so many a float32 is itself again


def rows(raw: bytes) -> list[list[float]]:
    """The frames of a `.npy` file of version 1.0, little-endian float32 in C order, `(time, features)`.

    Raises:
        ValueError: when it is another one, or damaged.
    """
    if not raw.startswith(MAGIC):
        raise ValueError("expected a .npy file of version 1.0")
    start = PREFIX + int.from_bytes(raw[len(MAGIC) : PREFIX], "little")
    header = ast.literal_eval(raw[PREFIX:start].decode("latin-1").strip())
    time, features = header["shape"]
    if (header["descr"], header["fortran_order"]) != ("<f4", False):
        raise ValueError(f"expected little-endian float32 in C order, found {header}")
    values = array.array("f", raw[start:])
    if sys.byteorder == "big":
        values.byteswap()
    if len(values) != time * features:
        raise ValueError(f"expected {time * features} numbers, found {len(values)}")
    exact = [float(f"{value:.{DIGITS}g}") for value in values]
    return [exact[place : place + features] for place in range(0, len(exact), features)]


def packed(frames: list[list[float]]) -> bytes:
    """Frames of one size, as a `.npy` file that `rows` reads."""
    values = array.array("f", [value for frame in frames for value in frame])
    if sys.byteorder == "big":
        values.byteswap()
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(frames)}, {len(frames[0])}), }}"
    padding = -(PREFIX + len(header) + 1) % ALIGNMENT
    text = f"{header}{' ' * padding}\n".encode("latin-1")
    return MAGIC + len(text).to_bytes(2, "little") + text + values.tobytes()


def padded(clips: list[list[list[float]]]) -> list[list[list[float]]]:
    """Clips of one length: frames of zeros behind the shorter ones."""
    longest = max((len(clip) for clip in clips), default=0)
    return [clip + [[0.0] * len(clip[0]) for _ in range(longest - len(clip))] for clip in clips]
