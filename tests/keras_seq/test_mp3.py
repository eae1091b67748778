"""MP3 files without a frame that says how long they are."""

import io

import numpy as np
import pytest
import soundfile
from sound_files import encoded, without_first_frame

from keras_seq import mp3

RATES = [8000, 11025, 16000, 24000, 32000, 44100]  # of MPEG 2.5, 2 and 1


def sound(rate, channels):
    """A tone that becomes noise: a variable bit rate begins low, and is high at the end."""
    random, time = np.random.default_rng(1), np.arange(int(1.5 * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * 300 * time)
    noise = 0.05 * random.normal(size=(len(time), channels))
    return tone[:, None] + noise * (time > 0.75)[:, None]


def read(contents):
    with soundfile.SoundFile(io.BytesIO(contents)) as file:
        blocks = [file.read(2**16, always_2d=True)]
        while len(blocks[-1]):
            blocks.append(file.read(2**16, always_2d=True))
    return np.concatenate(blocks)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_a_file_that_does_not_tell_its_length_is_read_to_its_end(rate, channels):
    whole = encoded("MP3", rate=rate, samples=sound(rate, channels), bitrate_mode="VARIABLE")
    cut = without_first_frame(whole)
    assert mp3.tells_length(whole)
    assert not mp3.tells_length(cut)
    expected = sound(rate, channels)
    assert len(soundfile.read(io.BytesIO(cut))[0]) < 0.9 * len(expected), "libsndfile guesses wrong"
    found = read(mp3.told(cut))
    # What an encoder adds in front and behind stays, as the file does not tell it: up to three frames.
    assert 0 <= len(found) - len(expected) < 3 * 1152
    assert np.std(found[-len(expected) // 4 :]) == pytest.approx(
        np.std(expected[-len(expected) // 4 :]), rel=0.2
    )


@pytest.mark.parametrize("size", [0, 5, 300])
def test_tags_before_the_frames_are_passed_over(size):
    whole = encoded("MP3")
    tag = b"ID3\x03\0\0" + bytes([0, 0, size >> 7, size & 127]) + b"\xff\xfb\x90\xc4"[:size].ljust(size, b"x")
    assert mp3.tells_length(tag + whole)
    assert mp3.tells_length(tag + tag + whole)
    assert not mp3.tells_length(tag + without_first_frame(whole))
    assert mp3.told(tag + without_first_frame(whole)) == mp3.told(without_first_frame(whole))


@pytest.mark.parametrize("contents", [b"", b"ID3", b"ID3\3\0\0\0\0\0\5abc", b"\xff\xfb", b"no frame at all"])
def test_where_there_is_no_frame_there_is_nothing_to_tell(contents):
    assert mp3.tells_length(contents)
