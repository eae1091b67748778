"""Frames that are changed in training: all of a clip alike, each clip otherwise, and never else."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import FrameCrop, LightJitter, MirroredFrames

FRAMES = np.random.default_rng(1).integers(0, 256, (40, 3, 6, 8, 2)).astype("uint8")
MASK = np.arange(3) < np.tile([3, 1], 20)[:, None]
LAYERS = {
    "crop": (lambda: FrameCrop(4, 5, seed=1), [FRAMES]),
    "mirror": (lambda: MirroredFrames(0.5, seed=1), [FRAMES]),
    "light": (lambda: LightJitter(0.1, 0.3, seed=1), [FRAMES, MASK]),
}


def frames_of(answer):
    return (answer[0] if isinstance(answer, tuple) else answer).numpy()


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_is_by_chance_but_in_training_and_there_the_seed_decides(name):
    make, given = LAYERS[name]
    layer, same = make(), make()
    expected = FRAMES[:, :, 1:5, 1:6] if name == "crop" else FRAMES
    for answer in (layer(*given), layer(*given, training=False)):
        np.testing.assert_array_equal(frames_of(answer), expected)
    first, second = (frames_of(layer(*given, training=True)) for _ in range(2))
    np.testing.assert_array_equal(first, frames_of(same(*given, training=True)))
    assert first.dtype == np.uint8
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", LAYERS)
def test_a_model_knows_its_shapes_and_types(name):
    make, given = LAYERS[name]
    inputs = [keras.Input((None, *array.shape[2:]), dtype=array.dtype.name) for array in given]
    model = keras.Model(inputs, make()(*inputs))
    answers = model([tf.constant(array) for array in given], training=True)
    for promised, found in zip(tf.nest.flatten(model.output), tf.nest.flatten(answers), strict=True):
        assert promised.dtype == found.dtype.name
        assert promised.shape[2:] == tuple(found.shape[2:])


def test_a_crop_is_the_same_part_of_all_frames_of_a_clip_and_any_part():
    found, places = FrameCrop(4, 5, seed=1)(FRAMES, training=True).numpy(), set()
    for clip, part in zip(FRAMES, found, strict=True):
        fits = [
            (top, left)
            for top in range(3)
            for left in range(4)
            if np.array_equal(clip[:, top : top + 4, left : left + 5], part)
        ]
        assert len(fits) == 1
        places.add(fits[0])
    assert len(places) > 9
    np.testing.assert_array_equal(FrameCrop(6, 8)(FRAMES, training=True), FRAMES)
    with pytest.raises(ValueError, match="a part of 9 pixels: the frames have 8"):
        FrameCrop(6, 9)(keras.Input((None, 6, 8, 1)))


def test_whole_clips_are_mirrored_and_named():
    frames, mirrored = (tensor.numpy() for tensor in MirroredFrames(0.5, seed=1)(FRAMES, training=True))
    assert 10 < mirrored.sum() < 30
    np.testing.assert_array_equal(frames[mirrored], FRAMES[mirrored][:, :, :, ::-1])
    np.testing.assert_array_equal(frames[~mirrored], FRAMES[~mirrored])
    assert MirroredFrames(1.0)(FRAMES, training=True)[1].numpy().all()
    for training, probability in ((False, 1.0), (True, 0.0)):
        assert not MirroredFrames(probability)(FRAMES, training=training)[1].numpy().any()


def test_light_is_one_line_a_clip_and_padding_is_left():
    """Between grey and grey no other rule than new = a * old + b, in all frames of a clip."""
    frames = np.random.default_rng(2).uniform(100, 150, (40, 3, 6, 8, 1)).astype("float32")
    found = LightJitter(0.1, 0.3, seed=1)(frames, MASK, training=True).numpy()
    slopes, shifts = [], []
    for old, new, kept in zip(frames, found, MASK, strict=True):
        np.testing.assert_array_equal(old[~kept], new[~kept])
        slope, offset = np.polyfit(old[kept].ravel(), new[kept].ravel(), 1)
        np.testing.assert_allclose(new[kept], slope * old[kept] + offset, atol=0.01)
        slopes.append(slope)
        shifts.append(slope * old[kept].mean() + offset - old[kept].mean())
    assert 0.7 <= min(slopes) < 0.8 < 1.2 < max(slopes) <= 1.3001
    assert -25.6 < min(shifts) < -15 < 15 < max(shifts) < 25.6


def test_light_stays_within_black_and_white():
    found = LightJitter(0.9, 0.9, seed=1)(FRAMES, MASK, training=True).numpy()
    assert (found.min(), found.max()) == (0, 255)
    np.testing.assert_array_equal(LightJitter()(FRAMES, MASK, training=True), FRAMES)


PICTURES = FRAMES[:, 0]


@pytest.mark.parametrize("training", [False, True], ids=["asked", "trained"])
def test_pictures_are_changed_as_clips_of_one_frame(training):
    """By the same seed in the same way, and in a model of the same shapes."""
    for make in (
        lambda: FrameCrop(4, 5, seed=1),
        lambda: MirroredFrames(0.5, seed=1),
        lambda: LightJitter(0.1, 0.3, seed=1),
    ):
        given = [PICTURES[:, None], MASK[:, :1]] if isinstance(make(), LightJitter) else [PICTURES[:, None]]
        expected = frames_of(make()(*given, training=training))[:, 0]
        np.testing.assert_array_equal(frames_of(make()(PICTURES, training=training)), expected)
        promised = make()(keras.Input(PICTURES.shape[1:], dtype="uint8"))
        promised = promised[0] if isinstance(promised, tuple) else promised
        assert promised.shape[1:] == expected.shape[1:]
        assert promised.dtype == expected.dtype.name


def test_colours_become_stronger_and_weaker_and_greys_stay():
    colours = np.random.default_rng(2).uniform(90, 160, (40, 6, 8, 3)).astype("float32")
    found = LightJitter(seed=1, saturation=0.4)(colours, training=True).numpy()
    luma = [0.299, 0.587, 0.114]
    np.testing.assert_allclose(found @ luma, colours @ luma, atol=0.01)
    strengths = [
        np.ptp(new, -1).mean() / np.ptp(old, -1).mean() for old, new in zip(colours, found, strict=True)
    ]
    assert 0.6 <= min(strengths) < 0.75 < 1.25 < max(strengths) <= 1.4001
    grey = np.repeat(colours[..., :1], 3, axis=-1)
    np.testing.assert_allclose(LightJitter(seed=1, saturation=0.4)(grey, training=True), grey, atol=0.01)
    with pytest.raises(ValueError, match="saturation of 1 channels: expected red, green and blue"):
        LightJitter(saturation=0.4)(keras.Input((6, 8, 1)))
