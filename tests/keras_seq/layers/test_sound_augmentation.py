"""Sounds and frames that are changed in training: by how much, where, and never otherwise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.layers import AddedNoise, QuietStart, SpecAugment, SpeedPerturbation
from keras_seq.layers.sound_augmentation import QUIET

RATE = 16000
RANDOM = np.random.default_rng(1)


def tones(lengths, hertz=440.0, padding=0.0):
    """A sine in each row, `(batch, time)`, with `padding` behind it."""
    rows = np.full((len(lengths), max(lengths)), padding, "float32")
    for row, length in zip(rows, lengths, strict=True):
        row[:length] = 0.5 * np.sin(2 * np.pi * hertz * np.arange(length) / RATE)
    return rows


def layers():
    return [
        (SpeedPerturbation(0.1, seed=1), [tones([900, 400]), np.array([900, 400])]),
        (AddedNoise(1.0, seed=1), [tones([900, 400])]),
        (AddedNoise(1.0, seed=1), [tones([900, 400]), np.array([900, 400])]),
        (SpecAugment(seed=1), [np.ones((2, 50, 80), "float32"), np.ones((2, 50), bool)]),
        (QuietStart(9, seed=1), [np.ones((2, 50, 8), "float32")]),
    ]


@pytest.mark.parametrize("number", range(5))
def test_nothing_is_changed_but_in_training(number):
    layer, given = layers()[number]
    expected = given if isinstance(layer, SpeedPerturbation) else given[:1]
    for answer in (layer(*given), layer(*given, training=False)):
        for ours, theirs in zip(tf.nest.flatten(answer), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    changed = tf.nest.flatten(layer(*given, training=True))[0]
    assert changed.shape[0] == 2
    assert not np.array_equal(changed, given[0])


@pytest.mark.parametrize("number", range(5))
def test_the_seed_decides_and_every_step_draws_anew(number):
    (layer, given), (other, _) = layers()[number], layers()[number]
    ours, theirs = (
        [tf.nest.flatten(each(*given, training=True))[0] for _ in range(3)] for each in (layer, other)
    )
    for one, same in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(*np.broadcast_arrays(*(tf.reduce_sum(each, axis=1) for each in ours[:2])))


@pytest.mark.parametrize(
    "layer", [SpeedPerturbation(0.0), AddedNoise(0.0), SpecAugment(masks=0)], ids=["speed", "noise", "masks"]
)
def test_a_recipe_can_leave_it_out(layer):
    given = [np.ones((2, 50, 8), "float32"), np.ones((2, 50), bool)]
    if not isinstance(layer, SpecAugment):
        given = [tones([900, 400]), np.array([900, 400])]
    np.testing.assert_array_equal(tf.nest.flatten(layer(*given, training=True))[0], given[0])


def test_a_faster_tone_is_higher_and_shorter_by_the_same_factor():
    lengths = np.array([16000, 12000, 9000, 16000, 8000, 15999, 10000, 16000])
    samples, new = SpeedPerturbation(0.1, seed=1)(tones(lengths), lengths, training=True)
    assert samples.shape[1] == max(new.numpy())
    speeds = []
    for row, length, found in zip(samples.numpy(), lengths, new.numpy(), strict=True):
        spectrum = np.abs(np.fft.rfft(row[:found] * np.hanning(found), 2**18))
        speeds.append(length / found)
        assert abs(spectrum.argmax() * RATE / 2**18 / 440 - speeds[-1]) < 0.002
        assert abs(np.abs(row[:found]).max() - 0.5) < 0.01
        assert (row[found:] == 0).all()
    assert 0.9 <= min(speeds) < 0.96 < 1.04 < max(speeds) <= 1.1001
    assert len({round(speed, 4) for speed in speeds}) == len(speeds), "each row has its own"


def drawn_speeds(rows, amount, seed):
    seed = keras.random.SeedGenerator(seed)
    return keras.random.uniform((rows,), 1 - amount, 1 + amount, seed=seed).numpy().astype(float)


@pytest.mark.parametrize("lengths", [[100_000, 7, 0], range(100)], ids=["long", "short"])
def test_samples_are_interpolated_between_those_of_the_row_alone(lengths):
    """Padding of 1000 would be heard; so would the place of a sample that is not exact, late in a long row."""
    lengths = np.array(lengths)
    given = np.full((len(lengths), max(lengths)), 1000, "float32")
    for row, length in zip(given, lengths, strict=True):
        row[:length] = RANDOM.uniform(-1, 1, length)
    samples, new = SpeedPerturbation(0.2, seed=3)(given, lengths, training=True)
    for place, speed in enumerate(drawn_speeds(len(lengths), 0.2, 3)):
        count = int(lengths[place] / speed)
        assert new[place] == count
        if lengths[place]:
            times = np.arange(count) * speed
            expected = np.interp(times, np.arange(lengths[place]), given[place, : lengths[place]])
            np.testing.assert_allclose(samples[place, :count], expected, rtol=0, atol=1e-5)
        assert not samples[place, count:].numpy().any()


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (2, 0), (2, 5)])
def test_rows_without_samples(shape):
    lengths = np.zeros(shape[0], "int32")
    samples, new = SpeedPerturbation(0.1)(np.zeros(shape, "float32"), lengths, training=True)
    assert samples.shape == (shape[0], 0)
    assert new.shape == lengths.shape
    noisy = AddedNoise(1.0)(np.zeros(shape, "float32"), lengths, training=True)
    np.testing.assert_array_equal(noisy, np.zeros(shape))


def decibels(samples, noisy, lengths):
    """The power of each row above that of its noise, over what is real of it."""
    pairs = zip(samples, noisy.numpy() - samples, lengths, strict=True)
    return np.array(
        [10 * np.log10((row[:n] ** 2).mean() / (noise[:n] ** 2).mean()) for row, noise, n in pairs]
    )


@pytest.mark.parametrize("with_lengths", [True, False])
def test_noise_is_15_to_50_decibels_below_what_is_real_of_a_row(with_lengths):
    lengths = RANDOM.integers(3000, 5000, 64)
    lengths[0] = 50_000  # most of the other rows is padding
    samples = tones(lengths, 441.7)
    given = [lengths] if with_lengths else []
    noisy = AddedNoise(1.0, seed=1)(samples, *given, training=True)
    found = decibels(samples, noisy, lengths)
    assert 14.8 < found.min() < 18
    assert 47 < found.max() < 50.2
    assert found.std() > 5
    for row, length in zip(noisy.numpy(), lengths, strict=True):
        assert not row[length:].any(), "padding stays 0"


def test_padding_makes_no_noise_quieter():
    """The draws of the levels come first, and are those of the row."""
    lengths = np.array([4000] * 8)
    short = tones(lengths)
    long = np.pad(short, [(0, 0), (0, 60_000)])
    found = [
        decibels(rows, AddedNoise(1.0, seed=5)(rows, lengths, training=True), lengths)
        for rows in (short, long)
    ]
    np.testing.assert_allclose(*found, atol=0.3)


def test_noise_is_white_and_its_own_in_every_row():
    samples = np.ones((2, RATE), "float32")
    noise = (AddedNoise(1.0, seed=2)(samples, np.array([RATE, RATE]), training=True) - samples).numpy()
    noise /= noise.std(axis=1, keepdims=True)
    assert np.abs(noise.mean(axis=1)).max() < 0.03
    assert np.abs((noise[:, 1:] * noise[:, :-1]).mean(axis=1)).max() < 0.03
    assert abs((noise[0] * noise[1]).mean()) < 0.03
    np.testing.assert_allclose(noise[:, : RATE // 2].std(axis=1), 1, atol=0.03)


def test_silence_stays_silence_and_only_so_many_rows_are_in_noise():
    samples = tones([400] * 2000)
    samples[::2] = 0
    noisy = AddedNoise(0.3, seed=1)(samples, np.full(2000, 400), training=True).numpy()
    assert not noisy[::2].any()
    changed = (noisy[1::2] != samples[1::2]).any(axis=1)
    assert 0.25 < changed.mean() < 0.35


def masked(layer, lengths, time, bands):
    """Where a step of training masks frames of 1: bands, and frames, `(batch, ...)` bool each."""
    mask = np.arange(time) < np.asarray(lengths)[:, None]
    frames = np.where(mask[..., None], np.ones(bands, "float32"), 0)
    kept = layer(frames, mask, training=True).numpy()
    assert set(np.unique(kept)) <= {0, 1}
    in_bands = np.array([(row[:n] == 0).all(axis=0) for row, n in zip(kept, lengths, strict=True)])
    in_time = (kept == 0).all(axis=2)
    np.testing.assert_array_equal(kept == 0, in_bands[:, None] | in_time[..., None])
    return in_bands, in_time & mask


def widths(stretches):
    """The width of the one stretch of each row."""
    edges = np.diff(np.pad(stretches.astype(int), [(0, 0), (1, 1)]), axis=1)
    assert ((edges == 1).sum(axis=1) <= 1).all(), "one stretch a row"
    return stretches.sum(axis=1)


def test_masks_are_of_every_width_up_to_the_largest_and_everywhere():
    bands, times = masked(SpecAugment(5, 8, seed=1), [60] * 3000, 60, 20)
    for found, most in ((bands, 5), (times, 8)):
        counts = np.bincount(widths(found), minlength=most + 1)
        assert len(counts) == most + 1, "none is wider"
        assert (counts > 0.7 * 3000 / (most + 1)).all()
        assert found.any(axis=0).all(), "the first and the last too"


def test_no_more_than_a_fifth_of_a_row_and_nothing_of_padding():
    lengths = np.repeat([0, 1, 4, 5, 9, 10, 14, 23, 60], 300)
    _, times = masked(SpecAugment(3, 1000, seed=1), lengths, 60, 20)
    found = widths(times)
    for length in np.unique(lengths):
        own, most = found[lengths == length], length // 5
        assert own.max() == most
        assert abs(own.mean() - most / 2) <= 0.1 * most, "none of it is spent on padding"


def test_more_masks_and_masks_as_wide_as_all_bands():
    bands, times = masked(SpecAugment(2, 4, masks=3, seed=1), [40] * 500, 40, 30)
    assert 2 < bands.sum(axis=1).max() <= 6
    assert 4 < times.sum(axis=1).max() <= 12
    bands, _ = masked(SpecAugment(100, 0, seed=1), [40] * 500, 40, 6)
    assert set(widths(bands)) == set(range(7))


def test_masks_differ_from_row_to_row_and_are_where_they_say_alone():
    layer, frames = SpecAugment(5, 8, seed=1), RANDOM.normal(size=(50, 60, 20)).astype("float32")
    found = layer(frames, np.ones((50, 60), bool), training=True).numpy()
    assert ((found == frames) | (found == 0)).all()
    assert len({row.tobytes() for row in found == 0}) > 45


def network(after):
    frames, mask = keras.Input((None, 20)), keras.Input((None,), dtype="bool")
    return keras.Model([frames, mask], SpecAugment(8, 8, after=after, seed=1, name="masks")(frames, mask))


def test_it_begins_after_so_many_steps_and_the_count_is_saved(tmp_path):
    given = [np.ones((8, 60, 20), "float32"), np.ones((8, 60), bool)]
    model = network(after=3)
    for _ in range(2):
        np.testing.assert_array_equal(model(given, training=True), given[0])
        model(given, training=False)
    assert int(model.get_layer("masks").steps) == 2
    model.save(tmp_path / "two.keras")
    model.save_weights(tmp_path / "two.weights.h5")
    new = network(after=3)
    new.load_weights(tmp_path / "two.weights.h5")
    for other in (keras.saving.load_model(tmp_path / "two.keras"), new, model):
        np.testing.assert_array_equal(other(given, training=True), given[0])
        assert not np.array_equal(other(given, training=True), given[0])
        assert int(other.get_layer("masks").steps) == 4


def test_half_of_the_rows_start_with_the_blank():
    logits = RANDOM.normal(size=(400, 9, 5)).astype("float32")
    changed = QuietStart(3, seed=1)(logits, training=True).numpy() - logits
    quiet = changed[:, 0, 0] > 1
    assert 160 < quiet.sum() < 240
    np.testing.assert_allclose(changed[quiet, :3, 0], QUIET, rtol=1e-5)
    changed[quiet, :3, 0] = 0
    assert not changed.any()
    assert QuietStart(3)(logits[:, :2], training=True).shape == (400, 2, 5)
