"""WAV bytes -> samples at one rate, in the graph: the same layer runs in `tf.data`, in the saved model and in
the servable.

Ops used: core TensorFlow. What is wrong with a file is said in its own row, and changes no other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_seq.preprocessing import wav_headers
from keras_seq.preprocessing.resampling import resampled

RATE = 16_000  # Hz
MAX_SECONDS = 1200.0


class Sounds(NamedTuple):
    """Sounds of one channel.

    Attributes:
        samples: `(batch, time)` float32, in -1..1 but for what resampling adds, padded on the right with 0.
        lengths: samples of each, `(batch,)` int32; 0 where there is a problem.
        problem: `(batch,)` string: "", or what is wrong.
    """

    samples: tf.Tensor
    lengths: tf.Tensor
    problem: tf.Tensor


@keras.saving.register_keras_serializable("keras_seq")
class WavSamples(keras.layers.Layer):
    """WAV bytes `(batch,)` string -> `samples` `(batch, time)`, `lengths` and `problem` `(batch,)`, as `Sounds`.

    Args:
        rate: of the samples, in Hz; those of another rate are resampled.
        max_seconds: a longer file is a problem. A batch is padded to its longest sound, in memory 4 bytes a
            sample, 38 MB for 10 minutes at 16 kHz.

    Example:
        >>> WavSamples()(tf.constant([b"no sound"]))["problem"]
        [b"not a WAV file"]
    """

    def __init__(self, rate: int = RATE, max_seconds: float = MAX_SECONDS, **kwargs) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.max_seconds = max_seconds
        self.built = True

    def call(self, audio: tf.Tensor) -> dict[str, tf.Tensor]:
        return decode(audio, self.rate, self.max_seconds)._asdict()

    def features(self, audio: tf.Tensor) -> dict[str, tf.Tensor]:
        """`samples` and `lengths` alone."""
        sound = self(audio)
        return {name: sound[name] for name in ("samples", "lengths")}

    def problems(self, audio: tf.Tensor) -> tf.Tensor:
        """What is wrong with each file, `(batch,)` string; "" where nothing is."""
        return decode(audio, self.rate, self.max_seconds).problem

    def compute_output_spec(self, audio: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        batch = audio.shape[0]
        return {
            "samples": keras.KerasTensor((batch, None), "float32"),
            "lengths": keras.KerasTensor((batch,), "int32"),
            "problem": keras.KerasTensor((batch,), "string"),
        }

    def get_config(self) -> dict:
        return {**super().get_config(), "rate": self.rate, "max_seconds": self.max_seconds}


def decode(audio: tf.Tensor, rate: int = RATE, max_seconds: float = MAX_SECONDS) -> Sounds:
    """WAV files `(batch,)` string -> their sounds.

    PCM of 8, 16, 24 and 32 bits, float of 32 and 64, A-law and mu-law, each in WAVE_FORMAT_EXTENSIBLE too; 1 to
    192 kHz; channels are mixed down by their mean. Samples of float are cut at -1 and 1, and a file with one that
    is NaN or infinite has a problem. `wav_headers.read` says which sizes in a header are believed.

    Args:
        audio: the bytes of each file.
        rate: of the samples, in Hz.
        max_seconds: a longer file is a problem.
    """
    return Sounds(*_decoder(rate, max_seconds)(audio))


@functools.cache
def _decoder(rate: int, max_seconds: float) -> Callable[[tf.Tensor], Sounds]:
    """A function, so that the loop over the files is in a graph wherever it is called."""

    def decoded(audio: tf.Tensor) -> Sounds:
        headers = wav_headers.read(audio, max_seconds)
        flat, lengths = _rows(audio, headers, rate)
        rows = tf.RaggedTensor.from_row_lengths(flat, tf.cast(lengths, tf.int64), validate=False)
        no_numbers = (headers.problem == "") & (lengths == 0)
        problem = tf.where(no_numbers, "samples that are no numbers: NaN or infinite", headers.problem)
        return Sounds(rows.to_tensor(0.0), lengths, problem)

    return tf.function(decoded, [tf.TensorSpec([None], tf.string)], autograph=False)


def _rows(audio: tf.Tensor, headers: wav_headers.Headers, rate: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The samples of all files one after the other, and how many each has."""
    count = tf.size(audio)
    rows = tf.TensorArray(tf.float32, count, element_shape=[None], infer_shape=False)
    lengths = tf.TensorArray(tf.int32, count, element_shape=[])

    def decode_row(row: tf.Tensor, rows: tf.TensorArray, lengths: tf.TensorArray) -> tuple:
        kind, channels = headers.kind[row], headers.channels[row]
        size = headers.frames[row] * tf.cast(channels * tf.gather(wav_headers.SAMPLE_BYTES, kind), tf.int64)
        content = tf.strings.substr(audio[row], headers.start[row], size)
        samples = tf.switch_case(kind, [functools.partial(read, content) for read in READERS])
        mono = tf.cond(channels > 1, lambda: _mixed(samples, channels), lambda: samples)
        sound = resampled(mono, headers.rate[row], rate)
        return row + 1, rows.write(row, sound), lengths.write(row, tf.size(sound))

    _, rows, lengths = tf.while_loop(lambda row, *_: row < count, decode_row, [0, rows, lengths])
    return rows.concat(), lengths.stack()


