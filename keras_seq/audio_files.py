"""Files of sounds -> WAV files, which models take: FLAC, MP3, Ogg and what else libsndfile reads.

The samples stay what they are: rate and channels are those of the file. Where tensorflow-io is installed, its
ops decode FLAC, MP3 and Vorbis; soundfile (libsndfile) decodes the rest, and all where it is not.
"""

from __future__ import annotations

import functools
import io
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_seq import mp3
from keras_seq.errors import DataError

if TYPE_CHECKING:
    import numpy as np

FLAC, MP3, OGG = "FLAC", "MP3", "Ogg"
# How files begin; WAV files (RIFF) and unknown ones are none of them.
_BEGINNINGS = {
    b"fLaC": FLAC,
    b"OggS": OGG,
    b"ID3": MP3,
    b"RF64": "RF64",
    b"riff\x2e\x91\xcf\x11": "Wave64",
    b".snd": "AU",
    b"caff": "CAF",
    b"NIST_1A\n": "SPHERE",
}
_AIFF = {b"AIFF", b"AIFC"}
# The second byte of a frame without its last bit: MPEG 2.5, 2 and 1, layer III and II. Layer I would begin as
# UTF-16 text does.
_MPEG_FRAMES = {0x71, 0x72, 0x79, 0x7A, 0x7D, 0x7E}
_IN_16_BITS = {"PCM_16", "PCM_S8", "PCM_U8", "ULAW", "ALAW"}  # what libsndfile calls samples that fit
_MOST_MISSING = 2 * 1152  # samples; MP3 files may be wrong about their length by so much
_BLOCK = 2**20  # samples read at once


class Sound(NamedTuple):
    """Decoded sound.

    Attributes:
        samples: `(time, channels)`, int16, or float32 where that is more exact, from -1 to 1.
        rate: samples a second.
    """

    samples: np.ndarray
    rate: int


def as_wav(contents: bytes) -> bytes:
    """The bytes of a sound's file -> a WAV file of 16-bit, or where that is more exact float, samples.

    WAV files, and bytes of no kind that is known, are given back as they are.

    Raises:
        DataError: when the sound cannot be decoded, or ends before the file says so.
    """
    kind = kind_of(contents)
    if not kind:
        return contents
    sound = by_tensorflow_io(contents, kind) or by_soundfile(contents, kind)
    if not len(sound.samples):
        raise DataError(f"the {kind} data has no samples")
    return wav(sound)


def kind_of(contents: bytes) -> str:
    """What a file is by its first bytes, such as "FLAC"; "" for a WAV file, or nothing that is known."""
    if contents[:4] == b"FORM" and contents[8:12] in _AIFF:
        return "AIFF"
    if contents[:1] == b"\xff" and contents[1:2] and contents[1] >> 1 in _MPEG_FRAMES:
        return MP3
    return next((kind for beginning, kind in _BEGINNINGS.items() if contents.startswith(beginning)), "")


def by_soundfile(contents: bytes, kind: str) -> Sound:
    """A sound as libsndfile decodes it.

    Raises:
        DataError: when it cannot, or does not get to the end.
    """
    import numpy as np
    import soundfile

    tells_length = kind != MP3 or mp3.tells_length(contents)
    stream = io.BytesIO(contents if tells_length else mp3.told(contents))
    try:
        with soundfile.SoundFile(stream) as file:
            kept = "int16" if file.subtype in _IN_16_BITS else "float32"
            blocks = [file.read(_BLOCK, kept, always_2d=True)]
            while len(blocks[-1]):
                blocks.append(file.read(_BLOCK, kept, always_2d=True))
            rate, expected = file.samplerate, file.frames
    except soundfile.LibsndfileError as error:
        raise DataError(f"the {kind} data cannot be decoded: {_why(error.error_string)}") from None
    samples = np.concatenate(blocks)
    if tells_length and len(samples) < expected - _MOST_MISSING:
        raise DataError(f"the {kind} data is cut off: it has {len(samples)} of {expected} samples")
    return Sound(samples, rate)


def by_tensorflow_io(contents: bytes, kind: str) -> Sound | None:
    """A sound as tensorflow-io's ops decode it; None where they do not."""
    audio = _tensorflow_io()
    if audio is None or kind not in (FLAC, MP3, OGG):
        return None
    import numpy as np
    import soundfile
    import tensorflow as tf

    try:
        about = soundfile.info(io.BytesIO(contents))
        if kind == FLAC:
            types = {"PCM_S8": tf.uint8, "PCM_16": tf.int16, "PCM_24": tf.int32}
            samples = audio.decode_flac(contents, dtype=types[about.subtype]).numpy()
            if samples.dtype == np.uint8:  # 8 bits, of which 128 is 0
                samples = (samples.astype(np.int16) - 128) << 8
            elif samples.dtype == np.int32:  # 24 bits, above 8 that are 0
                samples = (samples / 2**31).astype(np.float32)
        elif kind == MP3:
            samples = audio.decode_mp3(contents).numpy()
            samples = samples if mp3.tells_length(contents) else samples[mp3.DECODER_DELAY :]
        else:
            samples = audio.decode_vorbis(contents).numpy()
    except (tf.errors.OpError, NotImplementedError, KeyError, soundfile.LibsndfileError):
        return None  # NotImplementedError: it is installed, and not made for this TensorFlow
    return Sound(samples, about.samplerate)


def wav(sound: Sound) -> bytes:
    """Decoded sound as a WAV file."""
    samples = sound.samples
    channels, width = samples.shape[1], samples.dtype.itemsize
    is_float = samples.dtype.kind == "f"
    format = struct.pack(
        "<HHIIHH",
        3 if is_float else 1,
        channels,
        sound.rate,
        sound.rate * channels * width,
        channels * width,
        8 * width,
    )
    chunks = [(b"fmt ", format)]
    if is_float:  # which the specification wants for all that is not PCM
        chunks = [(b"fmt ", format + b"\0\0"), (b"fact", struct.pack("<I", len(samples)))]
    chunks.append((b"data", samples.astype(samples.dtype.newbyteorder("<")).tobytes()))
    body = b"".join(name + struct.pack("<I", len(chunk)) + chunk for name, chunk in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def _why(error: str) -> str:
    """What libsndfile says; of MP3 data without a whole frame it says that there is no such file."""
    return "no sound in it" if "File does not exist" in error else error.removeprefix("Error : ").rstrip(".")


@functools.cache
def _tensorflow_io() -> Any:
    """tensorflow-io's ops of sound; None where it is not installed."""
    try:
        import tensorflow_io
    except ImportError:
        return None
    return tensorflow_io.audio


def milliseconds(path: str) -> float | None:
    """How long the sound in a file is; None where its header does not say, or is not known."""
    import soundfile

    try:
        found = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError, TypeError):
        return None
    return 1000 * found.frames / found.samplerate if found.samplerate else None
