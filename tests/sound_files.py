"""What the tests of sounds share: tones in noise, in files of every kind."""

import io

import numpy as np
import soundfile


def tones(rate, channels, seconds=0.7):
    """Two tones and noise, another in each channel, `(time, channels)`."""
    random, time = np.random.default_rng(1), np.arange(int(seconds * rate)) / rate
    columns = [
        0.3 * np.sin(2 * np.pi * 440 * (place + 1) * time) + 0.1 * np.sin(2 * np.pi * 1234 * time)
        for place in range(channels)
    ]
    return np.stack(columns, axis=1) + 0.02 * random.normal(size=(len(time), channels))


def encoded(format, subtype=None, rate=16000, channels=1, samples=None, **settings):
    """Samples, or else tones, as the bytes of a file that libsndfile writes."""
    stream = io.BytesIO()
    samples = tones(rate, channels) if samples is None else samples
    soundfile.write(stream, samples, rate, format=format, subtype=subtype, **settings)
    return stream.getvalue()


def without_first_frame(mp3):
    """An MP3 file without its first frame, which says how long it is: from the next one of the same rate."""
    start = mp3.find(mp3[:2], 8)
    while (mp3[start + 2] & 12) != (mp3[2] & 12):
        start = mp3.find(mp3[:2], start + 1)
    return mp3[start:]
