"""Decoded frames -> pictures as they are shown, of one size -> a strip: JPEG files, one after the other."""

from __future__ import annotations

import fractions
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

PIXELS = "yuvj420p"  # of JPEG files: brightness at each, colour at every second one
QUALITY = 2  # FFmpeg's scale for JPEG, from 2, the best, to 31

Size = tuple[int, int]  # width, height


def shown_size(frame: Any, stream: Any, side: int | None = None) -> Size:
    """Width and height of a frame as it is shown: turned, with square pixels, never smaller than it is stored.

    Args:
        frame: decoded by PyAV.
        stream: that it is of; it knows the shape of the pixels.
        side: pixels of the shorter side, where it is longer; None: as it is.
    """
    aspect = float(stream.sample_aspect_ratio or 1)  # of a pixel
    width, height = max(1.0, aspect) * frame.width, max(1.0, 1 / aspect) * frame.height
    if _turns(frame) % 2:
        width, height = height, width
    scale = 1.0 if side is None else min(1.0, side / min(width, height))
    return max(1, round(scale * width)), max(1, round(scale * height))


def picture(frame: Any, stream: Any, size: Size, pixels: str = "rgb24") -> np.ndarray:
    """A frame as it is shown, `(height, width, 3)` uint8; what does not fit into the size is cut off around it.

    Args:
        frame: decoded by PyAV.
        stream: that it is of.
        size: width and height of the picture.
        pixels: FFmpeg's name of another format: "gray16le" gives `(height, width)` uint16.
    """
    import numpy as np

    own = shown_size(frame, stream)
    scale = max(size[0] / own[0], size[1] / own[1])
    width, height = (max(wanted, round(scale * there)) for wanted, there in zip(size, own, strict=True))
    stored = (height, width) if _turns(frame) % 2 else (width, height)
    array = frame.reformat(*stored, pixels, interpolation="AREA", threads=1).to_ndarray()
    array = np.rot90(array, _turns(frame))
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    return np.ascontiguousarray(array[top : top + size[1], left : left + size[0]])


def in_8_bits(pictures: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Pictures as they are; those of 16 bits, such as depth, `(height, width)` uint16, as grey ones in which the
    largest number of all is white.
    """
    import numpy as np

    deep = []
    for one in pictures:
        if one.dtype == np.uint16:
            deep.append(one)
        else:
            yield one
    largest = max((int(one.max()) for one in deep), default=0) or 1
    for one in deep:
        yield np.repeat((one.astype(np.float32) * (255 / largest)).round().astype(np.uint8)[..., None], 3, -1)


def strip(pictures: Iterable[np.ndarray]) -> bytes:
    """Pictures of one size, `(height, width, 3)` uint8 -> their strip."""
    import av
    from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

    encoder: Any = None
    colours = VideoReformatter()
    parts: list[bytes] = []
    for place, one in enumerate(pictures):
        if encoder is None:
            encoder = av.CodecContext.create("mjpeg", "w")
            encoder.height, encoder.width = one.shape[:2]
            encoder.pix_fmt, encoder.time_base = PIXELS, fractions.Fraction(1, 25)
            encoder.thread_count = 1
            encoder.options = {"flags": "+bitexact", "qmin": str(QUALITY), "qmax": str(QUALITY)}
        frame = av.VideoFrame.from_ndarray(one, "rgb24")
        space, levels = Colorspace.ITU601, ColorRange.JPEG  # what JPEG files have
        frame = colours.reformat(
            frame, format=PIXELS, dst_colorspace=space, dst_color_range=levels, threads=1
        )
        frame.pts = place
        parts += [bytes(packet) for packet in encoder.encode(frame)]
    return b"".join(parts + [bytes(packet) for packet in encoder.encode(None)])


def _turns(frame: Any) -> int:
    """Quarters of a turn, against the clock, from a frame as it is stored to one as it is shown."""
    return round(frame.rotation / 90) % 4
