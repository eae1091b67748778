"""WAV files of every kind, for tests: written by the specification, a chunk at a time."""

import struct

import numpy as np

PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
GUID = bytes.fromhex("000000001000800000aa00389b71")


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    """A chunk with its padding; `size` if another one is to be claimed."""
    size = len(content) if size is None else size
    return name + struct.pack("<I", size) + content + b"\0" * (len(content) % 2)


def form(tag: int, channels: int, rate: int, bits: int, extensible: bool = False) -> bytes:
    """The content of a chunk `fmt `."""
    frame_bytes = channels * ((bits + 7) // 8)
    first = EXTENSIBLE if extensible else tag
    content = struct.pack("<HHIIHH", first, channels, rate, rate * frame_bytes % 2**32, frame_bytes, bits)
    if extensible:
        content += struct.pack("<HHIH", 22, bits, 0, tag) + GUID
    return content


def riff(*chunks: bytes, size: int | None = None) -> bytes:
    """A file of chunks; `size` if another one is to be claimed."""
    content = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content) if size is None else size) + content


def encoded(samples: np.ndarray, bits: int = 16, tag: int = PCM) -> bytes:
    """Samples in -1..1 as PCM or float; `(time,)` or `(time, channels)`."""
    if tag == FLOAT:
        return samples.astype(f"<f{bits // 8}").tobytes()
    whole = np.clip(np.round(samples * 2.0 ** (bits - 1)), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1).astype(
        "<i8"
    )
    if bits == 8:
        return (whole + 128).astype("u1").tobytes()
    return whole.reshape(-1, 1).view("u1")[:, : bits // 8].tobytes()


def wav(
    samples: np.ndarray,
    rate: int = 16_000,
    bits: int = 16,
    tag: int = PCM,
    extensible: bool = False,
    before: bytes = b"",
    after: bytes = b"",
    data_size: int | None = None,
    size: int | None = None,
) -> bytes:
    """A file of samples in -1..1, `(time,)` or `(time, channels)`.

    Args:
        samples: of all channels.
        rate: in Hz.
        bits: of a sample.
        tag: PCM or FLOAT.
        extensible: whether the format is WAVE_FORMAT_EXTENSIBLE.
        before: chunks before `data`.
        after: chunks after it.
        data_size: what the header says of `data`, if not the truth.
        size: what it says of the whole file, if not the truth.
    """
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    return riff(
        chunk(b"fmt ", form(tag, channels, rate, bits, extensible)),
        before,
        chunk(b"data", encoded(samples, bits, tag), data_size),
        after,
        size=size,
    )
