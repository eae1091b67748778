"""Pictures as PNG files, for the built-in corpora. Source: ISO/IEC 15948."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR = 2  # the kind of pixels with red, green and blue, 8 bits each
FROM_ABOVE = b"\x02"  # the filter of a row that is written as its difference to the one above


def encoded(pixels: np.ndarray) -> bytes:
    """A picture `(height, width, 3)` uint8 -> a PNG file of exactly these pixels."""
    height, width, _ = pixels.shape
    rows = pixels.copy()
    rows[1:] -= pixels[:-1]  # modulo 256, as the filter is defined
    raw = b"".join(FROM_ABOVE + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR, 0, 0, 0)
    return of_chunks([(b"IHDR", header), (b"IDAT", zlib.compress(raw))])


def of_chunks(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG file of chunks, their names and what is in them; the end is put behind them."""
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in [*chunks, (b"IEND", b"")])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
