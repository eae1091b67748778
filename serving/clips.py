"""A clip for a model that takes clips, of any video file: to be copied anywhere, beside client.py, which asks it.

It needs PyAV and NumPy: pip install av numpy. What it makes is what keras_seq makes of the same file while it
trains: the frames in the middle of equal parts of the duration, as they are shown, small, as JPEG files one after
the other.

    >>> as_clip(pathlib.Path("walk.mp4").read_bytes(), frames=32, side=112).raw[:3]
    b'\\xff\\xd8\\xff'
"""

from __future__ import annotations

import bisect
import fractions
import io
import itertools
import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

FRAMES, SIDE = 32, 112  # of a clip, where the model does not say
GIFS, JPEG = (b"GIF87a", b"GIF89a"), b"\xff\xd8\xff"
MOST_BYTES, MOST_TIMES = (
    2**22,
    4,
)  # GIFs and strips of fewer bytes, and not so many times wider, stay as they are
QUALITY = 2  # of JPEG files, of FFmpeg's 2 to 31
# Formats that name other files, or addresses, to be read are left out.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,mjpeg,mpeg,mpegts,mpegvideo,m4v,h264,hevc,obu,ivf,flv,asf,"
    "ogg,nut,mxf,dv,rm,yuv4mpegpipe,jpeg_pipe,png_pipe,bmp_pipe,tiff_pipe,webp_pipe,ppm_pipe,pgm_pipe,pam_pipe,"
    "jpegxl_pipe,j2k_pipe,wav,mp3,flac,aac"
)


class Clip(NamedTuple):
    """A clip that was made, and of what: seconds, and frames of the video."""

    raw: bytes
    frames: int
    size: tuple[int, int]
    seconds: float
    of: int


def is_clip(raw: bytes) -> bool:
    """Whether bytes are a GIF or JPEG files, by their beginning."""
    return raw.startswith((JPEG, *GIFS))


def as_clip(raw: bytes, frames: int = FRAMES, side: int = SIDE) -> Clip | None:
    """The bytes of a video's file -> a clip of at most so many frames, whose shorter side is `side` or less; None
    where they are a clip already, and not large.

    Raises:
        ValueError: when there is no video in them.
        ImportError: when PyAV or NumPy is not installed.
    """
    if is_clip(raw) and len(raw) <= MOST_BYTES:
        size = [int.from_bytes(raw[at : at + 2], "little") for at in (6, 8)]
        if raw.startswith(JPEG) or min(size) <= MOST_TIMES * side:
            return None
    import av

    try:
        with _opened(raw) as container:
            stream = _stream(container)
            starts, end, interval = _times(container, stream)
            seconds = float((end - starts[0]) * stream.time_base)
        with _opened(raw) as container:
            places = _sampled(starts, end, interval, frames)
            pictures = list(_pictures(container, _stream(container), starts, places, side))
    except av.error.FFmpegError:
        raise ValueError("is no video that FFmpeg reads") from None
    height, width = pictures[0].shape[:2]
    return Clip(_strip(pictures), len(pictures), (width, height), seconds, len(starts))


def _opened(raw: bytes) -> Any:
    import av

    return av.open(io.BytesIO(raw), options={"format_whitelist": FORMATS})


def _stream(container: Any) -> Any:
    import av

    cover = av.stream.Disposition.attached_pic
    found = [one for one in container.streams.video if not one.disposition & cover and one.codec_context]
    if not found:
        raise ValueError("has no video in it")
    found[0].codec_context.thread_count = 1
    return found[0]


def _times(container: Any, stream: Any) -> tuple[list[int], int, int]:
    """When frames are shown, when the last one ends, and the usual interval. AVI has no times but the order."""
    ends: dict[int, int] = {}
    for packet in container.demux(stream):
        start = packet.dts if container.format.name == "avi" or packet.pts is None else packet.pts
        start = len(ends) if start is None else start
        if packet.size and not packet.is_discard:
            ends[start] = start + (packet.duration or 0)
    if not ends:
        raise ValueError("has no frames")
    starts = sorted(ends)
    length = ends[starts[-1]] - starts[-1]
    steps = [b - a for a, b in itertools.pairwise(starts)]
    interval = max(1, round(statistics.median(steps)) if steps else length)
    return starts, starts[-1] + (length or interval), interval


