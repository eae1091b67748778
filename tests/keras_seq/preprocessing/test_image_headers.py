"""What headers say of files of all kinds in one batch."""

import numpy as np
import tensorflow as tf
from PIL import Image

from keras_seq import gif
from keras_seq.answers.image_edges import COLOURS_ALPHA, flat_png, png, saved
from keras_seq.preprocessing import image_headers, image_kinds

PICTURE = Image.fromarray(np.zeros((20, 30, 3), np.uint8))


def test_each_kind_is_read_as_what_it_is():
    exif = Image.Exif()
    exif[0x112] = 6
    files = [
        saved(PICTURE, "JPEG", exif=exif.tobytes()),
        saved(PICTURE.convert("CMYK"), "JPEG").replace(b"Adobe", b"Adobo"),
        png(np.zeros((20, 30, 4), np.uint8), COLOURS_ALPHA),
        saved(PICTURE, "BMP"),
        gif.encoded(np.zeros((1, 20, 30), np.uint8)),
        b"a text",
        flat_png(30000, 3000),
    ]
    raw = tf.constant(files)
    found = image_headers.read(raw, *image_kinds.kind(raw))
    assert found.kind.numpy().tolist() == [1, 1, 2, 3, 4, 0, 0]
    assert found.height.numpy().tolist() == [20, 20, 20, 20, 0, 0, 3000]
    assert found.width.numpy().tolist() == [30, 30, 30, 30, 0, 0, 30000]
    assert found.orientation.numpy().tolist() == [6, 1, 1, 1, 1, 1, 1]
    assert found.transparent.numpy().tolist() == [False, False, True, False, False, False, False]
    assert found.inks.numpy().tolist() == [False, True, False, False, False, False, False]
    assert found.problem.numpy().tolist() == [
        *[b""] * 5,
        b"not a JPEG, PNG, BMP or GIF file",
        b"30000 by 3000 pixels: expected at most 67108864 in all",
    ]


def test_sizes_that_nobody_has_memory_for_are_problems():
    height, width = (
        tf.constant([4000, 8192, 8193, 1, 0], tf.int64),
        tf.constant([6000, 8192, 8192, 65536, 9], tf.int64),
    )
    found = [[bool(where) for where in wheres] for wheres, _ in image_headers.of_size(height, width)]
    assert found == [
        [False, False, False, False, True],
        [False, False, False, True, False],
        [False, False, True, False, False],
    ]
