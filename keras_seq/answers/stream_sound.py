"""Sound that comes in pieces of any size -> blocks of one size; what is left over waits in the state.

A piece is 16-bit little-endian samples, of one channel at 16 kHz. It may end anywhere, within a sample too.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from keras_seq.preprocessing.audio import HOP, RATE, WINDOW, frames_of

BLOCK_FRAMES = 16  # that are computed together, or the next smaller number that the network divides: 160 ms
LOOKAHEAD = WINDOW - HOP  # samples after its own that a frame sees
FULL_SCALE = 2**15  # of a sample that stands for 1
MOST_BLOCKS = 2**24  # that float32 counts: 31 days

State = dict[str, tf.Tensor]


class Heard(NamedTuple):
    """Samples of which whole blocks can be made.

    Attributes:
        samples: what waited and what came, `(batch, time)` float32 in -1..1, padded with 0.
        lengths: how many they are, `(batch,)` int32.
        blocks: how many blocks of them can be computed now, `(batch,)` int32.
        frames: how many frames there are in these, `(batch,)` int32.
        seconds: all that was heard so far, `(batch,)` float32.
    """

    samples: tf.Tensor
    lengths: tf.Tensor
    blocks: tf.Tensor
    frames: tf.Tensor
    seconds: tf.Tensor


class Blocks:
    """Pieces of sound -> blocks of frames.

    The state has `samples` `(batch, waiting)`, whole numbers, padded with 0, and `counts` `(batch, 3)`: how many
    of them wait, the first byte of a sample that was cut in two and 1 (0 for none), and the blocks before.

    Args:
        stride: frames to a step of the network, which a block is a multiple of.
    """

    def __init__(self, stride: int) -> None:
        self.frames = max(BLOCK_FRAMES // stride, 1) * stride
        self.size = self.frames * HOP  # samples from one block to the next
        self.window = self.size + LOOKAHEAD  # samples that a block is computed of; fewer wait

    def start(self, batch: tf.Tensor) -> State:
        """The state before the first piece of so many streams."""
        return {"samples": tf.zeros([batch, self.window]), "counts": tf.zeros([batch, 3])}

    def heard(self, state: State, pcm: tf.Tensor, is_end: bool) -> tuple[State, Heard]:
        """Another piece: the state once its blocks are computed, and the samples that these are of.

        Args:
            state: as the last call gave it.
            pcm: `(batch,)` string, of any number of bytes.
            is_end: whether nothing comes after it, so that the rest is a block too.
        """
        waiting, odd, before = tf.unstack(tf.clip_by_value(as_int(state["counts"]), 0, MOST_BLOCKS), axis=1)
        waiting = tf.minimum(waiting, self.window)
        came, came_lengths, odd = decoded(pcm, tf.minimum(odd, 256))
        samples = self._joined(state["samples"], waiting, came)
        lengths = waiting + came_lengths
        blocks = -(-lengths // self.size) if is_end else tf.maximum(lengths - LOOKAHEAD, 0) // self.size
        frames = frames_of(lengths) if is_end else blocks * self.frames
        done = tf.minimum(blocks * self.size, lengths)
        rest = tf.gather(samples, done[:, None] + tf.range(self.window), batch_dims=1)
        counts = tf.stack([lengths - done, odd, before + blocks], axis=1)
        state = {"samples": rest, "counts": tf.cast(counts, tf.float32)}
        seconds = tf.cast(before, tf.float32) * (self.size / RATE) + tf.cast(lengths, tf.float32) / RATE
        return state, Heard(samples / FULL_SCALE, lengths, blocks, frames, seconds)

    def _joined(self, old: tf.Tensor, waiting: tf.Tensor, came: tf.Tensor) -> tf.Tensor:
        """Each row's samples that waited, and behind them those that came; then a window of 0 at least."""
        both = tf.concat([old, came, tf.zeros_like(old[:, :1])], axis=1)
        last = tf.shape(both)[1] - 1
        places = tf.range(last + self.window)
        behind = tf.minimum(places + self.window - waiting[:, None], last)
        return tf.gather(both, tf.where(places < waiting[:, None], places, behind), batch_dims=1)


def decoded(pcm: tf.Tensor, odd: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Bytes -> samples, whole numbers `(batch, time)` float32, padded with 0; how many; and the byte left over.

    Args:
        pcm: `(batch,)` string.
        odd: the byte before them and 1, `(batch,)` int32; 0 for none. So is the one left over.
    """
    byte = tf.gather(tf.constant([b"", *(bytes([value]) for value in range(256))]), odd)
    pcm = tf.strings.join([byte, pcm])
    sizes = tf.strings.length(pcm)
    lengths = sizes // 2
    longest = tf.reduce_max(tf.concat([lengths, [1]], axis=0))
    samples = tf.io.decode_raw(pcm, tf.int16, fixed_length=2 * longest)
    rest = tf.strings.substr(pcm, 2 * lengths, tf.ones_like(lengths))
    left = tf.cast(tf.io.decode_raw(rest, tf.uint8, fixed_length=1)[:, 0], tf.int32) + 1
    real = tf.sequence_mask(lengths, longest)
    return tf.where(real, tf.cast(samples, tf.float32), 0.0), lengths, tf.where(sizes % 2 > 0, left, 0)


def as_int(values: tf.Tensor) -> tf.Tensor:
    """Whole numbers that were kept as float32, int32; what is none is 0."""
    return tf.cast(tf.where(tf.math.is_finite(values), values, 0.0), tf.int32)
