"""What a clip is, by its first bytes, and what is refused before a byte of it is decoded.

Ops used: core TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf

from keras_seq.preprocessing import gif_blocks, jpeg_strips
from keras_seq.preprocessing.complaints import first_of, text

# A frame may be one of 4K video, in floats for resizing 100 MB; and what is decoded of a clip 32 of these, or 1000
# frames of 512 by 512, some seconds' work.
MOST_FRAME_PIXELS = 2**23
MOST_PIXELS = 2**28
# To find the frames of a GIF takes 20 bytes for each of its own, so 700 MB.
MOST_BYTES = 2**25
GIF, JPEG = 1, 2  # 0 is a clip with a problem
HEAD_BYTES = 16
# What stands at the beginning of files of other kinds, or at the byte that is named.
FOREIGN = [
    *[("a PNG file", 0, b"\x89PNG"), ("a BMP file", 0, b"BM"), ("a WebP file", 8, b"WEBP")],
    *[("an MP4 or MOV file", 4, b"ftyp"), ("a MOV file", 4, b"moov"), ("an AVI file", 8, b"AVI ")],
    *[("a Matroska or WebM file", 0, b"\x1a\x45\xdf\xa3"), ("an MPEG file", 0, b"\0\0\1\xba")],
    *[("an Ogg file", 0, b"OggS"), ("a Flash video", 0, b"FLV"), ("a WMV file", 0, b"\x30\x26\xb2\x75")],
]


def kind(clips: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Of each clip what it is, by its first bytes, int32, and what is wrong with it, string; `(batch,)`."""
    heads = tf.strings.substr(tf.strings.join([clips, bytes(HEAD_BYTES)]), 0, HEAD_BYTES)
    size = tf.strings.length(clips)

    def begins(place: int, expected: bytes) -> tf.Tensor:
        return tf.strings.substr(heads, place, len(expected)) == expected

    is_gif, is_jpeg = begins(0, gif_blocks.MAGIC), begins(0, jpeg_strips.MAGIC)
    problem = first_of(
        (size == 0, "empty"),
        (size > MOST_BYTES, text(size, f" bytes: expected at most {MOST_BYTES}")),
        (is_gif | is_jpeg, ""),
        *[
            (begins(place, magic), f"{name}: convert it to a GIF or to JPEG frames")
            for name, place, magic in FOREIGN
        ],
        (size >= 0, "neither a GIF nor a JPEG file"),
    )
    return tf.where(problem == "", tf.where(is_gif, GIF, JPEG), 0), problem


def too_large(pixels: tf.Tensor) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """The problems of frames of so many pixels, `(frames,)` int64: where there is one, and what it is."""
    most = tf.reduce_max(tf.concat([pixels, tf.zeros([1], tf.int64)], axis=0))
    total = tf.reduce_sum(pixels)
    return [
        (
            most > MOST_FRAME_PIXELS,
            text("a frame of ", most, f" pixels: expected at most {MOST_FRAME_PIXELS}"),
        ),
        (total > MOST_PIXELS, text("frames of ", total, f" pixels in all: expected at most {MOST_PIXELS}")),
    ]
