"""What a picture is, by its first bytes.

Ops used: core TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf

from keras_seq.preprocessing import gif_blocks, jpeg_strips
from keras_seq.preprocessing.clip_files import MOST_BYTES
from keras_seq.preprocessing.complaints import first_of, text
from keras_seq.preprocessing.header_bytes import bytes_at, stands

JPEG, PNG, BMP, GIF = 1, 2, 3, 4  # 0 is a file with a problem
MAGIC = {
    JPEG: jpeg_strips.MAGIC,
    PNG: b"\x89PNG\r\n\x1a\n",
    BMP: b"BM",
    GIF: gif_blocks.MAGIC,
}
EXPECTED = "JPEG, PNG, BMP or GIF"
HEAD_BYTES = 16
# What stands at the beginning of files of other kinds, or at the byte that is named.
FOREIGN = [
    *[("a WebP file", 8, b"WEBP"), ("a TIFF file", 0, b"II*\0"), ("a TIFF file", 0, b"MM\0*")],
    *[
        ("a HEIC file", 4, b"ftyp" + brand)
        for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1")
    ],
    *[("an AVIF file", 4, b"ftyp" + brand) for brand in (b"avif", b"avis")],
    *[("a JPEG XL file", 0, b"\xff\x0a"), ("a JPEG XL file", 0, b"\0\0\0\x0cJXL ")],
    *[("a JPEG 2000 file", 0, b"\0\0\0\x0cjP  "), ("a JPEG 2000 file", 0, b"\xff\x4f\xff\x51")],
    *[("an icon", 0, b"\0\0\1\0"), ("a Photoshop file", 0, b"8BPS"), ("a PDF file", 0, b"%PDF")],
    *[("an SVG file", 0, b"<svg"), ("an MP4 or MOV file", 4, b"ftyp")],
]


def kind(raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Of each file what it is, by its first bytes, int32, and what is wrong with it, string; `(batch,)`."""
    size = tf.cast(tf.strings.length(raw), tf.int64)
    head = bytes_at(raw, size, tf.zeros_like(size), HEAD_BYTES)
    found = tf.zeros_like(size, tf.int32)
    for number, magic in MAGIC.items():
        found = tf.where(stands(head, 0, magic), number, found)
    problem = first_of(
        (size == 0, "empty"),
        (size > MOST_BYTES, text(size, f" bytes: expected at most {MOST_BYTES}")),
        (found > 0, ""),
        *[(stands(head, place, magic), f"{name}: expected {EXPECTED}") for name, place, magic in FOREIGN],
        (size >= 0, f"not a {EXPECTED} file"),
    )
    return tf.where(problem == "", found, 0), problem
