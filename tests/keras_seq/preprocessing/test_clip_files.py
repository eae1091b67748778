"""What clips are, and what is refused at once."""

import tensorflow as tf

from keras_seq.preprocessing import clip_files
from keras_seq.preprocessing.complaints import first_of

SEEN = {
    b"GIF89a": (clip_files.GIF, b""),
    b"\xff\xd8\xff\xe0": (clip_files.JPEG, b""),
    b"": (0, b"empty"),
    b"GIF": (0, b"neither a GIF nor a JPEG file"),
    b"\xff\xd8": (0, b"neither a GIF nor a JPEG file"),
    b"\x89PNG\r\n": (0, b"a PNG file: convert it to a GIF or to JPEG frames"),
    b"\0\0\0\x20ftypisom": (0, b"an MP4 or MOV file: convert it to a GIF or to JPEG frames"),
    b"RIFF\0\0\0\0AVI LIST": (0, b"an AVI file: convert it to a GIF or to JPEG frames"),
    b"GIF89a".ljust(clip_files.MOST_BYTES + 1): (0, b"33554433 bytes: expected at most 33554432"),
}


def test_each_clip_is_known_by_its_first_bytes():
    kind, problem = clip_files.kind(tf.constant(list(SEEN)))
    assert list(zip(kind.numpy().tolist(), problem.numpy().tolist(), strict=True)) == list(SEEN.values())


def test_so_many_pixels_are_too_many():
    def problem(*pixels):
        return first_of(*clip_files.too_large(tf.constant(pixels, tf.int64))).numpy()

    assert problem() == problem(2**23) == problem(*[2**23] * 32) == b""
    assert problem(1, 2**23 + 1) == b"a frame of 8388609 pixels: expected at most 8388608"
    assert problem(*[2**23] * 33) == b"frames of 276824064 pixels in all: expected at most 268435456"
