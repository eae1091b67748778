"""WAV files at the edges of what a model of sounds may be asked: the gates of an export try them."""

from __future__ import annotations

import math
import struct

PCM, FLOAT, MP3, EXTENSIBLE = 1, 3, 0x55, 0xFFFE  # formats of WAV; Microsoft and IBM 1991, 1994
UNKNOWN = 0xFFFFFFFF  # the size of what is still being written
RATE = 16000
LONG_SECONDS = 5


def good(long_seconds: int = LONG_SECONDS) -> list[bytes]:
    """Files that are answered: silence, short and long ones, other rates, channels and samples, odd headers.

    Args:
        long_seconds: of the longest one.
    """
    tone = [0.3 * math.sin(0.2 * n) for n in range(RATE // 4)]
    return [
        wav([0.0] * RATE),  # silence
        wav(tone[: RATE // 100]),  # 10 ms
        wav([0.0] * (8000 * long_seconds), rate=8000, bits=8),
        wav(tone, rate=8000),
        wav(tone, rate=44100, channels=2),
        wav(tone, bits=24),
        wav(tone, bits=32, kind=FLOAT),
        wav(tone, kind=EXTENSIBLE),
        wav(tone, size=UNKNOWN),
        wav(tone, size=0),
        wav(tone, before=b"LIST\x03\0\0\0abc\0fact\x04\0\0\0\0\0\0\0"),
    ]


def damaged() -> list[bytes]:
    """Files that have a problem: no samples, more announced than there are, another kind of sound."""
    some = [0.1] * 1000
    return [
        wav([]),
        wav(some)[:-100],
        wav(some)[:30],
        wav(some, kind=MP3),
        wav(some, rate=0),
        wav(some, channels=0),
    ]


def wav(
    samples: list[float],
    *,
    rate: int = RATE,
    channels: int = 1,
    bits: int = 16,
    kind: int = PCM,
    size: int | None = None,
    before: bytes = b"",
) -> bytes:
    """Samples in -1..1 as a WAV file.

    Args:
        samples: the same in every channel.
        rate: samples a second.
        channels: how many.
        bits: of a sample.
        kind: of the samples, as in the header.
        size: of the samples in bytes, as the header has it; left out, the true one.
        before: chunks between the header and the samples.
    """
    data = b"".join(_sample(value, bits, kind) * channels for value in samples)
    block = channels * bits // 8
    header = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    if kind == EXTENSIBLE:
        guid = struct.pack("<H", PCM) + bytes.fromhex("000000001000800000aa00389b71")
        header += struct.pack("<HHI", 22, bits, 4) + guid
    size = len(data) if size is None else size
    chunks = b"WAVEfmt " + struct.pack("<I", len(header)) + header + before
    chunks += b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", UNKNOWN if size == UNKNOWN else len(chunks)) + chunks


def _sample(value: float, bits: int, kind: int) -> bytes:
    if kind == FLOAT:
        return struct.pack("<f", value)
    whole = round(value * (2 ** (bits - 1) - 1))
    return bytes([whole + 128]) if bits == 8 else whole.to_bytes(bits // 8, "little", signed=True)
