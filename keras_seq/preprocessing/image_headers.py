"""What the headers of pictures say, read in the graph for a whole batch: no pixel is decoded, nothing allocated.

Ops used: core TensorFlow.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from keras_seq.image_files import MOST_PIXELS
from keras_seq.preprocessing import bmp_headers, exif, jpeg_headers, png_headers
from keras_seq.preprocessing.complaints import Problem, first_of, text
from keras_seq.preprocessing.image_kinds import BMP, JPEG, PNG

# As long as JPEG and GIF can say: a longer one, of a PNG or a BMP file, would make resizing allocate its length for
# each row of the answer.
MOST_SIDE = 65535


class Headers(NamedTuple):
    """What the headers of a batch say, `(batch,)` each. Of a row with a problem `kind` is 0.

    Attributes:
        kind: one of `image_kinds`, int32.
        height: as it is stored, in pixels, int64; of a GIF 0, for its blocks say it.
        width: likewise.
        orientation: how it is to be turned, 1 to 8, int32.
        transparent: whether there is alpha, or a colour that is not drawn, bool.
        inks: whether it is a JPEG file of four inks that does not say how these are meant, bool.
        problem: string: "", or what is wrong.
    """

    kind: tf.Tensor
    height: tf.Tensor
    width: tf.Tensor
    orientation: tf.Tensor
    transparent: tf.Tensor
    inks: tf.Tensor
    problem: tf.Tensor


def read(raw: tf.Tensor, kind: tf.Tensor, problem: tf.Tensor) -> Headers:
    """Files -> their headers.

    Args:
        raw: `(batch,)` string.
        kind: of each, as `image_kinds.kind` has it.
        problem: likewise.
    """
    size = tf.cast(tf.strings.length(raw), tf.int64)
    is_jpeg, is_png, is_bmp = kind == JPEG, kind == PNG, kind == BMP
    jpeg, png = jpeg_headers.read(raw, size, is_jpeg), png_headers.read(raw, size, is_png)
    bmp = bmp_headers.read(raw, size)

    def of(jpeg: tf.Tensor, png: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        return tf.where(is_jpeg, jpeg, tf.where(is_png, png, other))

    height, width = of(jpeg.height, png.height, bmp.height), of(jpeg.width, png.width, bmp.width)
    has_size = is_jpeg | is_png | is_bmp
    problem = first_of(
        (problem != "", problem),
        *_where(is_jpeg, jpeg.problems),
        *_where(is_png, png.problems),
        *_where(is_bmp, bmp.problems),
        *_where(has_size, of_size(height, width)),
        *_where(is_bmp, bmp.cut_off),
    )
    nothing = tf.zeros_like(size)
    start, bytes_there = of(jpeg.exif, png.exif, nothing), of(jpeg.exif_size, png.exif_size, nothing)
    return Headers(
        kind=tf.where(problem == "", kind, 0),
        height=tf.where(has_size, height, 0),
        width=tf.where(has_size, width, 0),
        orientation=exif.orientation(raw, size, start, bytes_there),
        transparent=(is_png & png.transparent) | (is_bmp & bmp.transparent),
        inks=is_jpeg & jpeg.inks,
        problem=problem,
    )


def of_size(height: tf.Tensor, width: tf.Tensor) -> list[Problem]:
    """The problems of pictures of a size, in pixels, int64 of any shape."""
    size = text(width, " by ", height, " pixels: expected ")
    return [
        (tf.minimum(height, width) < 1, text(size, "one or more")),
        (tf.maximum(height, width) > MOST_SIDE, text(size, f"sides of at most {MOST_SIDE}")),
        (height * width > MOST_PIXELS, text(size, f"at most {MOST_PIXELS} in all")),
    ]


def _where(wanted: tf.Tensor, problems: list[Problem]) -> list[Problem]:
    return [(wanted & where, what) for where, what in problems]
