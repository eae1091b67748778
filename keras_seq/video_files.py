"""Files of video -> clips as models take them: what FFmpeg reads (through PyAV), and archives of pictures.

A clip is an animated GIF, or a strip (`frame_strips`). `serving/clips.py` makes the same strips.
"""

from __future__ import annotations

import bisect
import contextlib
import io
import pathlib
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_seq import archives
from keras_seq.errors import DataError
from keras_seq.frame_strips import in_8_bits, picture, shown_size, strip
from keras_seq.frame_times import MOST_MISSING, Times, has_times, times_of

if TYPE_CHECKING:
    import numpy as np

GIFS, JPEG, WEBP = (b"GIF87a", b"GIF89a"), b"\xff\xd8\xff", b"WEBP"  # the last behind eight other bytes
MOST_BYTES = 2**22  # of a GIF or a strip that is taken as it is
MOST_TIMES = 4  # the side that is asked for: likewise, a GIF's shorter side
MOST_UNLIKE = 1.5  # times wider, or narrower, than the first picture of a folder
# FFmpeg also knows formats that name other files, or addresses, to be read; and others that any text is in.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,mjpeg,mpeg,mpegts,mpegvideo,m4v,h264,hevc,obu,ivf,flv,asf,"
    "ogg,nut,mxf,dv,rm,yuv4mpegpipe,jpeg_pipe,png_pipe,bmp_pipe,tiff_pipe,webp_pipe,ppm_pipe,pgm_pipe,pam_pipe,"
    "jpegxl_pipe,j2k_pipe,wav,mp3,flac,aac"
)
_PICTURES = ("_pipe", "gif", "apng", "mjpeg")
_KINDS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "gzip data",
    b"\x93NUMPY": "an array",
}


class Window(NamedTuple):
    """A part of a video: where it starts and ends, in seconds from the first frame, and its clip."""

    start: float
    end: float
    raw: bytes


def as_clip(raw: bytes, frames: int, side: int) -> bytes:
    """The bytes of a video's file, or of an archive of pictures -> a clip.

    GIFs and strips are given back as they are, unless they are large. All else becomes a strip of at most
    `frames` frames: those shown in the middle of as many equal parts of the duration, whatever the rate; as they
    are shown, turned and with square pixels; made smaller, where they are larger, until the shorter side is
    `side`. It may be called in several threads.

    Args:
        raw: of a file, or of a folder as `archives.archived` gives it.
        frames: most of them.
        side: pixels of the shorter side.

    Raises:
        DataError: when it is no video, or one of which more than a tenth is cut off or damaged.
    """
    if archives.is_archive(raw):
        return strip(in_8_bits(_of_archive(raw, frames, side)))
    if raw.startswith((JPEG, *GIFS)) and len(raw) <= MOST_BYTES and not _is_wide(raw, MOST_TIMES * side):
        return raw
    with opened(io.BytesIO(raw), raw) as (container, stream):
        times = times_of(container, stream)
    with opened(io.BytesIO(raw), raw) as (container, stream):
        return strip(_of_video(container, stream, times, times.sampled(frames), side))


def windows(path: str, seconds: float, step: float, frames: int, side: int) -> Iterator[Window]:
    """Windows that slide over a long video, each as a clip; the video is decoded once, as they are asked for.

    The last one ends at the video's end, or behind it; a video that is shorter than a window is one.

    Args:
        path: of the video.
        seconds: length of a window.
        step: seconds from a window's start to the next one's.
        frames: most of a window, as in `as_clip`.
        side: likewise.

    Raises:
        DataError: as `as_clip`.
        OSError: when it cannot be read.
    """
    if pathlib.Path(path).is_dir():
        raise DataError("is a folder of pictures, which have no times; expected a video")
    with open(path, "rb") as file:
        beginning = file.read(32)
        file.seek(0)
        with opened(file, beginning) as (container, stream):
            times, unit = times_of(container, stream), float(stream.time_base)
        file.seek(0)
        parts = deque(times.windows(seconds / unit, step / unit, frames))
        places = sorted({place for part in parts for place in part.places})
        made: dict[int, bytes] = {}
        with opened(file, beginning) as (container, stream):
            for place, one in zip(places, _of_video(container, stream, times, places, side), strict=True):
                made[place] = strip([one])
                while parts and parts[0].places[-1] <= place:
                    part = parts.popleft()
                    clip = b"".join(made[place] for place in part.places)
                    yield Window(part.start * unit, part.end * unit, clip)
                    made = {at: one for at, one in made.items() if parts and at >= parts[0].places[0]}


def _is_wide(raw: bytes, side: int) -> bool:
    """Whether a GIF's shorter side is longer than this."""
    return raw.startswith(GIFS) and min(int.from_bytes(raw[at : at + 2], "little") for at in (6, 8)) > side