def _sampled(starts: list[int], end: int, interval: int, frames: int) -> list[int]:
    """The places of the frames on display in the middle of equal parts; all of them where they are few."""
    steps = [b - a for a, b in zip(starts, [*starts[1:], end], strict=True)]
    if len(starts) <= frames and all(interval <= 2 * step <= 3 * interval for step in steps):
        return list(range(len(starts)))
    parts = min(frames, max(1, round((end - starts[0]) / interval)))
    middles = (starts[0] + (part + 0.5) * (end - starts[0]) / parts for part in range(parts))
    return [bisect.bisect_right(starts, middle) - 1 for middle in middles]


def _pictures(container: Any, stream: Any, starts: list[int], places: list[int], side: int) -> Iterator[Any]:
    """The frames at some places, as they are shown."""
    import av

    known = {starts[place] for place in places} if container.format.name != "avi" else set()
    left, shown, size, count = list(reversed(places)), None, None, 0
    for packet in container.demux(stream):
        if known:  # what is neither asked for nor needed by another frame is not decoded
            wanted = packet.pts in known or packet.pts is None
            stream.codec_context.skip_frame = "DEFAULT" if wanted else "NONREF"
        try:
            decoded = packet.decode()
        except av.error.FFmpegError:
            continue
        for frame in decoded:
            is_known = known and frame.pts is not None
            place = bisect.bisect_right(starts, frame.pts) - 1 if is_known else count
            count += 1
            while shown is not None and left and left[-1] < place:
                left.pop()
                yield _picture(shown, stream, size)
            shown, size = frame, size or _size(frame, stream, side)
        if not left:
            return
    if shown is None:
        raise ValueError("has no frame that can be decoded")
    yield from (_picture(shown, stream, size) for _ in left)


def _size(frame: Any, stream: Any, side: int | None) -> tuple[int, int]:
    """Width and height of a frame as it is shown: turned, and with square pixels."""
    aspect = float(stream.sample_aspect_ratio or 1)
    width, height = max(1.0, aspect) * frame.width, max(1.0, 1 / aspect) * frame.height
    if round(frame.rotation / 90) % 2:
        width, height = height, width
    scale = 1.0 if side is None else min(1.0, side / min(width, height))
    return max(1, round(scale * width)), max(1, round(scale * height))


def _picture(frame: Any, stream: Any, size: Any) -> Any:
    """A frame as it is shown, `(height, width, 3)` uint8; what does not fit is cut off around it."""
    import numpy as np

    turns, own = round(frame.rotation / 90) % 4, _size(frame, stream, None)
    scale = max(size[0] / own[0], size[1] / own[1])
    width, height = (max(wanted, round(scale * there)) for wanted, there in zip(size, own, strict=True))
    stored = (height, width) if turns % 2 else (width, height)
    pixels = np.rot90(frame.reformat(*stored, "rgb24", interpolation="AREA", threads=1).to_ndarray(), turns)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    return np.ascontiguousarray(pixels[top : top + size[1], left : left + size[0]])


def _strip(pictures: list[Any]) -> bytes:
    """Pictures of one size -> JPEG files, one after the other."""
    import av
    from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

    encoder, colours = av.CodecContext.create("mjpeg", "w"), VideoReformatter()
    encoder.height, encoder.width = pictures[0].shape[:2]
    encoder.pix_fmt, encoder.time_base, encoder.thread_count = "yuvj420p", fractions.Fraction(1, 25), 1
    encoder.options = {"flags": "+bitexact", "qmin": str(QUALITY), "qmax": str(QUALITY)}
    space, levels, packets = Colorspace.ITU601, ColorRange.JPEG, []
    for place, one in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(one, "rgb24")
        frame = colours.reformat(
            frame, format="yuvj420p", dst_colorspace=space, dst_color_range=levels, threads=1
        )
        frame.pts = place
        packets += encoder.encode(frame)
    return b"".join(bytes(packet) for packet in [*packets, *encoder.encode(None)])
