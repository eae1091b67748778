"""The headers of JPEG files, read in the graph for a whole batch: markers, FF and a byte, after most of them a size
and so many bytes. A frame's header has height and width; nothing behind it is looked at.

Sources: ITU-T T.81, annex B; JFIF 1.02; CIPA DC-008-2019, 4.7, for EXIF; Adobe technical note 5116, for four inks.
Ops used: core TensorFlow.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from keras_seq.preprocessing.complaints import Problem, text
from keras_seq.preprocessing.header_bytes import big_number, bytes_at, stands, stepped
from keras_seq.preprocessing.jpeg_strips import END, NO_SIZES, RESTARTS, SCAN, SIZES, START

DECODED = (
    0xC0,
    0xC1,
    0xC2,
    0xC9,
    0xCA,
)  # baseline, extended, progressive; the last two with arithmetic codes
APP1, EXIF = 0xE1, b"Exif\0\0"
APP14, ADOBE = 0xEE, b"Adobe"
# How four inks are meant: as Adobe's programs write them, none as 255. They are so whether a file says it or not, or
# so browsers and Pillow take them; TensorFlow's op only does of a file that says it.
INKS = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"
HEADER_BYTES = 10  # of what is looked at of a marker


class Jpeg(NamedTuple):
    """What the headers of a batch say, `(batch,)` each.

    Attributes:
        height: in pixels, int64.
        width: in pixels, int64.
        exif: where the EXIF begins, int64.
        exif_size: its bytes, 0 where there is none, int64.
        inks: whether it has four colours, and does not say how they are meant, bool.
        problems: what is not decoded.
    """

    height: tf.Tensor
    width: tf.Tensor
    exif: tf.Tensor
    exif_size: tf.Tensor
    inks: tf.Tensor
    problems: list[Problem]


def read(raw: tf.Tensor, size: tf.Tensor, wanted: tf.Tensor) -> Jpeg:
    """Files `(batch,)` string, their bytes, and whether each is a JPEG file -> their headers."""
    nothing = tf.zeros_like(size)
    start = [wanted, nothing + 2, nothing, nothing, nothing, tf.zeros_like(wanted)]

    def step(going, place, frame, exif, exif_size, adobe):
        head = bytes_at(raw, size, place, HEADER_BYTES)
        kind, length = head[:, 1], big_number(head[:, 2:4])
        is_marker = going & (head[:, 0] == 0xFF) & (kind != 0) & (kind != 0xFF)
        is_bare = (kind == 1) | ((kind >= RESTARTS[0]) & (kind <= RESTARTS[1])) | (kind == START)
        is_frame = is_marker & (kind >= SIZES[0]) & (kind <= SIZES[1])
        for other in NO_SIZES:
            is_frame &= kind != other
        is_exif = is_marker & (kind == APP1) & stands(head, 4, EXIF) & (exif_size == 0)
        adobe |= is_marker & (kind == APP14) & stands(head, 4, ADOBE)
        frame = tf.where(is_frame, place, frame)
        exif_size = tf.where(is_exif, tf.minimum(length, size - place) - 2 - len(EXIF), exif_size)
        exif = tf.where(is_exif, place + 4 + len(EXIF), exif)
        # What has to be a marker and is none is passed over.
        place += tf.where(is_marker, 2 + tf.where(is_bare, nothing, length), nothing + 1)
        going &= ~is_frame & ~(is_marker & ((kind == SCAN) | (kind == END))) & (place < size)
        return going, place, frame, exif, exif_size, adobe

    endless, _, frame, exif, exif_size, adobe = stepped(step, start)
    head = bytes_at(raw, size, frame, HEADER_BYTES)
    kind, bits = head[:, 1], head[:, 4]
    problems: list[Problem] = [
        (endless, "damaged: no picture after its markers"),
        ((frame == 0) | (frame + HEADER_BYTES > size), "cut off within its header"),
        (
            tf.reduce_all(kind[:, None] != list(DECODED), axis=1),
            "a lossless or hierarchical JPEG file: expected a usual one",
        ),
        (bits != 8, text("a JPEG file of ", bits, " bits a colour: expected 8")),
    ]
    height, width = big_number(head[:, 5:7]), big_number(head[:, 7:9])
    return Jpeg(height, width, exif, exif_size, (head[:, 9] == 4) & ~adobe, problems)
