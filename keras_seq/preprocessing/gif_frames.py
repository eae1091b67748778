"""The frames of a GIF -> pictures, in the graph: each is drawn over what those before it have left.

`tf.io.decode_gif` alone does not do (seen with TensorFlow 2.17 and 2.21): partial frames, transparent colours, local
palettes and interlace it has right, but it knows no disposal method, takes the largest frame for the whole, gives what
is whole of a file that is cut off and says nothing, and holds all frames in memory. So each frame is made into a GIF of
its own, whose colours are their own places in the palette, and drawn here; a place behind the palette is black.

Ops used: core TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from keras_seq.gif import GREYS, TO_BACKGROUND, TO_PREVIOUS
from keras_seq.preprocessing.gif_blocks import FRAME_BYTES, Blocks

MOST_COLOURS = 256
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue; ITU-R BT.601, which JPEG has too


class Frames(NamedTuple):
    """Frames that are drawn one after the other; `(frames, ...)` each.

    Attributes:
        pictures: a GIF of this frame alone, string.
        place: left, top, width, height, int32.
        palette: `(frames, 256, channels)` uint8, black after its colours.
        transparent: the colour that is not drawn, -1 for none, int32.
        disposal: what becomes of it before the next, a disposal method, int32.
        taken: whether a picture is wanted of what is there then, bool.
    """

    pictures: tf.Tensor
    place: tf.Tensor
    palette: tf.Tensor
    transparent: tf.Tensor
    disposal: tf.Tensor
    taken: tf.Tensor


def needed(blocks: Blocks, taken: tf.Tensor) -> tf.Tensor:
    """The frames that have to be drawn to have those that are taken, by their numbers; int32.

    What stands before a frame that covers the whole, and lets nothing through, is not needed for it.

    Args:
        blocks: of the file.
        taken: numbers of frames, in their order.
    """
    number = tf.range(tf.size(blocks.starts))
    left, top, width, height = tf.unstack(blocks.frames, axis=1)
    covers = (left == 0) & (top == 0) & (width >= blocks.width) & (height >= blocks.height)
    covering = tf.boolean_mask(number, covers & (blocks.transparent < 0))
    since = tf.gather(tf.concat([[0], covering], axis=0), tf.searchsorted(covering, taken, side="right"))
    ahead = tf.searchsorted(taken, number)  # the next one that is taken
    first = tf.gather(tf.concat([since, [tf.size(number)]], axis=0), ahead)
    return tf.boolean_mask(number, first <= number)


def frames_of(raw: tf.Tensor, blocks: Blocks, numbers: tf.Tensor, taken: tf.Tensor, channels: int) -> Frames:
    """What is needed to draw frames, `(numbers,)` each.

    Args:
        raw: the file.
        blocks: of it.
        numbers: of the frames to draw.
        taken: of those that a picture is wanted of.
        channels: 3, or 1 for luma.
    """
    data, sizes, starts = (tf.gather(of, numbers) for of in (blocks.data, blocks.sizes, blocks.starts))
    many = tf.fill(tf.shape(numbers), raw)
    size = tf.strings.substr(many, starts + FRAME_BYTES - 5, tf.fill(tf.shape(numbers), 4))
    interlaced = tf.where(tf.gather(blocks.interlaced, numbers), b"\x40", b"\0")
    pixels = tf.strings.substr(many, data, sizes)
    head, place = b"\xf7\0\0" + GREYS + b"\x2c\0\0\0\0", tf.gather(blocks.frames, numbers)
    pictures = tf.strings.join([b"GIF89a", size, head, size, interlaced, pixels, b"\x3b"])
    colours = tf.gather(blocks.colours, numbers)
    palette = tf.strings.substr(many, tf.gather(blocks.palette, numbers), 3 * colours)
    palette = tf.io.decode_raw(palette, tf.uint8, fixed_length=3 * MOST_COLOURS)
    palette = tf.reshape(palette, [-1, MOST_COLOURS, 3])
    return Frames(
        pictures=pictures,
        place=place,
        palette=luma(palette) if channels == 1 else palette,
        transparent=tf.gather(blocks.transparent, numbers),
        disposal=tf.gather(blocks.disposal, numbers),
        taken=tf.reduce_any(numbers[:, None] == taken, axis=1),
    )


def decoded(picture: tf.Tensor) -> tf.Tensor:
    """A GIF of one frame -> the places of its pixels in its palette, `(height, width)` int32."""
    return tf.cast(tf.io.decode_gif(picture)[0, :, :, 0], tf.int32)


def drawn(
    frames: Frames,
    size: tf.Tensor,
    channels: int,
    finished: Callable[[tf.Tensor], tf.Tensor],
    shape: tuple[int, int, int],
    background: int = 0,
) -> tf.Tensor:
    """The pictures that are taken, each `finished`, `(taken, *shape)` uint8.

    Args:
        frames: in their order.
        size: height and width of the whole, `(2,)` int32.
        channels: 3 or 1.
        finished: a picture of the whole, `(height, width, channels)` uint8 -> what is kept of it.
        shape: of what is kept.
        background: what is seen where nothing was drawn, 0 for black to 255 for white.
    """
    count = tf.reduce_sum(tf.cast(frames.taken, tf.int32))
    places = tf.cumsum(tf.cast(frames.taken, tf.int32), exclusive=True)
    empty = tf.fill(tf.concat([size, [channels]], axis=0), tf.constant(background, tf.uint8))
    kept = tf.TensorArray(tf.uint8, count, element_shape=shape)

    def draw(number: tf.Tensor, canvas: tf.Tensor, kept: tf.TensorArray) -> tuple:
        one = Frames(*(tf.gather(of, number) for of in frames))
        picture, where = _on_canvas(one, size)
        new = tf.where(where[..., None] == 1, tf.gather(one.palette, picture), canvas)
        kept = tf.cond(one.taken, lambda: kept.write(places[number], finished(new)), lambda: kept)
        cleared = tf.cond(
            one.disposal == TO_BACKGROUND,
            lambda: tf.where(where[..., None] > 0, tf.constant(background, tf.uint8), new),
            lambda: tf.cond(one.disposal == TO_PREVIOUS, lambda: canvas, lambda: new),
        )
        return number + 1, cleared, kept

    shapes = [tf.TensorShape([]), tf.TensorShape([None, None, channels]), tf.TensorShape(None)]
    *_, kept = tf.while_loop(
        lambda number, *_: number < tf.size(frames.taken), draw, [0, empty, kept], shapes
    )
    return kept.stack()


def _on_canvas(frame: Frames, size: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """A frame's colours at their places in the whole, and where they are: 1 drawn, 2 transparent, 0 outside."""
    left, top, _, _ = tf.unstack(frame.place)
    inside = decoded(frame.pictures)[: tf.maximum(size[0] - top, 0), : tf.maximum(size[1] - left, 0)]
    height, width = tf.unstack(tf.shape(inside))
    # A rectangle that lies outside of the whole has nothing to be moved by.
    down, right = (
        tf.where(height > 0, tf.minimum(top, size[0]), 0),
        tf.where(width > 0, tf.minimum(left, size[1]), 0),
    )
    borders = [[down, size[0] - down - height], [right, size[1] - right - width]]
    where = tf.where(inside == frame.transparent, 2, 1)
    return tf.pad(inside, borders), tf.pad(where, borders)


def luma(colours: tf.Tensor) -> tf.Tensor:
    """Colours `(..., 3)` uint8 -> greys `(..., 1)` uint8."""
    exact = tf.reduce_sum(tf.cast(colours, tf.float32) * LUMA, axis=-1, keepdims=True)
    return tf.cast(tf.round(exact), tf.uint8)