@contextlib.contextmanager
def opened(file: Any, beginning: bytes, expected: str = "video") -> Iterator[tuple[Any, Any]]:
    """A file as FFmpeg opens it, and its stream of video.

    Raises:
        DataError: when it is none.
    """
    import av

    try:
        container = av.open(file, options={"format_whitelist": FORMATS})
    except av.error.FFmpegError:
        raise DataError(f"is no {expected}: {_kind(beginning)}") from None
    with container:
        cover = av.stream.Disposition.attached_pic
        streams = [stream for stream in container.streams.video if not stream.disposition & cover]
        if not streams:
            others = " and ".join(sorted({stream.type for stream in container.streams}))
            raise DataError(f"has {others} but no video" if others else "is a video cut off before its index")
        codec = streams[0].codec_context
        if codec is None or not streams[0].width:
            if beginning[8:12] == WEBP:
                raise DataError(f"is no {expected}: {_kind(beginning)}")
            raise DataError("is a video that is cut off, or of a codec that FFmpeg does not know")
        codec.thread_count = 1  # files are read side by side, and each thread holds frames
        yield container, streams[0]


def _kind(beginning: bytes) -> str:
    """What a file that is no video begins with."""
    if beginning[8:12] == WEBP:
        return "it is an animated WebP, which FFmpeg does not read; GIFs and videos are read"
    if beginning[4:8] == b"ftyp":
        return "it is an MP4 or MOV file cut off before its index"
    known = next((kind for magic, kind in _KINDS.items() if beginning.startswith(magic)), None)
    return f"it is {known}" if known else f"it begins with {beginning[:16]!r}" if beginning else "it is empty"


def first_frame(container: Any, stream: Any) -> Any:
    """The first frame."""
    import av

    with contextlib.suppress(av.error.FFmpegError, StopIteration):
        return next(container.decode(stream))
    raise DataError("is damaged: its first frame cannot be decoded")


def _of_video(
    container: Any, stream: Any, times: Times, places: list[int], side: int
) -> Iterator[np.ndarray]:
    """The pictures of some frames, in order, each made when it is decoded: none is held.

    Instead of a frame that cannot be decoded there is the one before it, or at the beginning the one after.

    Raises:
        DataError: when more than a tenth cannot be decoded.
    """
    import av

    left = deque(places)
    known = {times.starts[place] for place in places} if has_times(container) else set()
    size, shown, packets, damaged, count = (0, 0), None, 0, 0, 0
    for packet in container.demux(stream):
        if known:  # what is neither sampled nor needed by another frame is not decoded
            wanted = packet.pts in known or packet.pts is None
            stream.codec_context.skip_frame = "DEFAULT" if wanted else "NONREF"
        try:
            decoded = packet.decode()
        except av.error.FFmpegError:
            decoded, damaged = [], damaged + 1
        packets += packet.size > 0
        for frame in decoded:
            is_known = known and frame.pts is not None
            place = bisect.bisect_right(times.starts, frame.pts) - 1 if is_known else count
            count += 1
            one = picture(shown, stream, size) if shown is not None and left and left[0] < place else None
            while one is not None and left and left[0] < place:
                left.popleft()
                yield one
            shown, size = frame, size if size[0] else shown_size(frame, stream, side)
        if not left:
            break
    if shown is None:
        raise DataError("is damaged: none of its frames can be decoded")
    if damaged > max(1, MOST_MISSING * packets):  # one may be cut in two
        raise DataError(f"is damaged: of {packets} frames {damaged} cannot be decoded")
    one = picture(shown, stream, size)
    yield from (one for _ in left)


def _of_archive(raw: bytes, frames: int, side: int) -> Iterator[np.ndarray]:
    """The pictures of the frames of an archive that are sampled, all of the first one's size, and where that has
    16 bits of grey, `(height, width)` uint16.

    Raises:
        DataError: naming the first that is no picture, or one of a very different shape.
    """
    members = archives.members(raw)
    count = min(frames, len(members))
    size, pixels = (0, 0), "rgb24"
    for part in range(count):
        name, content = members[int((part + 0.5) * len(members) / count)]
        try:
            with opened(io.BytesIO(content), content, "picture") as (container, stream):
                if not container.format.name.endswith(_PICTURES):
                    raise DataError("is a video; expected a picture")
                frame = first_frame(container, stream)
                own = shown_size(frame, stream)
                if not part:
                    size = shown_size(frame, stream, side)
                    pixels = "gray16le" if frame.format.name.startswith("gray1") else pixels
                if not 1 / MOST_UNLIKE <= own[0] * size[1] / (own[1] * size[0]) <= MOST_UNLIKE:
                    raise DataError(
                        f"has another shape, {own[0]}x{own[1]}, than the first, {size[0]}x{size[1]}"
                    )
                yield picture(frame, stream, size, pixels)
        except DataError as error:
            raise DataError(f"frame {name!r} {error}") from None
