"""Files of sounds as WAV files; two decoders that say the same."""

import concurrent.futures
import io
import wave

import numpy as np
import pytest
import soundfile
from sound_files import encoded, tones, without_first_frame

from keras_seq import audio_files
from keras_seq.audio_files import as_wav, by_soundfile, by_tensorflow_io, kind_of
from keras_seq.errors import DataError

# Samples of lossy formats: two programs of the same arithmetic in float32, whose steps of a full swing are 1.2e-7,
# and some tens of additions a sample.
LOSSY = 2e-6


def decoded(contents):
    """What soundfile reads of a WAV file, and its rate."""
    return soundfile.read(io.BytesIO(as_wav(contents)), always_2d=True)


needs_tensorflow_io = pytest.mark.skipif(
    audio_files._tensorflow_io() is None, reason="tensorflow-io is not of this stack"
)
EXACT = [("PCM_S8", 2**-7), ("PCM_16", 2**-15), ("PCM_24", 2**-23)]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("subtype", "step"), EXACT)
def test_flac_becomes_the_same_samples(subtype, step, channels):
    contents = encoded("FLAC", subtype, 22050, channels)
    samples, rate = decoded(contents)
    assert rate == 22050
    expected, _ = soundfile.read(io.BytesIO(contents), always_2d=True)
    np.testing.assert_array_equal(samples, expected)
    assert np.abs(samples - tones(22050, channels)).max() < 2 * step


def test_sixteen_bits_stay_sixteen_and_more_become_float():
    for subtype, kind in {"PCM_16": "PCM_16", "PCM_24": "FLOAT"}.items():
        assert soundfile.info(io.BytesIO(as_wav(encoded("FLAC", subtype)))).subtype == kind
    with wave.open(io.BytesIO(as_wav(encoded("FLAC", rate=8000, channels=2)))) as file:
        found = file.getnchannels(), file.getframerate(), file.getsampwidth(), file.getnframes()
    assert found == (2, 8000, 2, 5600)


LOSSY_FILES = {
    "mp3": encoded("MP3"),
    "mp3 stereo 44.1 kHz": encoded("MP3", rate=44100, channels=2),
    "mp3 constant": encoded("MP3", rate=24000, bitrate_mode="CONSTANT"),
    "mp3 tagged": b"ID3\3\0\0\0\0\1\0" + bytes(128) + encoded("MP3"),
    "vorbis": encoded("OGG", "VORBIS"),
    "vorbis stereo": encoded("OGG", "VORBIS", 48000, 2),
}


@pytest.mark.parametrize("name", LOSSY_FILES)
def test_lossy_formats_are_as_long_as_what_was_encoded_and_alike(name):
    """An encoder's delay is taken off again: the tones are where they were."""
    samples, rate = decoded(LOSSY_FILES[name])
    expected = tones(rate, samples.shape[1])
    assert samples.shape == expected.shape
    assert np.corrcoef(samples.ravel(), expected.ravel())[0, 1] > 0.98


@needs_tensorflow_io
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("subtype", [subtype for subtype, _ in EXACT])
def test_both_decoders_give_the_same_flac(subtype, channels):
    contents = encoded("FLAC", subtype, channels=channels)
    one, other = by_tensorflow_io(contents, "FLAC"), by_soundfile(contents, "FLAC")
    assert one.rate == other.rate
    assert one.samples.dtype == other.samples.dtype
    np.testing.assert_array_equal(one.samples, other.samples)


@needs_tensorflow_io
@pytest.mark.parametrize("name", [*LOSSY_FILES, "mp3 without a length", "mp3 constant without a length"])
def test_both_decoders_give_nearly_the_same_of_lossy_formats(name):
    whole = name.removesuffix(" without a length")
    contents = LOSSY_FILES[whole] if whole == name else without_first_frame(LOSSY_FILES[whole])
    one, other = (of(contents, kind_of(contents)) for of in (by_tensorflow_io, by_soundfile))
    assert one.rate == other.rate
    assert one.samples.dtype == other.samples.dtype == np.float32
    assert one.samples.shape == other.samples.shape
    np.testing.assert_allclose(one.samples, other.samples, rtol=0, atol=LOSSY)


@needs_tensorflow_io
def test_what_tensorflow_io_does_not_know_is_for_soundfile():
    for contents in (encoded("OGG", "OPUS"), encoded("AIFF"), b"fLaC damaged"):
        assert by_tensorflow_io(contents, kind_of(contents)) is None


OTHERS = ["AIFF", "AU", "CAF", "NIST", "RF64", "W64"]


@pytest.mark.parametrize("format", OTHERS)
def test_other_formats_become_the_same_samples(format):
    contents = encoded(format, "PCM_16", channels=2)
    assert kind_of(contents)
    samples, rate = decoded(contents)
    assert rate == 16000
    np.testing.assert_array_equal(samples, soundfile.read(io.BytesIO(contents))[0])


def test_opus_is_decoded():
    samples, rate = decoded(encoded("OGG", "OPUS"))
    assert len(samples) == pytest.approx(0.7 * rate, abs=1)


UNKNOWN = [
    b"",
    b"\xff",
    "UTF-16".encode("utf-16"),
    b"FORMULA ONE IS LOUD",
    b"\xff\xd8\xff\xe0\0\x10JFIF",
    b"\0\0\0 ftypM4A ",
    encoded("WAV"),
    encoded("WAV", "FLOAT"),
    b"RIFF",
]


@pytest.mark.parametrize("contents", UNKNOWN, ids=range(len(UNKNOWN)))
def test_wav_files_and_unknown_bytes_are_left_as_they_are(contents):
    assert as_wav(contents) is contents


NOISY = encoded("MP3", rate=16000)
DAMAGED = {
    "FLAC, cut off": encoded("FLAC")[:9000],
    "FLAC, a header": encoded("FLAC")[:42],
    "FLAC, overwritten": encoded("FLAC")[:6000] + b"overwritten" * 30 + encoded("FLAC")[6330:],
    "MP3, cut off": NOISY[: len(NOISY) // 2],
    "MP3, a header": NOISY[:40],
    "MP3, foreign": b"ID3 no more than a text",
    "Ogg, a header": encoded("OGG", "VORBIS")[:60],
    "Ogg, cut off": encoded("OGG", "VORBIS")[:3000],
    "Ogg, foreign": b"OggS but nothing else",
    "AIFF, foreign": b"FORM\0\0\0\0AIFF is a format",
    "SPHERE, foreign": b"NIST_1A\n   1024\nnone",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_cannot_be_decoded_is_named(name):
    kind = name.partition(",")[0]
    with pytest.raises(
        DataError,
        match=rf"^the {kind} data (cannot be decoded: [^<>]+\w|is cut off: it has .*|has no samples)$",
    ):
        as_wav(DAMAGED[name])


def test_a_file_that_is_followed_by_something_is_decoded():
    for contents in (encoded("FLAC"), encoded("MP3")):
        assert len(decoded(contents + b"TAG" + bytes(125))[0]) == int(0.7 * 16000)


def test_many_files_are_decoded_at_once():
    """As a batch is read, in threads."""
    contents = [LOSSY_FILES["mp3"], LOSSY_FILES["vorbis"], encoded("FLAC")] * 20
    alone = [as_wav(one) for one in contents[:3]]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(as_wav, contents)) == alone * 20
