"""Clips at the edges of what a model of video may be asked: the gates of an export try them."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from keras_seq import gif

SIDE = 16  # pixels
MANY = 1000  # frames
HUGE = 65535  # pixels, the most that a header can say


def good(many: int = MANY) -> list[bytes]:
    """Clips that are answered: one frame, many, frames of a rectangle, with holes, of their own colours; JPEG files.

    Args:
        many: frames of the longest ones.
    """
    blob = gif.Frame(bytes([200] * 16), 4, 3, 5)
    own = blob._replace(palette=b"\xff\0\0\0\xff\0\0\0\xff", pixels=bytes([0, 1, 2, 1] * 4))
    drawn = [
        [_whole(90)],
        [_whole(90), blob, blob._replace(left=9)],
        [
            blob,
            blob._replace(left=SIDE - 2, top=SIDE - 2),
        ],  # the first is not whole, the second goes over the border
        [_whole(90), blob._replace(pixels=bytes([200, 0] * 8), transparent=0)],
        [_whole(0)._replace(transparent=0), blob],
        [_whole(90), own, own._replace(left=8, interlaced=True)],
        [_whole(90), blob._replace(disposal=gif.TO_BACKGROUND), blob._replace(disposal=gif.TO_PREVIOUS), own],
    ]
    still = gif.of_frames([gif.Frame(b"\7", 1)] * many, 1, 1)
    files = [gif.of_frames(frames, SIDE, SIDE) for frames in drawn]
    jpegs = [jpeg(number) for number in range(3)]
    return [
        *files,
        still,
        files[1][:-1],  # without its end
        jpegs[0],
        b"".join(jpegs),
        b"\0".join(jpegs),
        jpeg(1, SIDE, 3 * SIDE) + jpeg(2, 2 * SIDE, SIDE),
        jpegs[0] * many,
    ]


def damaged() -> list[bytes]:
    """Clips that have a problem: no frames, cut off, damaged within, more pixels than anyone has memory for."""
    file = gif.of_frames([_whole(90), _whole(30)], SIDE, SIDE)
    strip = [jpeg(number) for number in range(3)]
    broken = strip[1].replace(b"\xff\xc0", b"\xff\xc3")  # a kind of JPEG that nothing decodes
    pixel = gif.Frame(b"\0", 1)
    return [
        gif.of_frames([], SIDE, SIDE),
        file[:-2],
        file[:40],
        file.replace(b"\x2c\0\0\0\0\x10", b"\x2c\0\0\0\0\x20"),  # a frame that has fewer pixels than it says
        gif.of_frames([pixel], 0, 0),
        gif.of_frames([pixel], 1, 1, palette=b""),
        gif.of_frames([pixel], HUGE, HUGE),
        b"".join(strip)[:-1],
        strip[0] + strip[1][:30],
        strip[0] + broken + strip[2],
        b"".join(strip) + b"and a text",
    ]


def jpeg(number: int, height: int = SIDE, width: int = SIDE) -> bytes:
    """A slope of greys as a JPEG file.

    Args:
        number: how bright it is.
        height: in pixels.
        width: in pixels.
    """
    slope = np.add.outer(np.arange(height) * 5, np.arange(width) * 3) + 20 * number
    return tf.io.encode_jpeg((slope % 256).astype("uint8")[..., None]).numpy()


def _whole(shade: int) -> gif.Frame:
    return gif.Frame(bytes([shade] * SIDE * SIDE), SIDE)
