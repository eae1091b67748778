"""WAV files at the edges: what is good has no problem, what is damaged has one, and no two are alike."""

import io
import wave

import numpy as np
import tensorflow as tf

from keras_seq.answers import wav_edges
from keras_seq.preprocessing import WavSamples

SECONDS = [1, 0.01, 5, 250 / 500, 4000 / 44100, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25]


def test_good_files_are_read_whole_whatever_their_header():
    sounds = wav_edges.good()
    found = WavSamples()(tf.constant(sounds))
    assert set(found["problem"].numpy().tolist()) == {b""}
    np.testing.assert_allclose(found["lengths"].numpy() / wav_edges.RATE, SECONDS, atol=1e-3)
    assert len(set(sounds)) == len(sounds)


def test_damaged_files_have_a_problem():
    found = WavSamples()(tf.constant(wav_edges.damaged()))
    assert all(found["problem"].numpy().tolist())
    assert not found["lengths"].numpy().any()


def test_a_file_is_what_others_write():
    samples = [0.0, 0.5, -0.5, 1.0]
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(wav_edges.RATE)
        file.writeframes(np.round(np.array(samples) * 32767).astype("<i2").tobytes())
    assert wav_edges.wav(samples) == stream.getvalue()
