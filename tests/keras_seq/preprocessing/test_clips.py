"""Clips in the graph: which frames are taken, what they look like, and what a bad clip does to its neighbours."""

import io
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from corpora import PROJECT
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from properties import tried_on

from keras_seq import gif
from keras_seq.preprocessing import ClipFrames
from keras_seq.preprocessing.clips import sampled

MHAD = PROJECT.parent / "shared" / "data" / "video" / "utd_mhad" / "clips"
RANDOM = np.random.default_rng(1)
GREY = RANDOM.integers(0, 256, (7, 12, 16)).astype("uint8")
SLOPE = np.add.outer(np.arange(12) * 9, np.arange(16) * 8)


def jpeg(shade: int, height: int = 12, width: int = 16) -> bytes:
    pixels = np.stack([SLOPE, SLOPE * 0 + shade, SLOPE * 0 + 90], axis=-1).astype("uint8")
    stream = io.BytesIO()
    Image.fromarray(pixels).resize((width, height)).save(stream, "JPEG", quality=95)
    return stream.getvalue()


FRAMES = [jpeg(20 * number) for number in range(9)]
GIF, STRIP = gif.encoded(GREY), b"".join(FRAMES)
DAMAGED_FRAME = FRAMES[1].replace(b"\xff\xc0", b"\xff\xc3")  # a kind of JPEG that is not decoded
DAMAGED_GIF = gif.of_frames([gif.Frame(bytes(192), 16)] * 2, 16, 12).replace(
    b"\x2c\0\0\0\0\x10", b"\x2c\0\0\0\0\x20"
)
GOOD = [GIF, STRIP, FRAMES[0], gif.encoded(GREY[:1])]
BAD = {
    b"": "empty",
    b"a text": "neither a GIF nor a JPEG file",
    b"\x89PNG\r\n\x1a\n": "a PNG file: convert it to a GIF or to JPEG frames",
    GIF[: len(GIF) // 2]: "cut off within frame 2",
    STRIP[:-9]: "cut off within frame 9",
    FRAMES[0] + DAMAGED_FRAME + FRAMES[2]: "frame 2 is damaged",
    DAMAGED_GIF: "frame 1 is damaged",
    gif.of_frames([], 16, 12): "a GIF without a frame",
    gif.of_frames([gif.Frame(b"\0", 1)], 0, 12): "0 by 12 pixels: expected one or more",
    gif.of_frames([gif.Frame(b"\0", 1)], 1, 1, b""): "a GIF without a palette",
    gif.of_frames(
        [gif.Frame(b"\0", 1)], 65535, 65535
    ): "a frame of 4294836225 pixels: expected at most 8388608",
    FRAMES[0].replace(b"\0\x0c\0\x10\x03", b"\xff\xff\xff\xff\x03"): (
        "a frame of 4294836225 pixels: expected at most 8388608"
    ),
    gif.of_frames([gif.Frame(b"\0", 1)] * 50, 2800, 2800): (
        "frames of 344960000 pixels in all: expected at most 268435456"
    ),
}


@pytest.fixture(scope="module")
def layer():
    return ClipFrames(4, 12, 16, name="clips")


@pytest.fixture(scope="module")
def alone(layer):
    """What each good clip is by itself."""
    found = [layer(tf.constant([clip])) for clip in GOOD]
    assert [clip["problem"].numpy().tolist() for clip in found] == [[b""]] * len(GOOD)
    return [clip["frames"].numpy()[0] for clip in found]


def test_the_middle_of_each_part_is_taken_and_short_clips_are_whole():
    assert sampled(tf.constant(0), 4).numpy().tolist() == []
    assert sampled(tf.constant(3), 4).numpy().tolist() == [0, 1, 2]
    assert sampled(tf.constant(4), 4).numpy().tolist() == [0, 1, 2, 3]
    assert sampled(tf.constant(5), 4).numpy().tolist() == [0, 1, 3, 4]
    assert sampled(tf.constant(12), 4).numpy().tolist() == [1, 4, 7, 10]
    assert sampled(tf.constant(9), 1).numpy().tolist() == [4]
    assert sampled(tf.constant(2**31 - 1), 2).numpy().tolist() == [2**29 - 1, 3 * 2**29 - 1]


def test_frames_are_those_of_the_clip_and_padding_is_zero(layer, alone):
    np.testing.assert_array_equal(alone[0], np.repeat(GREY[[0, 2, 4, 6], ..., None], 3, axis=3))
    for found, number in zip(alone[1], [1, 3, 5, 7], strict=True):
        expected = np.array(Image.open(io.BytesIO(FRAMES[number])), int)
        assert np.abs(found.astype(int) - expected).max() <= 2
    assert [len(frames) for frames in alone] == [4, 4, 1, 1]
    found = layer(tf.constant([GOOD[2], GOOD[0]]))
    assert found["lengths"].numpy().tolist() == [1, 4]
    assert not found["frames"].numpy()[0, 1:].any()


def test_a_bad_clip_is_a_problem_of_its_own(layer, alone):
    found = layer(tf.constant([*GOOD[:2], *BAD, *GOOD[2:]]))
    assert found["problem"].numpy().tolist() == [text.encode() for text in ("", "", *BAD.values(), "", "")]
    assert found["lengths"].numpy().tolist() == [4, 4, *[0] * len(BAD), 1, 1]
    frames = found["frames"].numpy()
    assert not frames[2:-2].any()
    for row, expected in zip(frames[[0, 1, -2, -1]], alone, strict=True):
        np.testing.assert_array_equal(row[: len(expected)], expected)
    assert layer.problems(tf.constant(list(BAD)[:2])).numpy().tolist() == [
        b"empty",
        b"neither a GIF nor a JPEG file",
    ]


def test_nothing_but_bad_clips_and_nothing_at_all(layer):
    found = layer(tf.constant([b"", b"x"]))
    assert found["frames"].shape == (2, 1, 12, 16, 3)
    assert layer(tf.constant([], tf.string))["frames"].shape == (0, 1, 12, 16, 3)


def test_a_thousand_frames(layer):
    """Of JPEG files, and of a GIF, only those are decoded that something is seen of: one between them is damaged."""
    for clip in (
        b"".join(FRAMES[:1] * 400 + [DAMAGED_FRAME] + FRAMES[:1] * 599),
        gif.of_frames([gif.Frame(b"\1" * 192, 16)] * 1000, 16, 12),
    ):
        found = layer(tf.constant([clip]))
        assert found["problem"].numpy().tolist() == [b""]
        assert found["lengths"].numpy().tolist() == [4]


def test_frames_of_one_strip_may_have_any_size_and_grey_is_luma():
    grey = ClipFrames(3, 8, 8, 1, "squash")
    clip = jpeg(60) + jpeg(60, 24, 32) + jpeg(60, 30, 20)
    found = grey(tf.constant([clip, gif.encoded(GREY[:2])]))
    assert found["frames"].shape == (2, 3, 8, 8, 1)
    frames = found["frames"].numpy().astype(int)
    small = np.array(
        Image.open(io.BytesIO(jpeg(60))).convert("L").resize((8, 8), Image.Resampling.BILINEAR), int
    )
    assert np.abs(frames[0, ..., 0] - small).max() < 12


@st.composite
def damaged(draw) -> bytes:
    """A good clip of which some bytes are others, or are gone, or were never there."""
    file = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, min(len(file) - 1, draw(st.sampled_from([30, 900, len(file)])))))
        new = draw(st.binary(max_size=8))
        file[place : place + draw(st.sampled_from([0, 1, len(new)]))] = new
        file = file[: draw(st.sampled_from([len(file)] * 3 + [place]))] or bytearray(b"G")
    return bytes(file)


