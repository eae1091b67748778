"""Resampling, compared with its formula, with SciPy's and SoX's, and with the tones that must come out."""

import math

import numpy as np
import pytest
import scipy.signal
import soxr
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.preprocessing import resampling

TO_RATE = 16_000
RATES = (1000, 8000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000)
ODD_RATES = (1001, 15_999, 44_056, 47_952)  # with a small divisor in common with 16 kHz, or none
LOUDNESS = 0.5


@pytest.fixture(scope="module")
def resampled():
    """Samples and their rate -> samples at 16 kHz, as a graph whose input's rate is not known before."""
    spec = [tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32)]
    function = tf.function(
        lambda samples, rate: resampling.resampled(samples, rate, TO_RATE), spec, autograph=False
    )
    return lambda samples, rate: function(np.asarray(samples, np.float32), rate).numpy()


def noise(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-LOUDNESS, LOUDNESS, count).astype(np.float32)


def tone(frequency: float, rate: int, count: int) -> np.ndarray:
    return LOUDNESS * np.sin(2 * np.pi * frequency * np.arange(count) / rate)


def windowed_sinc(times: np.ndarray) -> np.ndarray:
    """At times in samples of the lower rate: of 70 dB between 0.45 and 0.5 of it, by Kaiser's formulas."""
    half_width, beta = 44, 0.1102 * (70 - 8.7)
    inside = np.abs(times) < half_width
    weights, times = np.zeros(times.shape), times[inside]
    window = np.i0(beta * np.sqrt(1 - (times / half_width) ** 2)) / np.i0(beta)
    weights[inside] = 0.95 * np.sinc(0.95 * times) * window
    return weights


def by_the_formula(samples: np.ndarray, rate: int, to_rate: int = TO_RATE) -> np.ndarray:
    count = math.ceil(len(samples) * to_rate / rate)
    apart = np.arange(count)[:, None] * rate - np.arange(len(samples)) * to_rate
    lower, higher = sorted([rate, to_rate])
    return windowed_sinc(apart / higher) @ samples.astype(float) * lower / rate


def middle(samples: np.ndarray) -> np.ndarray:
    """Without the ends, where the filter reaches beyond the sound."""
    reach = math.ceil(resampling.HALF_WIDTH * TO_RATE / 1000)
    return samples[min(reach, len(samples) // 4) :][: -min(reach, len(samples) // 4)]


@pytest.mark.parametrize("rate", [*RATES, *ODD_RATES])
def test_it_is_the_sum_of_the_formula(resampled, rate):
    samples = noise(max(700 * rate // TO_RATE, 100))
    np.testing.assert_allclose(resampled(samples, rate), by_the_formula(samples, rate), atol=2e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 40, 441])
@pytest.mark.parametrize("rate", [8000, 44_100, 191_999])
def test_a_few_samples(resampled, rate, count):
    samples = noise(count)
    np.testing.assert_allclose(resampled(samples, rate), by_the_formula(samples, rate), atol=2e-6)


def test_at_the_same_rate_every_bit_stays(resampled):
    samples = noise(1000)
    assert resampled(samples, TO_RATE).tobytes() == samples.tobytes()


@pytest.mark.parametrize("rate", [8000, TO_RATE, 44_100])
def test_nothing_stays_nothing(resampled, rate):
    assert resampled([], rate).shape == (0,)


@tried_on(30)
@given(
    count=st.integers(0, 300),
    rate=st.one_of(st.sampled_from(RATES), st.integers(1000, 192_000)),
    seed=st.integers(0),
)
def test_any_rate_gives_all_samples_until_the_end(resampled, count, rate, seed):
    samples = noise(count, seed)
    result = resampled(samples, rate)
    assert result.shape == (-(-count * TO_RATE // rate),)
    assert resampling.resampled_counts(tf.constant([count]), tf.constant([rate]), TO_RATE) == len(result)
    np.testing.assert_allclose(result, by_the_formula(samples, rate), atol=2e-6)


@pytest.mark.parametrize("rate", RATES)
def test_tones_up_to_0_45_of_the_lower_rate_keep_their_strength_and_place(resampled, rate):
    """To 0.01 dB."""
    for part in (0.01, 0.1, 0.2, 0.3, 0.4, 0.44, 0.45):
        frequency = part * min(rate, TO_RATE)
        result = resampled(tone(frequency, rate, rate), rate)
        expected = tone(frequency, TO_RATE, TO_RATE)
        np.testing.assert_allclose(middle(result), middle(expected), atol=LOUDNESS * (10 ** (0.01 / 20) - 1))


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate > TO_RATE])
def test_tones_that_16_khz_cannot_hold_are_gone(resampled, rate):
    """By more than 69 dB; anything that is left would be heard at another pitch."""
    for frequency in np.linspace(TO_RATE / 2 + 1, rate / 2, 20):
        result = middle(resampled(tone(frequency, rate, rate), rate))
        assert np.abs(result).max() < LOUDNESS * 10 ** (-69 / 20), frequency


@pytest.mark.parametrize("rate", [8000, 11_025])
def test_tones_that_were_not_there_do_not_come(resampled, rate):
    """Above the half of the rate that was; the window is that of the measurement."""
    result = middle(resampled(noise(3 * rate), rate))
    powers = np.abs(np.fft.rfft(result * np.kaiser(len(result), 14))) ** 2
    frequencies = np.fft.rfftfreq(len(result), 1 / TO_RATE)
    assert powers[frequencies > rate / 2 + 20].max() < 10 ** (-66 / 10) * powers[frequencies < rate / 2].max()


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100, 48_000])
def test_it_is_scipys_with_the_same_filter(resampled, rate):
    divisor = math.gcd(rate, TO_RATE)
    up, down = TO_RATE // divisor, rate // divisor
    reach = 44 * max(up, down)
    weights = windowed_sinc(np.arange(-reach, reach + 1) / max(up, down)) / max(up, down)
    samples = noise(rate // 5)
    expected = scipy.signal.resample_poly(samples.astype(float), up, down, window=weights)
    np.testing.assert_allclose(resampled(samples, rate), expected, atol=2e-6)


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000])
def test_it_is_what_sox_gives_of_what_both_keep(resampled, rate):
    """To 0.0003 of a sound of 0.5 without tones above 0.45 of the lower rate."""
    cut = scipy.signal.firwin(801, 0.43 * min(rate, TO_RATE), fs=rate)
    samples = scipy.signal.lfilter(cut, 1, noise(rate)).astype(np.float32)
    expected = soxr.resample(samples, rate, TO_RATE, "VHQ")
    np.testing.assert_allclose(middle(resampled(samples, rate)), middle(expected), atol=3e-4)


@pytest.mark.parametrize(("to_rate", "count"), [(8000, 500), (22_050, 500), (44_100, 500), (7919, 20)])
def test_other_rates_than_16_khz(to_rate, count):
    samples = noise(count)
    result = tf.function(resampling.resampled, autograph=False)(samples, tf.constant(12_000), to_rate)
    np.testing.assert_allclose(result, by_the_formula(samples, 12_000, to_rate), atol=2e-6)