def _mixed(samples: tf.Tensor, channels: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.reshape(samples, [-1, channels]), axis=1)


def _nothing(content: tf.Tensor) -> tf.Tensor:
    return tf.zeros([0])


def _unsigned_8(content: tf.Tensor) -> tf.Tensor:
    return (tf.cast(tf.io.decode_raw(content, tf.uint8), tf.float32) - 128) / 128


def _signed_16(content: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.io.decode_raw(content, tf.int16), tf.float32) / 2**15


def _signed_24(content: tf.Tensor) -> tf.Tensor:
    samples = tf.reshape(tf.io.decode_raw(content, tf.uint8), [-1, 3])
    shifted = tf.bitcast(tf.pad(samples, [[0, 0], [1, 0]]), tf.int32)
    return tf.cast(shifted, tf.float32) / 2**31


def _signed_32(content: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.io.decode_raw(content, tf.int32), tf.float32) / 2**31


def _float(content: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    samples = tf.io.decode_raw(content, dtype)
    finite = tf.reduce_all(tf.math.is_finite(samples))
    return tf.cond(
        finite, lambda: tf.cast(tf.clip_by_value(samples, -1, 1), tf.float32), lambda: tf.zeros([0])
    )


def _law(content: tf.Tensor, table: np.ndarray) -> tf.Tensor:
    return tf.gather(table, tf.cast(tf.io.decode_raw(content, tf.uint8), tf.int32))


def _a_law() -> np.ndarray:
    """What each byte of A-law means. Source: ITU-T G.711, table 1."""
    code = np.arange(256) ^ 0x55
    step, segment = code & 0xF, code >> 4 & 7
    size = np.where(segment == 0, 2 * step + 1, (2 * step + 33) * 2.0 ** (segment - 1))
    return (np.where(code & 0x80, size, -size) / 2**12).astype("float32")


def _mu_law() -> np.ndarray:
    """What each byte of mu-law means. Source: ITU-T G.711, table 2."""
    code = 255 - np.arange(256)
    size = ((code & 0xF) * 2 + 33) * 2.0 ** (code >> 4 & 7) - 33
    return (np.where(code & 0x80, -size, size) / 2**13).astype("float32")


# By `Headers.kind`, in the order of `wav_headers.KINDS`; 0 is a file with a problem.
READERS: list[Callable[[tf.Tensor], tf.Tensor]] = [
    *(_nothing, _unsigned_8, _signed_16, _signed_24, _signed_32),
    *(functools.partial(_float, dtype=tf.float32), functools.partial(_float, dtype=tf.float64)),
    *(functools.partial(_law, table=_a_law()), functools.partial(_law, table=_mu_law())),
]
