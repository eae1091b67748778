"""Pictures at the edges of what a model of pictures may be asked: the gates of an export try them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

from keras_seq import gif
from keras_seq.png import of_chunks

SIDE = 16  # pixels
LARGE = (6000, 4000)  # width and height of a camera's picture
BOMB = 30000  # pixels of a side: a file of 100 kB that is 900 MB
HUGE = 65500  # pixels, about the most that a JPEG header can say
GREY, COLOURS, PALETTE, GREY_ALPHA, COLOURS_ALPHA = 0, 2, 3, 4, 6  # what PNG has pixels of
CHANNELS = {GREY: 1, COLOURS: 3, PALETTE: 1, GREY_ALPHA: 2, COLOURS_ALPHA: 4}
ROWS_AT_ONCE = 100
ORIENTATION = 0x0112


def good(large: tuple[int, int] = LARGE) -> list[bytes]:
    """Pictures that are answered: JPEG, PNG, BMP and GIF files of every kind, one of a pixel, one of a camera's size.

    Args:
        large: width and height of the largest.
    """
    picture = _picture()
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    colours = np.asarray(picture)
    alpha = np.dstack([colours, colours[..., 0]])
    deep = colours.astype(np.uint16) * 257
    jpegs = [
        *[saved(picture.convert(mode), "JPEG") for mode in ("RGB", "L", "CMYK")],
        *[saved(picture, "JPEG", progressive=True), saved(picture, "JPEG", exif=exif.tobytes())],
        *[saved(picture, "JPEG") + b"a text behind it", saved(picture.resize((3 * SIDE, 1)), "JPEG")],
    ]
    pngs = [
        *[png(colours[:1, :1], COLOURS), png(colours[..., :1], GREY), png(alpha, COLOURS_ALPHA)],
        *[png(deep, COLOURS), png(deep[..., :2], GREY_ALPHA), png(deep[..., :1], GREY)],
        png(
            colours[..., :1], PALETTE, before=[(b"PLTE", bytes(range(256)) * 3), (b"tRNS", bytes(range(200)))]
        ),
        *[saved(picture.convert("1"), "PNG"), flat_png(*large)],
    ]
    bitmaps = [saved(picture.convert(mode), "BMP") for mode in ("RGB", "L", "P")]
    hole = gif.Frame(bytes([200, 0] * 8), 4, 3, 5, transparent=0)
    return [*jpegs, *pngs, *bitmaps, gif.encoded(colours[None, ..., 0]), gif.of_frames([hole], SIDE, SIDE)]


def damaged() -> list[bytes]:
    """Pictures that have a problem: cut off, damaged within, of other kinds, more pixels than anyone has memory for."""
    picture = _picture()
    jpeg, progressive = saved(picture, "JPEG"), saved(picture, "JPEG", progressive=True)
    whole, bitmap = png(np.asarray(picture), COLOURS), saved(picture, "BMP")
    frame = struct.pack(">HH", SIDE, SIDE)
    return [
        *[jpeg[: len(jpeg) // 2], progressive[: 2 * len(progressive) // 3], jpeg[:40]],
        *[whole[:-30], whole[:30], bitmap[:-1]],
        whole[:60] + bytes([whole[60] ^ 1]) + whole[61:],  # a checksum that is wrong
        jpeg.replace(b"\xff\xc0", b"\xff\xc3"),  # a kind of JPEG that nothing decodes
        flat_png(BOMB, BOMB),
        flat_png(2**20, 1),
        jpeg.replace(frame, struct.pack(">HH", HUGE, HUGE)),
        jpeg.replace(frame, bytes(4)),
        bitmap[:18] + struct.pack("<ii", BOMB, BOMB) + bitmap[26:],
        gif.of_frames([gif.Frame(b"\0", 1)], HUGE, HUGE),
        gif.of_frames([], SIDE, SIDE),
        saved(picture.convert("1"), "BMP"),
        b"<!DOCTYPE html><html></html>",
        *[
            b"RIFF\x1a\0\0\0WEBPVP8L\r\0\0\0/\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0",
            b"II*\0\x08\0\0\0\0\0",
        ],
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    ]


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file of a kind that Pillow writes."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def png(pixels: np.ndarray, kind: int, before: list[tuple[bytes, bytes]] | None = None) -> bytes:
    """A PNG file of a kind that Pillow does not write, 16 bits of grey and alpha, too.

    Args:
        pixels: `(height, width, channels)` uint8 or uint16.
        kind: what these are: GREY and so on.
        before: chunks before the pixels, their names and what is in them.
    """
    height, width = pixels.shape[:2]
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows), 9)
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, kind, 0, 0, 0)
    return of_chunks([(b"IHDR", header), *(before or []), (b"IDAT", data)])


def flat_png(width: int, height: int) -> bytes:
    """A PNG file of one colour, however large: its rows are all alike, so that a few are compressed, and repeated."""
    row = bytes(1 + (width + 7) // 8)  # a bit a pixel
    times, rest = divmod(height, ROWS_AT_ONCE)
    block, last = _flushed(row * ROWS_AT_ONCE), _flushed(row * rest)
    count = height * len(row)
    checksum = struct.pack(">HH", count % 65521, 1)  # Adler's, of zeros
    data = b"\x78\xda" + block * times + last + b"\x03\0" + checksum
    header = struct.pack(">IIBBBBB", width, height, 1, PALETTE, 0, 0, 0)
    return of_chunks([(b"IHDR", header), (b"PLTE", b"\xc8\x50\x28"), (b"IDAT", data)])


def _flushed(content: bytes) -> bytes:
    """Compressed bytes that others may follow, and that look at none before them."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(content) + compressor.flush(zlib.Z_FULL_FLUSH)


def _picture() -> Image.Image:
    """Slopes of three colours."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return Image.fromarray(np.stack([rows * 15, columns * 15, (rows + columns) * 7], -1).astype(np.uint8))
