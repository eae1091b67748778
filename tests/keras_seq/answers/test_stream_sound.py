"""Pieces of sound -> blocks: whatever the pieces, the same samples in the same blocks."""

import functools

import numpy as np
import pytest
import streams
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.answers.stream_sound import Blocks, as_int, decoded

SECONDS = 16_000  # samples
SOUND = np.random.default_rng(1).integers(-(2**15), 2**15, SECONDS // 2).astype("<i2")


def graph(blocks, is_end):
    state = {name: tf.TensorSpec([None, *value.shape[1:]]) for name, value in blocks.start(1).items()}
    of_piece = functools.partial(blocks.heard, is_end=is_end)
    return tf.function(of_piece, [state, tf.TensorSpec([None], tf.string)], autograph=False)


BLOCKS = {stride: Blocks(stride) for stride in (1, 3, 4)}
HEARD = {(blocks, is_end): graph(blocks, is_end) for blocks in BLOCKS.values() for is_end in (False, True)}


def in_pieces(blocks, rows):
    """Every block's samples of each row, and their frames; the pieces of a row are padded with empty ones."""
    state, found = blocks.start(len(rows)), [[] for _ in rows]
    for number in range(max(map(len, rows)) + 1):
        pcm = [row[number] if number < len(row) else b"" for row in rows]
        is_end = number == max(map(len, rows))
        state, heard = HEARD[blocks, is_end](state, tf.constant(pcm))
        for row, kept in enumerate(found):
            for block in range(int(heard.blocks[row])):
                start = block * blocks.size
                frames = min(max(int(heard.frames[row]) - block * blocks.frames, 0), blocks.frames)
                kept.append((heard.samples[row, start : start + blocks.window].numpy(), frames))
    return found, heard


def expected(blocks, samples):
    """The definition: block k begins at sample k * size, and has the frames that begin in it before the end."""
    padded = np.concatenate([samples / 2**15, np.zeros(2 * blocks.window)])
    count = -(-len(samples) // blocks.size)
    frames = -(-len(samples) // 160)
    starts = [number * blocks.size for number in range(count)]
    return [
        (padded[start : start + blocks.window], min(frames - start // 160, blocks.frames)) for start in starts
    ]


@pytest.mark.parametrize("stride", BLOCKS)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SOUND)), st.lists(st.integers(0, 2 * len(SOUND)), max_size=6)),
        min_size=1,
        max_size=3,
    )
)
@tried_on(15)
def test_any_pieces_of_any_rows_make_the_same_blocks(stride, rows):
    blocks = BLOCKS[stride]
    pieces = [
        streams.cut(SOUND[:length].tobytes(), [min(at, 2 * length) for at in cuts]) for length, cuts in rows
    ]
    found, heard = in_pieces(blocks, pieces)
    for (length, _), row in zip(rows, found, strict=True):
        for (samples, frames), (expected_samples, expected_frames) in zip(
            row, expected(blocks, SOUND[:length]), strict=True
        ):
            np.testing.assert_array_equal(samples, expected_samples.astype("float32"))
            assert frames == expected_frames
    np.testing.assert_allclose(heard.seconds, [length / SECONDS for length, _ in rows], rtol=1e-6)


def test_a_block_is_160_ms_or_a_little_less_where_the_network_does_not_divide_it():
    assert [Blocks(stride).frames for stride in (1, 2, 3, 4, 16, 20)] == [16, 16, 15, 16, 16, 20]
    assert Blocks(4).window == 16 * 160 + 240


def test_a_byte_of_a_cut_sample_waits():
    samples, lengths, odd = decoded(tf.constant([b"\x01\x02\xff", b"", b"\x80"]), tf.constant([0, 5, 1]))
    assert samples.numpy().tolist() == [[0x0201], [0], [-(2**15)]]
    assert (lengths.numpy().tolist(), odd.numpy().tolist()) == ([1, 0, 1], [256, 5, 0])


def test_a_state_that_is_none_ends_no_batch():
    """Numbers that no call gave: what comes of them means nothing, but the other row is as alone."""
    blocks = Blocks(4)
    state = blocks.start(2)
    pcm = tf.constant([SOUND.tobytes()] * 2)
    _, alone = blocks.heard(state, pcm, is_end=False)
    for odd in (np.nan, np.inf, -1e30, 1e30, -1.0, 7.5):
        counts = np.zeros([2, 3], "float32")
        counts[1] = odd
        _, heard = blocks.heard({**state, "counts": tf.constant(counts)}, pcm, is_end=False)
        np.testing.assert_array_equal(heard.samples[0, : len(SOUND)], alone.samples[0, : len(SOUND)])
        assert heard.blocks[0] == alone.blocks[0]


def test_whole_numbers_come_back_and_what_is_none_is_0():
    assert as_int(tf.constant([3.0, -2.0, np.nan, np.inf, -np.inf])).numpy().tolist() == [3, -2, 0, 0, 0]
