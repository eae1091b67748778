"""Grey frames -> an animated GIF file, fast and the same on every machine.

Pixels are written as codes of one width, with a clear code before the table of a decoder has grown (GIF89a
specification, appendix F). That is about a byte a pixel, without the search for what repeats, which takes a
hundred times as long in Python; every decoder reads it.
"""

from __future__ import annotations

import struct

import numpy as np

BLOCK = 255  # bytes, of a block of data at most


def encoded(pixels: np.ndarray, seconds: float = 0.1) -> bytes:
    """Grey frames `(time, height, width)` uint8 -> a GIF of exactly these, that plays over and over.

    Args:
        pixels: from black to white; the fewer levels of grey there are, the smaller is the file.
        seconds: between frames.
    """
    count, height, width = pixels.shape
    used = np.zeros(256, bool)
    used[pixels] = True
    palette = np.repeat(np.flatnonzero(used).astype(np.uint8)[:, None], 3, 1)
    colours, frames, delay = len(palette), (np.cumsum(used) - 1)[pixels], round(100 * seconds)
    bits = max(2, (colours - 1).bit_length())
    table = np.zeros((2**bits, 3), np.uint8)
    table[:colours] = palette
    screen = struct.pack("<HHBBB", width, height, 0xF0 | (bits - 1), 0, 0)
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    before = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, 0, delay, 0, 0)
    before += struct.pack("<BHHHHBB", 0x2C, 0, 0, width, height, 0, bits)
    data = _blocks(_codes(frames.reshape(count, -1), bits))
    parts = [part for frame in data for part in (before, frame.tobytes())]
    return b"".join([b"GIF89a", screen, table.tobytes(), loop, *parts, b";"])


def _codes(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Pixels of each frame `(time, pixels)` -> its codes of `bits + 1` bits, packed `(time, bytes)` uint8.

    After a clear code and n pixels, a decoder has 2^bits + 1 + n entries; at 2^(bits + 1) codes would widen.
    """
    clear, run = 2**bits, 2**bits - 2
    count, length = pixels.shape
    runs = -(-length // run)
    codes = np.full((count, runs, run + 1), clear, np.uint16)
    padded = np.zeros((count, runs * run), np.uint16)
    padded[:, :length] = pixels
    codes[:, :, 1:] = padded.reshape(count, runs, run)
    flat = codes.reshape(count, -1)[:, : length + runs + 1]
    if flat.shape[1] < length + runs + 1:  # the last run is full
        flat = np.pad(flat, ((0, 0), (0, 1)))
    flat[:, -1] = clear + 1  # the end
    ones = ((flat[..., None] >> np.arange(bits + 1, dtype=np.uint16)) & 1).astype(np.uint8)
    return np.packbits(ones.reshape(count, -1), 1, "little")


def _blocks(data: np.ndarray) -> np.ndarray:
    """Bytes of each frame `(time, bytes)` -> in blocks that begin with their lengths, and an empty one."""
    count, length = data.shape
    full = length // BLOCK
    blocks = np.full((count, full, BLOCK + 1), BLOCK, np.uint8)
    blocks[:, :, 1:] = data[:, : full * BLOCK].reshape(count, full, BLOCK)
    rest = data[:, full * BLOCK :]
    last = [np.full((count, 1), rest.shape[1], np.uint8), rest] if rest.shape[1] else []
    return np.concatenate([blocks.reshape(count, -1), *last, np.zeros((count, 1), np.uint8)], 1)