@tried_on(60)
@given(
    bad=st.lists(st.one_of(st.binary(max_size=60), damaged()), max_size=4),
    place=st.integers(0, 4),
)
def test_whatever_bytes_come_the_neighbours_are_the_same(bad, place, layer, alone):
    found = layer(tf.constant([*bad[:place], *GOOD, *bad[place:]], tf.string))
    start = min(place, len(bad))
    for length, problem in zip(found["lengths"].numpy(), found["problem"].numpy(), strict=True):
        assert (length == 0) == (problem != b"")
    for number, expected in enumerate(alone, start):
        assert found["problem"].numpy()[number] == b""
        np.testing.assert_array_equal(found["frames"].numpy()[number, : len(expected)], expected)


def test_a_model_knows_its_shapes_and_a_data_set_has_the_same(layer, alone):
    clips = keras.Input((), dtype="string", name="clip")
    model = keras.Model(clips, layer(clips))
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in model.output.items()} == {
        "frames": ((None, None, 12, 16, 3), "uint8"),
        "lengths": ((None,), "int32"),
        "problem": ((None,), "string"),
    }
    (found,) = tf.data.Dataset.from_tensors(tf.constant(GOOD)).map(layer)
    for frames in (found["frames"].numpy(), model(tf.constant(GOOD))["frames"].numpy()):
        for row, expected in zip(frames, alone, strict=True):
            np.testing.assert_array_equal(row[: len(expected)], expected)


def test_an_unknown_fit_is_refused():
    with pytest.raises(ValueError, match="crop, pad, squash"):
        ClipFrames(4, 8, 8, fit="stretch")


@pytest.mark.real_data
@pytest.mark.skipif(not MHAD.exists(), reason="no UTD-MHAD clips")
def test_real_clips_are_those_that_tensorflow_decodes():
    files = sorted(pathlib.Path(MHAD).glob("*/*.gif"))[::100]
    clips = [file.read_bytes() for file in files]
    found = ClipFrames(32, 60, 80)(tf.constant(clips))
    assert set(found["problem"].numpy()) == {b""}
    for frames, clip in zip(found["frames"].numpy(), clips, strict=True):
        np.testing.assert_array_equal(frames, tf.io.decode_gif(clip))
