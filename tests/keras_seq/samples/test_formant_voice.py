"""The formant synthesiser: its filters are Klatt's, its vowels have the formants that were asked for."""

import random

import numpy as np
import pytest

from keras_seq.samples import formant_voice
from keras_seq.samples.formant_sounds import VOWELS
from keras_seq.samples.formant_voice import RATE, SPECTRUM, Voice, speak, tract

MAN, WOMAN = Voice("man", 110, 0.0), Voice("woman", 190, 1.0)


def middle(phone, voice):
    """A tenth of a second from a phone that is held."""
    samples = speak([phone] * 4, voice, random.Random(3))
    return samples[len(samples) // 2 - RATE // 20 : len(samples) // 2 + RATE // 20]


def formants(samples, order=20):
    """The resonances of a stretch of speech in Hz, lowest first: linear prediction by autocorrelation."""
    emphasised = np.append(samples[0], samples[1:] - 0.9 * samples[:-1]) * np.hamming(len(samples))
    correlation = np.correlate(emphasised, emphasised, "full")[len(samples) - 1 :]
    matrix = np.array([[correlation[abs(i - j)] for j in range(order)] for i in range(order)])
    coefficients = np.linalg.solve(matrix + 1e-9 * correlation[0] * np.eye(order), correlation[1 : order + 1])
    roots = np.roots(np.append(1, -coefficients))
    frequencies, bandwidths = np.angle(roots) * RATE / 2 / np.pi, -np.log(np.abs(roots)) * RATE / np.pi
    return np.sort(frequencies[(frequencies > 150) & (bandwidths < 500)])[:3]


def resonator(samples, frequency, bandwidth, inverse=False):
    """Klatt 1980, equations 1 to 4, sample by sample."""
    c = -np.exp(-2 * np.pi * bandwidth / RATE)
    b = 2 * np.exp(-np.pi * bandwidth / RATE) * np.cos(2 * np.pi * frequency / RATE)
    a = 1 - b - c
    result = [0.0, 0.0]
    before = [0.0, 0.0, *samples]
    for place, x in enumerate(samples):
        if inverse:
            result.append((x - b * before[place + 1] - c * before[place]) / a)
        else:
            result.append(a * x + b * result[-1] + c * result[-2])
    return np.array(result[2:])


def test_the_vocal_tract_is_a_cascade_of_resonators():
    impulse = np.zeros(4096)
    impulse[0] = 1
    for bandwidth, frequency in zip((70, 100, 160), (480, 1270, 2130), strict=True):
        impulse = resonator(impulse, frequency, bandwidth)
    for frequency, bandwidth in formant_voice.UPPER.items():
        impulse = resonator(impulse, frequency, bandwidth)
    impulse = resonator(resonator(impulse, 270, 100), 600, 100, inverse=True)
    expected = np.fft.rfft(impulse)[:: 4096 // SPECTRUM]
    found = tract(np.array([[480.0, 1270.0, 2130.0]]), np.array([600.0]), MAN)
    np.testing.assert_allclose(found[0], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("voice", [MAN, WOMAN], ids=["man", "woman"])
@pytest.mark.parametrize("name", VOWELS)
def test_vowels_have_the_formants_of_the_table(name, voice):
    """F1 is only known to the nearest harmonics of the voice; so half the pitch is let pass."""
    found, expected = formants(middle(name + "1", voice)), VOWELS[name][voice is WOMAN]
    assert abs(found[0] - expected[0]) < voice.pitch / 2
    np.testing.assert_allclose(found[1:], expected[1:], rtol=0.07)


def test_the_pitch_is_the_voices():
    for voice in (MAN, WOMAN):
        samples = middle("aa1", voice)
        correlation = np.correlate(samples, samples, "full")[len(samples) - 1 :]
        shortest, longest = RATE // 400, RATE // 70
        period = shortest + np.argmax(correlation[shortest:longest])
        assert RATE / period == pytest.approx(voice.pitch, rel=0.2)


@pytest.mark.parametrize(("phone", "lowest", "highest"), [("s", 5000, 8000), ("sh", 2300, 4500)])
def test_sibilants_have_their_peaks(phone, lowest, highest):
    power = np.abs(np.fft.rfft(middle(phone, MAN))) ** 2
    smooth = np.convolve(power, np.hanning(61), "same")
    assert lowest < np.argmax(smooth) * RATE / 1600 < highest


def test_frames_that_are_not_filtered_are_the_samples_again():
    samples = random_samples = np.random.default_rng(2).normal(size=1000)
    pieces = np.fft.irfft(formant_voice._spectra(samples), SPECTRUM)
    found = formant_voice._overlapped(pieces)[formant_voice.STEP :][: len(samples)]
    np.testing.assert_allclose(
        found[: -formant_voice.STEP], random_samples[: -formant_voice.STEP], atol=1e-12
    )


def test_speech_is_the_same_for_the_same_seed_and_another_for_another():
    phones = ["s", "ih1", "k", "s"]
    once, again, other = (speak(phones, MAN, random.Random(seed)) for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert len(other) != len(once)


def test_a_faster_voice_is_shorter_and_a_breathy_one_has_more_noise():
    phones = ["m", "iy1", "aa1"]
    slow, fast = (speak(phones, Voice("v", 110, 0, speed), random.Random(1)) for speed in (0.8, 1.2))
    assert len(slow) / len(fast) == pytest.approx(1.5, rel=0.01)
    high = [
        np.abs(np.fft.rfft(middle("aa1", Voice("v", 110, 0, breath=breath))))[500:].mean()
        for breath in (0, 0.3)
    ]
    assert high[1] > 1.5 * high[0]


def test_there_is_silence_in_a_closure_and_at_the_ends():
    samples = speak(["aa1", "t", "aa1"], MAN, random.Random(1))
    level = np.convolve(samples**2, np.ones(320) / 320, "same")
    quiet = level < 1e-3 * level.max()
    turns = np.flatnonzero(np.diff(quiet.astype(int)))
    assert quiet[0]
    assert quiet[-1]
    assert len(turns) >= 4
