"""Videos that the tests encode, with what PyAV's FFmpeg has, and the pictures in strips of JPEG files."""

import fractions
import io

import av
import numpy as np

MARK = 8  # pixels of the square that moves
CODECS = {
    "mp4": "libx264",
    "mov": "libx264",
    "avi": "mpeg4",
    "matroska": "libx264",
    "webm": "libvpx-vp9",
    "mpegts": "libx264",
    "apng": "apng",
}
PIXELS = {"mjpeg": "yuvj420p", "apng": "rgb24", "gif": "rgb8", "png": "rgb24"}


def moving(frames=12, width=64, height=48):
    """Pictures on which a red square goes from the left edge to the right one; the right half below is blue."""
    for number in range(frames):
        picture = np.full((height, width, 3), 40, np.uint8)
        picture[height // 2 :, width // 2 :] = (20, 40, 200)
        left = round(number * (width - MARK) / max(1, frames - 1))
        picture[:MARK, left : left + MARK] = (220, 20, 30)
        yield picture


def video(kind="mp4", codec=None, pictures=None, rate=12, times=None, rotation=None, aspect=None, **options):
    """The bytes of a video of pictures.

    Args:
        kind: FFmpeg's name of a format.
        codec: FFmpeg's name; left out, the usual one.
        pictures: `(height, width, 3)` uint8 each; left out, the moving square.
        rate: frames a second.
        times: milliseconds at which each picture is shown, instead.
        rotation: degrees against the clock by which a player turns it.
        aspect: width through height of a pixel.
        options: of the codec, or `movflags` of the format.
    """
    pictures = list(moving() if pictures is None else pictures)
    codec = codec or CODECS[kind]
    of_format = {key: options.pop(key) for key in ("movflags",) if key in options}
    stream = io.BytesIO()
    with av.open(stream, "w", format=kind, options=of_format) as container:
        track = container.add_stream(
            codec, rate=rate, options={key: str(one) for key, one in options.items()}
        )
        track.height, track.width = pictures[0].shape[:2]
        track.pix_fmt = PIXELS.get(codec, "yuv420p")
        track.codec_context.thread_count = 1
        if times is not None:
            track.codec_context.time_base = fractions.Fraction(1, 1000)
        if rotation is not None:
            track.set_display_rotation(rotation)
        if aspect is not None:
            track.codec_context.sample_aspect_ratio = fractions.Fraction(aspect)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[number], fractions.Fraction(1, 1000)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return stream.getvalue()


def sound(kind="mp4"):
    """The bytes of a file of sound alone."""
    stream = io.BytesIO()
    with av.open(stream, "w", format=kind) as container:
        track = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 16000, 0
        container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return stream.getvalue()


def image(picture, codec="png"):
    """The bytes of a file of one picture, `(height, width, 3)` uint8, or `(height, width)` uint16."""
    deep = picture.dtype == np.uint16
    encoder = av.CodecContext.create(codec, "w")
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt = "gray16be" if deep else PIXELS.get(codec, "rgb24")
    encoder.time_base = fractions.Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(picture, "gray16le" if deep else "rgb24").reformat(
        format=encoder.pix_fmt
    )
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def pictures(strip):
    """The pictures of a strip, `(height, width, 3)` int each."""
    found = []
    for part in strip.split(b"\xff\xd8\xff")[1:]:
        with av.open(io.BytesIO(b"\xff\xd8\xff" + part), format="mjpeg") as container:
            found.append(next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int))
    return found


def mark(picture):
    """Where the middle of the red square is, as a part of the width."""
    red = np.flatnonzero((picture[..., 0] - picture[..., 2]).max(0) > 90)
    return (red.mean() + 0.5) / picture.shape[1]


def marks(strip):
    """Where the middle of the square is in each picture of a strip."""
    return [mark(picture) for picture in pictures(strip)]
