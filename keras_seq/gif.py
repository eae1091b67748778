"""Animated GIFs, written without a library and always the same: sample corpora and edge cases are made of them.

Source: CompuServe 1990, "Graphics Interchange Format, Version 89a", with its variant of LZW.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

GREYS = bytes(level for level in range(256) for _ in range(3))
# Disposal methods: what becomes of a frame's rectangle before the next frame is drawn.
KEEP, TO_BACKGROUND, TO_PREVIOUS = 1, 2, 3
MOST_CODES = 4096
BLOCK_BYTES = 255


class Frame(NamedTuple):
    """A rectangle that is drawn over what is there.

    Attributes:
        pixels: a row after the other, a byte a pixel, which is a place in the palette.
        width: of the rectangle, in pixels.
        left: where it begins.
        top: where it begins.
        transparent: the place in the palette that is not drawn; None for none.
        disposal: a disposal method.
        palette: of this frame alone, as that of the file.
        interlaced: rows are written 0, 8, 16, ..., 4, 12, ..., 2, 6, ..., 1, 3, ...
    """

    pixels: bytes
    width: int
    left: int = 0
    top: int = 0
    transparent: int | None = None
    disposal: int = KEEP
    palette: bytes = b""
    interlaced: bool = False


def encoded(pixels: np.ndarray, seconds: float = 0.1) -> bytes:
    """Frames `(time, height, width)` or `(time, height, width, 3)` uint8 -> a GIF of exactly these.

    Args:
        pixels: grey, or of at most 256 colours in all.
        seconds: between frames.

    Raises:
        ValueError: when there are more colours, which GIF has no room for.
    """
    import numpy as np

    palette = GREYS
    if pixels.ndim == 4:
        colours = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
        found, places = np.unique(colours, return_inverse=True)
        if len(found) > 256:
            raise ValueError(f"{len(found)} colours: a GIF has at most 256; make it a strip of JPEG files")
        pixels = places.reshape(colours.shape).astype(np.uint8)
        palette = b"".join(int(colour).to_bytes(3, "big") for colour in found)
    _, height, width = pixels.shape
    return of_frames([Frame(frame.tobytes(), width) for frame in pixels], width, height, palette, seconds)


def of_frames(
    frames: Sequence[Frame], width: int, height: int, palette: bytes = GREYS, seconds: float = 0.1
) -> bytes:
    """Rectangles -> a GIF that draws one after the other.

    Args:
        frames: in their order.
        width: of the whole, in pixels.
        height: of the whole, in pixels.
        palette: red, green and blue of each colour, at most 256; b"" for none.
        seconds: between frames.
    """
    flags, table = _table(palette)
    header = b"GIF89a" + struct.pack("<HHBBB", width, height, flags | 0x70, 0, 0) + table
    endless = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    return header + endless + b"".join(_drawn(frame, round(100 * seconds)) for frame in frames) + b"\x3b"


def _drawn(frame: Frame, hundredths: int) -> bytes:
    transparent = frame.transparent is not None
    flags = frame.disposal << 2 | transparent
    control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, hundredths, frame.transparent or 0, 0)
    height = len(frame.pixels) // frame.width
    flags, table = _table(frame.palette)
    flags |= 0x40 if frame.interlaced else 0
    place = struct.pack("<BHHHHB", 0x2C, frame.left, frame.top, frame.width, height, flags)
    rows = [frame.pixels[start : start + frame.width] for start in range(0, len(frame.pixels), frame.width)]
    if frame.interlaced:
        rows = [*rows[::8], *rows[4::8], *rows[2::4], *rows[1::2]]
    return control + place + table + b"\x08" + _blocks(_compressed(b"".join(rows)))


def _table(palette: bytes) -> tuple[int, bytes]:
    """The flags of a palette, and the palette with its number of colours made a power of two."""
    if not palette:
        return 0, b""
    bits = max((len(palette) // 3 - 1).bit_length(), 1)
    return 0x80 | (bits - 1), palette.ljust(3 << bits, b"\0")


def _blocks(data: bytes) -> bytes:
    parts = [data[start : start + BLOCK_BYTES] for start in range(0, len(data), BLOCK_BYTES)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def _compressed(pixels: bytes) -> bytes:
    """LZW of GIF: a code of 9 to 12 bits stands for pixels that came before; the lowest bits first."""
    clear, end = 256, 257
    codes: dict[int, int] = {}
    free, size = end + 1, 9
    packed, bits = clear, size
    out = bytearray()
    prefix = pixels[0]
    for pixel in pixels[1:]:
        key = prefix << 8 | pixel
        found = codes.get(key)
        if found is not None:
            prefix = found
            continue
        packed |= prefix << bits
        bits += size
        if free < MOST_CODES:
            codes[key] = free
            size += free == 1 << size
            free += 1
        else:
            packed |= clear << bits
            bits += size
            codes, free, size = {}, end + 1, 9
        prefix = pixel
        if bits >= 64:
            out += (packed & (1 << 64) - 1).to_bytes(8, "little")
            packed, bits = packed >> 64, bits - 64
    packed |= prefix << bits
    bits += size
    size += free == 1 << size and size < 12  # as a reader counts, who adds an entry for that code too
    packed |= end << bits
    return bytes(out + packed.to_bytes((bits + size + 7) // 8, "little"))
