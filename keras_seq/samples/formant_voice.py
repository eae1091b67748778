"""A formant synthesiser: sounds of English -> samples of speech, in a given voice.

A voice and noise go through the resonances of a vocal tract one after the other, noise of friction beside
them (Klatt 1980, "Software for a cascade/parallel formant synthesizer", JASA 67); the derivative of the
glottal flow is that of Klatt and Klatt 1990 (JASA 87, the pulse of KLGLOTT88). Targets are smoothed over
time, so that neighbours colour each other. The resonators are applied to short overlapping frames in the frequency
domain: a second of speech takes milliseconds. It is clear to a recogniser, and no human voice.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_seq.samples.formant_sounds import NASAL_POLE, NOISES, PAUSE, WOMEN, Sound, sounds

RATE = 16000  # samples a second
FRAME, STEP, SPECTRUM = 256, 128, 512  # samples; what rings on after a frame has its place in the spectrum
MILLISECOND = RATE // 1000  # samples
BANDWIDTHS = (70.0, 100.0, 160.0)  # Hz, of F1, F2, F3
UPPER = {3500.0: 250.0, 4500.0: 300.0, 5500.0: 400.0, 6500.0: 500.0, 7500.0: 600.0}  # Hz; of men -> bandwidth
HIGHEST = 7600.0  # Hz; a resonance close to half the rate would be too strong
NASAL_BANDWIDTH = 100.0  # Hz
OPEN = 0.6  # part of a period in which the glottis is open
GLIDE, ATTACK, BURST, INTONATION, WANDER = 55, 14, 4, 150, 60  # ms, over which targets are smoothed
PULSE = 2048  # points of a period
NOISE = 2**18  # samples of noise, from which every utterance takes a stretch
NOISE_SEED = 80


@dataclass(frozen=True)
class Voice:
    """Who speaks.

    Args:
        name: what the voice is called.
        pitch: mean fundamental frequency, in Hz.
        tract: 0 for the formants of men, 1 for those of women, more for a shorter vocal tract.
        speed: 1 for the times of `formant_sounds`, more for faster speech.
        breath: amplitude of the noise in the voice.
        brightness: above this frequency, in Hz, the voice falls by 6 dB an octave more.
    """

    name: str
    pitch: float
    tract: float
    speed: float = 1.0
    breath: float = 0.03
    brightness: float = 3000.0


def speak(phones: Sequence[str], voice: Voice, generator: random.Random) -> np.ndarray:
    """Phones, as `formant_sounds` has them -> samples `(time,)` at `RATE`, float64, of any level.

    Args:
        phones: what is said.
        voice: who says it.
        generator: draws how long each sound is, how the pitch moves, and the noise.
    """
    tracks = _Tracks(list(sounds([PAUSE, *phones, PAUSE])), voice, generator)
    glottis, friction = _sources(tracks, voice, generator)
    centres = np.arange(0, len(tracks.zero), STEP // MILLISECOND)  # of the frames, in ms
    spectra = _spectra(glottis) * tract(tracks.formants[centres], tracks.zero[centres], voice)
    spectra += _spectra(friction) * (tracks.noises[centres] @ _noise_shapes(voice.tract))
    return _overlapped(np.fft.irfft(spectra, SPECTRUM))[STEP : STEP + len(glottis)]


class _Tracks:
    """Smoothed targets, a row a millisecond."""

    def __init__(self, parts: list[Sound], voice: Voice, generator: random.Random):
        lengths = [part.milliseconds / voice.speed * generator.uniform(0.88, 1.12) for part in parts]
        lengths[-4:-1] = [1.15 * length for length in lengths[-4:-1]]  # the end of an utterance is drawn out
        rounded = np.maximum(np.round(lengths), 1).astype(int)

        def steps(values: list) -> np.ndarray:
            return np.repeat(np.array(values, float).reshape(len(parts), -1), rounded, 0)

        men, women = steps([part.men for part in parts]), steps([part.women for part in parts])
        self.formants = _smoothed(men * (women / men) ** voice.tract, GLIDE)
        self.zero = _smoothed(steps([part.zero for part in parts]), GLIDE)[:, 0]
        sources = _smoothed(steps([(part.voicing, part.aspiration) for part in parts]), ATTACK, still=True)
        self.voicing, self.aspiration = sources.T
        self.friction = _smoothed(steps([part.friction for part in parts]), BURST, still=True)[:, 0]
        self.accent = _smoothed(steps([part.accent for part in parts]), INTONATION)[:, 0]
        self.noises = steps([[part.noise == name for name in NOISES] for part in parts])


def _smoothed(steps: np.ndarray, width: int, still: bool = False) -> np.ndarray:
    """Tracks `(time, n)` averaged over `width` rows; beyond the ends there is silence, or the same again."""
    weights = np.hanning(width + 2)[1:-1]
    weights /= weights.sum()
    padded = np.pad(steps, ((width // 2, width - 1 - width // 2), (0, 0)), "constant" if still else "edge")
    return np.stack([np.convolve(column, weights, "valid") for column in padded.T], 1)


def _sources(tracks: _Tracks, voice: Voice, generator: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """The voice with breath, and the noise of friction, each `(time,)`."""
    count = len(tracks.zero)
    wander = _smoothed(noise(count, generator)[:, None], WANDER)[:, 0]
    falling = np.linspace(1.08, 0.86, count)
    pitch = voice.pitch * falling * (1 + 0.14 * tracks.accent) * (1 + 0.05 * wander)
    phase = np.cumsum(_upsampled(pitch)) / RATE % 1
    voicing = _upsampled(tracks.voicing)
    breath = _upsampled(tracks.aspiration) + voice.breath * voicing * (phase < OPEN)
    pulses = _pulse(int(RATE / 2 / voice.pitch), voice.brightness / voice.pitch)
    glottis = voicing * pulses[(phase * PULSE).astype(int)] + breath * noise(len(phase), generator)
    return glottis, _upsampled(tracks.friction) * noise(len(phase), generator)


def _upsampled(track: np.ndarray) -> np.ndarray:
    """A track of milliseconds -> of samples, on straight lines."""
    steps = np.diff(track, append=track[-1])
    return (track[:, None] + steps[:, None] * (np.arange(MILLISECOND) / MILLISECOND)).ravel()


@functools.lru_cache(64)
def _pulse(harmonics: int, brightest: float) -> np.ndarray:
    """A period of the derivative of the glottal flow, without what is above half the rate, RMS 1."""
    opening = np.arange(PULSE) / PULSE / OPEN
    spectrum = np.fft.rfft(np.where(opening < 1, 2 * opening - 3 * opening**2, 0))
    spectrum[harmonics + 1 :] = 0
    pulse = np.fft.irfft(spectrum / (1 + 1j * np.arange(len(spectrum)) / brightest), PULSE)
    return pulse / np.sqrt(np.mean(pulse**2))


def tract(formants: np.ndarray, zero: np.ndarray, voice: Voice) -> np.ndarray:
    """The transfer function of the vocal tract of each frame `(frames, SPECTRUM // 2 + 1)`, complex.

    Args:
        formants: F1, F2, F3 of each frame, in Hz, `(frames, 3)`.
        zero: frequency of the nasal zero of each frame, in Hz, `(frames,)`.
        voice: its upper formants hold for all frames.
    """
    poles = np.ones((len(zero), 1))
    for place, bandwidth in enumerate(BANDWIDTHS):
        poles = _product(poles, _resonator(formants[:, place], bandwidth))
    spectra = _response(_resonator(zero, NASAL_BANDWIDTH))
    spectra /= _response(poles)
    spectra *= _fixed(voice.tract)
    return spectra


@functools.lru_cache(64)
def _fixed(shorter: float) -> np.ndarray:
    """The part of the transfer function that is the same at all times: upper formants and the nasal pole."""
    poles = _resonator(np.array([NASAL_POLE]), NASAL_BANDWIDTH)
    for frequency, bandwidth in UPPER.items():
        if frequency * WOMEN**shorter < HIGHEST:
            poles = _product(poles, _resonator(np.array([frequency * WOMEN**shorter]), bandwidth))
    return 1 / _response(poles)


def _resonator(frequency: np.ndarray, bandwidth: float) -> np.ndarray:
    """The polynomials `(frames, 3)` of z^-1 below Klatt's resonator, which has gain 1 at 0 Hz."""
    radius = np.exp(-np.pi * bandwidth / RATE)
    rows = np.stack(
        [
            np.ones(len(frequency)),
            -2 * radius * np.cos(2 * np.pi * frequency / RATE),
            np.full(len(frequency), radius**2),
        ],
        1,
    )
    return rows / rows.sum(1, keepdims=True)


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The products of polynomials, row by row."""
    result = np.zeros((len(left), left.shape[1] + right.shape[1] - 1))
    for power in range(right.shape[1]):
        result[:, power : power + left.shape[1]] += left * right[:, power : power + 1]
    return result


def _response(polynomials: np.ndarray) -> np.ndarray:
    """Polynomials of z^-1 `(frames, n)` at each frequency of a spectrum `(frames, bins)`, complex."""
    return (polynomials @ _powers(polynomials.shape[1]).view(float)).view(complex)


@functools.cache
def _powers(count: int) -> np.ndarray:
    return np.exp(-2j * np.pi * np.outer(np.arange(count), np.arange(SPECTRUM // 2 + 1)) / SPECTRUM)


@functools.lru_cache(64)
def _noise_shapes(shorter: float) -> np.ndarray:
    """The spectrum of each noise of friction `(noises, bins)`; white noise has RMS 1 behind it."""
    bins = np.arange(SPECTRUM // 2 + 1) * RATE / SPECTRUM
    longest = 1.05**shorter  # the cavity before the constriction differs less than the whole tract
    shapes = np.stack(
        [
            sum(
                level / (1 + ((bins - peak * longest) / (width / 2)) ** 2) ** 0.5
                for peak, width, level in peaks
            )
            for peaks in NOISES.values()
        ]
    )
    return shapes / np.sqrt(np.mean(shapes**2, 1, keepdims=True))


def noise(length: int, generator: random.Random) -> np.ndarray:
    """White noise `(length,)` with RMS 1; a stretch of a fixed noise that begins anywhere."""
    start = generator.randrange(NOISE - length)
    return _noise()[start : start + length]


def pink_noise(length: int, generator: random.Random) -> np.ndarray:
    """Noise `(length,)` with RMS 1 and as much power in every octave above 50 Hz, as that of rooms."""
    start = generator.randrange(NOISE - length)
    return _pink_noise()[start : start + length]


@functools.cache
def _noise() -> np.ndarray:
    return np.random.RandomState(NOISE_SEED).standard_normal(NOISE)  # its numbers never change


@functools.cache
def _pink_noise() -> np.ndarray:
    lowest = 50 * NOISE // RATE  # 50 Hz
    spectrum = np.fft.rfft(_noise())
    result = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), lowest)))
    return result / np.sqrt(np.mean(result**2))


def _spectra(samples: np.ndarray) -> np.ndarray:
    """Samples `(time,)` -> the spectrum of each frame, the first of which is centred on the first sample."""
    frames = -(-len(samples) // STEP)
    padded = np.pad(samples, (STEP, frames * STEP + FRAME - STEP - len(samples)))
    windows = np.zeros((frames, SPECTRUM))
    windows[:, :FRAME] = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[: frames * STEP : STEP]
    windows[:, :FRAME] *= 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    return np.fft.rfft(windows)


def _overlapped(pieces: np.ndarray) -> np.ndarray:
    """The sum of pieces `(frames, SPECTRUM)`, each `STEP` behind the one before."""
    parts = SPECTRUM // STEP
    result = np.zeros((len(pieces) + parts - 1, STEP))
    for part in range(parts):
        result[part : part + len(pieces)] += pieces[:, part * STEP : (part + 1) * STEP]
    return result.ravel()
