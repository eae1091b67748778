"""Animated GIFs: where their frames are and how each is drawn, read in the graph.

A GIF is a header, perhaps a palette, and blocks: extensions (21), frames (2C), an end (3B). Extensions and frames
hold their data in parts of at most 255 bytes, each after its size, up to a size of 0. Source: CompuServe 1990,
"Graphics Interchange Format, Version 89a".

Ops used: core TensorFlow.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from keras_seq.preprocessing.walks import ends, walked

MAGIC = b"GIF8"
EXTENSION, FRAME, END = 0x21, 0x2C, 0x3B
CONTROL = 0xF9  # the extension that says how the next frame is drawn
HEADER_BYTES, FRAME_BYTES, CONTROL_BYTES = 13, 10, 8
HAS_PALETTE, IS_INTERLACED = 0x80, 0x40


class Blocks(NamedTuple):
    """The frames of a GIF.

    Attributes:
        height: of the whole, in pixels, `()` int32.
        width: of the whole, in pixels, `()` int32.
        frames: of each frame its left, top, width, height, `(frames, 4)` int32.
        starts: its first byte, `(frames,)` int32.
        data: the byte where its compressed pixels begin, with the size of their codes, `(frames,)` int32.
        sizes: bytes from there to its end, `(frames,)` int32.
        interlaced: `(frames,)` bool.
        palette: the first byte of its palette, its own or that of the file; 0 for none; `(frames,)` int32.
        colours: of that palette, `(frames,)` int32.
        transparent: the colour that is not drawn, -1 for none, `(frames,)` int32.
        disposal: what becomes of it before the next, a disposal method, `(frames,)` int32.
        problem: `()` string: "", or why these are not all of the file.
    """

    height: tf.Tensor
    width: tf.Tensor
    frames: tf.Tensor
    starts: tf.Tensor
    data: tf.Tensor
    sizes: tf.Tensor
    interlaced: tf.Tensor
    palette: tf.Tensor
    colours: tf.Tensor
    transparent: tf.Tensor
    disposal: tf.Tensor
    problem: tf.Tensor


class _Candidates(NamedTuple):
    """Whatever may be a block, in the order of the bytes; `(candidates,)` int32.

    Attributes:
        place: of its first byte.
        kind: its first byte.
        following: the block after it, by its number; that of itself where there is none.
        end: the byte where one has to be.
        data: where its parts begin.
    """

    place: tf.Tensor
    kind: tf.Tensor
    following: tf.Tensor
    end: tf.Tensor
    data: tf.Tensor


def read(raw: tf.Tensor) -> Blocks:
    """The bytes of a GIF, `()` string, `MAGIC` at their beginning -> its frames.

    What stands behind the end is passed over. A file that ends after a frame, without an end, is whole.
    """
    size = tf.strings.length(raw)
    content = tf.io.decode_raw(tf.strings.join([raw, bytes(2 * HEADER_BYTES)]), tf.uint8)
    flags = tf.cast(content[10], tf.int32)
    colours = _colours(flags)
    start = HEADER_BYTES + 3 * colours
    found = _candidates(content, size)
    first = tf.searchsorted(found.place, [start])[0]
    is_first = tf.gather(tf.concat([found.place, [-1]], axis=0), first) == start
    seen = tf.cond(is_first, lambda: walked(first, found.following), lambda: tf.zeros([0], tf.int32))
    kind, place = tf.gather(found.kind, seen), tf.gather(found.place, seen)
    control = _control(content, kind, place)
    last = tf.cond(is_first, lambda: found.end[seen[-1]], lambda: start)
    # A frame that is cut off is none.
    is_frame = (kind == FRAME) & (tf.gather(found.end, seen) <= size)
    starts, data = tf.boolean_mask(place, is_frame), tf.boolean_mask(tf.gather(found.data, seen), is_frame)
    own = _bytes(content, starts + 9)
    own_colours = _colours(own)
    return Blocks(
        height=_number(content, 8),
        width=_number(content, 6),
        frames=tf.stack([_number(content, starts + skipped) for skipped in (1, 3, 5, 7)], axis=1),
        starts=starts,
        data=data - 1,
        sizes=tf.boolean_mask(tf.gather(found.end, seen), is_frame) - data + 1,
        interlaced=own & IS_INTERLACED > 0,
        palette=tf.where(own_colours > 0, starts + FRAME_BYTES, tf.where(colours > 0, HEADER_BYTES, 0)),
        colours=tf.where(own_colours > 0, own_colours, colours),
        transparent=tf.boolean_mask(control[0], is_frame),
        disposal=tf.boolean_mask(control[1], is_frame),
        problem=_problem(kind, last, size, tf.size(starts)),
    )


def _candidates(content: tf.Tensor, size: tf.Tensor) -> _Candidates:
    """What begins with the first byte of a block, and where it ends if it is one."""
    is_block = (content == EXTENSION) | (content == FRAME) | (content == END)
    place = tf.cast(tf.where(is_block[:size])[:, 0], tf.int32)
    kind = _bytes(content, place)
    frame_data = place + FRAME_BYTES + 3 * _colours(_bytes(content, place + 9)) + 1
    data = tf.where(kind == FRAME, frame_data, place + 2)
    # From each byte, as if it were the size of a part, to the next one's; 0 and the end of the file stay.
    part = tf.cast(content[:size], tf.int32)
    places = tf.range(size)
    following = tf.where(part > 0, tf.minimum(places + 1 + part, size), places)
    last = tf.concat([ends(tf.concat([following, [size]], axis=0)), [size]], axis=0)
    end = tf.where(kind == END, place, tf.gather(last, tf.minimum(data, size)) + 1)
    next_one = tf.searchsorted(place, end)
    is_next = tf.gather(tf.concat([place, [-1]], axis=0), next_one) == end
    return _Candidates(place, kind, tf.where(is_next, next_one, tf.range(tf.size(place))), end, data)


def _control(content: tf.Tensor, kind: tf.Tensor, place: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Of each block the transparent colour, or -1, and the disposal method, by the last control before it."""
    is_control = (kind == EXTENSION) & (_bytes(content, place + 1) == CONTROL)
    order = tf.range(tf.size(kind))
    controls = tf.concat([[-1], tf.boolean_mask(order, is_control)], axis=0)
    latest = tf.gather(controls, tf.cumsum(tf.cast(is_control, tf.int32)))
    frames = tf.concat([[-1], tf.boolean_mask(order, kind == FRAME)], axis=0)
    before = tf.gather(frames, tf.cumsum(tf.cast(kind == FRAME, tf.int32), exclusive=True))
    is_own = latest > before
    at = tf.gather(tf.concat([place, [0]], axis=0), tf.where(is_own, latest, tf.size(place)))
    flags = _bytes(content, at + 3)
    transparent = tf.where(is_own & (flags & 1 > 0), _bytes(content, at + 6), -1)
    return transparent, tf.where(is_own, flags // 4 & 7, 0)


def _problem(kind: tf.Tensor, last: tf.Tensor, size: tf.Tensor, frames: tf.Tensor) -> tf.Tensor:
    frame = tf.strings.as_string(frames + 1)
    ended = tf.reduce_any(kind == END) | (last == size)
    return tf.case(
        [
            (size < HEADER_BYTES, lambda: tf.constant("cut off within its header")),
            (ended & (frames > 0), lambda: tf.constant("")),
            (tf.reduce_any(kind == END), lambda: tf.constant("a GIF without a frame")),
            (last >= size, lambda: tf.strings.join(["cut off within frame ", frame])),
        ],
        default=lambda: tf.strings.join(
            ["damaged at byte ", tf.strings.as_string(last), ", at frame ", frame, ": expected a GIF block"]
        ),
    )


def _colours(flags: tf.Tensor) -> tf.Tensor:
    """How many colours there are in the palette that flags tell of."""
    return tf.where(flags & HAS_PALETTE > 0, tf.bitwise.left_shift(2, flags & 7), 0)


def _bytes(content: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    """The bytes at places; after the end of the file 0."""
    return tf.cast(tf.gather(content, tf.minimum(place, tf.size(content) - 1)), tf.int32)


def _number(content: tf.Tensor, place: tf.Tensor | int) -> tf.Tensor:
    """Two bytes, the lowest first."""
    return _bytes(content, place) + 256 * _bytes(content, place + 1)
