"""Strips of JPEG files, one after the other: where each one begins and ends, read in the graph.

A JPEG file is markers: FF and a byte, after most of them a size and so many bytes, after a start of scan then
compressed data up to the next marker, in which FF is followed by 0 or is a restart marker. Pictures within a
header, such as a camera's preview, are passed over with it. FFmpeg calls such a strip a raw MJPEG stream.
Source: ITU-T T.81, annex B.

Ops used: core TensorFlow.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from keras_seq.preprocessing.walks import walked

MAGIC = b"\xff\xd8\xff"
START, END, SCAN = 0xD8, 0xD9, 0xDA
RESTARTS = (0xD0, 0xD7)  # with START and END, those that have no size
SIZES = (0xC0, 0xCF)  # a frame's header, which has its height and width; but for the three that are none
NO_SIZES = (0xC4, 0xC8, 0xCC)
HEADER_BYTES = 9  # of a marker of SIZES, up to the width


class Strip(NamedTuple):
    """The JPEG files of a strip.

    Attributes:
        starts: the first byte of each, `(frames,)` int32.
        sizes: their bytes, `(frames,)` int32.
        pixels: of each, by its header, `(frames,)` int64; 0 where it has none.
        problem: `()` string: "", or why these are not all of the strip.
    """

    starts: tf.Tensor
    sizes: tf.Tensor
    pixels: tf.Tensor
    problem: tf.Tensor


class _Markers(NamedTuple):
    """Whatever may be a marker, in the order of the bytes; `(markers,)` int32.

    Attributes:
        place: of its first byte.
        kind: its second byte.
        following: the marker after it, by its number; that of itself where there is none.
        end: the byte where one has to be.
    """

    place: tf.Tensor
    kind: tf.Tensor
    following: tf.Tensor
    end: tf.Tensor


def read(raw: tf.Tensor) -> Strip:
    """The bytes of a strip that begins with `MAGIC`, `()` string -> its files.

    Between files, and after the last one, bytes 0 and FF are passed over.
    """
    content = tf.io.decode_raw(tf.strings.join([raw, bytes(HEADER_BYTES)]), tf.uint8)
    size = tf.strings.length(raw)
    markers = _markers(content, size)
    seen = walked(0, markers.following)
    kind, place = tf.gather(markers.kind, seen), tf.gather(markers.place, seen)
    starts, ends = tf.boolean_mask(place, kind == START), tf.boolean_mask(place, kind == END) + 2
    whole = tf.minimum(tf.size(starts), tf.size(ends))
    number = tf.cumsum(tf.cast(kind == START, tf.int32)) - 1
    pixels = tf.math.unsorted_segment_max(
        _pixels(content, kind, place), number, tf.maximum(tf.size(starts), 1)
    )
    problem = _problem(content, size, markers, seen, kind)
    starts = starts[:whole]
    return Strip(starts, ends[:whole] - starts, tf.maximum(pixels[:whole], 0), problem)


def _markers(content: tf.Tensor, size: tf.Tensor) -> _Markers:
    second = content[1 : size + 1]
    is_marker = (content[:size] == 0xFF) & (second != 0) & (second != 0xFF)
    place = tf.cast(tf.where(is_marker)[:, 0], tf.int32)
    kind = tf.cast(tf.gather(second, place), tf.int32)
    is_restart = (kind >= RESTARTS[0]) & (kind <= RESTARTS[1])
    has_size = ~(is_restart | (kind == START) | (kind == END) | (kind == 1))
    end = place + 2 + tf.where(has_size, _number(content, place + 2), 0)
    count = tf.size(place)
    next_one = tf.searchsorted(place, end)
    # What has to be a marker is one, or bytes are passed over up to it.
    filled = tf.cumsum(tf.cast((content != 0) & (content != 0xFF), tf.int32), exclusive=True)
    there = tf.gather(tf.concat([place, [size]], axis=0), next_one)
    is_next = tf.gather(filled, there) == tf.gather(filled, tf.minimum(end, size))
    # After a scan, the next that is no restart.
    others = tf.boolean_mask(tf.range(count), ~is_restart)
    after_scan = tf.searchsorted(tf.gather(place, others), end)
    after_scan = tf.gather(tf.concat([others, [count]], axis=0), after_scan)
    found = tf.where(kind == SCAN, after_scan, tf.where(is_next, next_one, count))
    return _Markers(place, kind, tf.where(found < count, found, tf.range(count)), end)


def _number(content: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    """Two bytes, the highest first; after the end of the file 0."""
    place = tf.minimum(place, tf.size(content) - 2)
    high, low = tf.gather(content, place), tf.gather(content, place + 1)
    return tf.cast(high, tf.int32) * 256 + tf.cast(low, tf.int32)


def _pixels(content: tf.Tensor, kind: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    """Height by width, where a marker says them, else 0; `(markers,)` int64."""
    is_size = (kind >= SIZES[0]) & (kind <= SIZES[1])
    for other in NO_SIZES:
        is_size &= kind != other
    height, width = (tf.cast(_number(content, place + skipped), tf.int64) for skipped in (5, 7))
    return tf.where(is_size, height * width, 0)


def _problem(
    content: tf.Tensor, size: tf.Tensor, markers: _Markers, seen: tf.Tensor, kind: tf.Tensor
) -> tf.Tensor:
    last, end = kind[-1], markers.end[seen[-1]]
    rest = content[tf.minimum(end, size) : size]
    nothing_follows = tf.reduce_all((rest == 0) | (rest == 0xFF))
    # A file begins where the one before it has ended, and nowhere else.
    in_turn = tf.reduce_all((kind[1:] == START) == (kind[:-1] == END))
    frame = tf.strings.as_string(tf.reduce_sum(tf.cast(kind == END, tf.int32)) + 1)
    return tf.case(
        [
            (~in_turn, lambda: tf.constant("damaged: not one JPEG file after the other")),
            ((last == END) & nothing_follows, lambda: tf.constant("")),
            (nothing_follows | (last == SCAN), lambda: tf.strings.join(["cut off within frame ", frame])),
        ],
        default=lambda: tf.strings.join(
            ["damaged at byte ", tf.strings.as_string(end), ", at frame ", frame, ": expected a JPEG marker"]
        ),
    )
