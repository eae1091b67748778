"""What pictures are, by their first bytes."""

import tensorflow as tf

from keras_seq.preprocessing import image_kinds
from keras_seq.preprocessing.clip_files import MOST_BYTES

EXPECTED = b": expected JPEG, PNG, BMP or GIF"
SEEN = {
    b"\xff\xd8\xff\xe0": (image_kinds.JPEG, b""),
    b"\x89PNG\r\n\x1a\n": (image_kinds.PNG, b""),
    b"BM": (image_kinds.BMP, b""),
    b"GIF87a": (image_kinds.GIF, b""),
    b"": (0, b"empty"),
    b"\xff\xd8": (0, b"not a JPEG, PNG, BMP or GIF file"),
    b"\x89PNG\n": (0, b"not a JPEG, PNG, BMP or GIF file"),
    b"RIFF\0\0\0\0WEBP": (0, b"a WebP file" + EXPECTED),
    b"\0\0\0\x20ftypavif": (0, b"an AVIF file" + EXPECTED),
    b"\0\0\0\x20ftypheix": (0, b"a HEIC file" + EXPECTED),
    b"\0\0\0\x20ftypisom": (0, b"an MP4 or MOV file" + EXPECTED),
    b"II*\0": (0, b"a TIFF file" + EXPECTED),
    b"BM".ljust(MOST_BYTES + 1): (0, b"33554433 bytes: expected at most 33554432"),
}


def test_each_picture_is_known_by_its_first_bytes():
    kind, problem = image_kinds.kind(tf.constant(list(SEEN)))
    assert list(zip(kind.numpy().tolist(), problem.numpy().tolist(), strict=True)) == list(SEEN.values())
