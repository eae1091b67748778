"""The pictures of a GIF: as Pillow draws them, and no frame is decoded that nothing is seen of."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageSequence

from keras_seq import gif
from keras_seq.preprocessing import gif_blocks, gif_frames

HEIGHT, WIDTH = 9, 12
RANDOM = np.random.default_rng(3)
PALETTE = b"\0\0\0" + RANDOM.integers(0, 256, 3 * 63).astype("uint8").tobytes()


def frame(index: int) -> gif.Frame:
    """A rectangle by chance; the first one is the whole."""
    if not index:
        return gif.Frame(RANDOM.integers(0, 64, HEIGHT * WIDTH).astype("uint8").tobytes(), WIDTH)
    height, width = RANDOM.integers(1, [HEIGHT + 1, WIDTH + 1])
    top, left = RANDOM.integers(0, [HEIGHT - height + 1, WIDTH - width + 1])
    own = RANDOM.integers(0, 256, 24).astype("uint8").tobytes()
    return gif.Frame(
        RANDOM.integers(0, 8, height * width).astype("uint8").tobytes(),
        *(int(width), int(left), int(top)),
        transparent=int(RANDOM.integers(0, 8)) if RANDOM.integers(2) else None,
        disposal=int(RANDOM.integers(0, 4)),
        palette=own if RANDOM.integers(2) else b"",
        interlaced=bool(RANDOM.integers(2)),
    )


@pytest.fixture(scope="module")
def pictures():
    """The pictures of a GIF, whole, of the frames that are taken."""

    @tf.function(input_signature=[tf.TensorSpec([], tf.string), tf.TensorSpec([None], tf.int32)])
    def drawn(raw, taken):
        blocks = gif_blocks.read(raw)
        numbers = gif_frames.needed(blocks, taken)
        frames = gif_frames.frames_of(raw, blocks, numbers, taken, 3)
        size = tf.stack([blocks.height, blocks.width])
        return gif_frames.drawn(frames, size, 3, lambda picture: picture, (HEIGHT, WIDTH, 3)), numbers

    return drawn


def by_pillow(file: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file)) as image:
        return np.stack([np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])


def by_hand(frames: list[gif.Frame]) -> np.ndarray:
    """A rectangle after the other, as the specification has it."""
    canvas, pictures = np.zeros((HEIGHT, WIDTH, 3), "uint8"), []
    for frame in frames:
        colours = np.frombuffer(frame.palette or PALETTE, np.uint8).reshape(-1, 3)
        pixels = np.frombuffer(frame.pixels, np.uint8).reshape(-1, frame.width)
        before = canvas.copy()
        part = canvas[frame.top : frame.top + len(pixels), frame.left : frame.left + frame.width]
        seen = pixels != (-1 if frame.transparent is None else frame.transparent)
        part[seen] = colours[pixels[seen]]
        pictures.append(canvas.copy())
        if frame.disposal == gif.TO_BACKGROUND:
            part[:] = 0
        canvas = before if frame.disposal == gif.TO_PREVIOUS else canvas
    return np.stack(pictures)


@pytest.mark.parametrize("number", range(12))
def test_frames_are_drawn_as_the_specification_has_it(pictures, number):
    frames = [frame(index) for index in range(7)]
    file = gif.of_frames(frames, WIDTH, HEIGHT, PALETTE)
    found, numbers = pictures(tf.constant(file), tf.range(7))
    np.testing.assert_array_equal(found, by_hand(frames))
    assert numbers.numpy().tolist() == list(range(7))
    some, _ = pictures(tf.constant(file), tf.constant([1, 4, 6]))
    np.testing.assert_array_equal(some, found.numpy()[[1, 4, 6]])


def test_without_disposal_methods_pillow_draws_the_same(pictures):
    """Pillow clears a rectangle with the first colour of the palette that comes next."""
    for _ in range(12):
        frames = [frame(index)._replace(disposal=gif.KEEP) for index in range(7)]
        file = gif.of_frames(frames, WIDTH, HEIGHT, PALETTE)
        np.testing.assert_array_equal(pictures(tf.constant(file), tf.range(7))[0], by_pillow(file))


def whole(shade: int, **options) -> gif.Frame:
    return gif.Frame(bytes([shade]) * (HEIGHT * WIDTH), WIDTH, **options)


def test_what_nothing_is_drawn_on_is_black_and_rectangles_end_at_the_border(pictures):
    frames = [gif.Frame(bytes([200] * 8), 4, WIDTH - 2, HEIGHT - 1), gif.Frame(b"\xc8", 1, WIDTH + 5, 2)]
    found, _ = pictures(tf.constant(gif.of_frames(frames, WIDTH, HEIGHT)), tf.range(2))
    expected = np.zeros((HEIGHT, WIDTH, 3), "uint8")
    expected[HEIGHT - 1 :, WIDTH - 2 :] = 200
    np.testing.assert_array_equal(found, [expected] * 2)


def test_what_is_covered_is_not_decoded(pictures):
    part = gif.Frame(b"\x09", 1)
    frames = [whole(1), part, whole(2), whole(3, transparent=4), part, whole(5), part, part]
    file = gif.of_frames(frames, WIDTH, HEIGHT)
    for taken, expected in (([2], [2]), ([4], [2, 3, 4]), ([0, 6], [0, 5, 6]), ([1, 7], [0, 1, 5, 6, 7])):
        found, numbers = pictures(tf.constant(file), tf.constant(taken))
        assert numbers.numpy().tolist() == expected
        assert found.shape[0] == len(taken)
        assert found.numpy()[-1, -1, -1, 0] == {2: 2, 4: 3, 6: 5, 7: 5}[taken[-1]]


def test_grey_is_luma():
    colours = tf.constant([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]], tf.uint8)
    assert gif_frames.luma(colours).numpy()[:, 0].tolist() == [0, 255, 76, 150, 29]
