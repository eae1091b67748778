"""Sound -> log-mel frames, in the graph: the features of speech, in training and in every server.

Source: Davis and Mermelstein 1980; the mel scale is that of the HTK Book, section 5.4.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

RATE = 16000  # samples a second
WINDOW = 400  # samples of a frame: 25 ms
HOP = 160  # samples from one frame to the next: 10 ms
FFT = 512  # points of the Fourier transform
LOWEST, HIGHEST = 20.0, 8000.0  # Hz, where the first mel band begins and the last one ends
FLOOR = 1e-6  # added to a band's power before the logarithm: that of silence


@keras.saving.register_keras_serializable("keras_seq")
class LogMel(keras.layers.Layer):
    """Samples `(batch, time)` float32 in -1..1 and lengths `(batch,)` int32 -> log-mel power `(batch, frames,
    bands)`, and the mask of the frames `(batch, frames)` bool.

    A row of n samples has ceil(n / 160) frames, with silence for what is missing at its end; samples that are
    padding change no frame, whatever they are, and frames that are padding are 0.

    Args:
        bands: mel bands from 20 Hz to 8 kHz.

    Example:
        >>> frames, mask = LogMel(80)(np.zeros((1, 16000), "float32"), np.array([16000]))
        >>> frames.shape
        TensorShape([1, 100, 80])
    """

    def __init__(self, bands: int = 80, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.bands = bands
        self.built = True

    def call(self, samples: tf.Tensor, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        time = tf.shape(samples)[1]
        most = frames_of(time)
        real = tf.where(tf.sequence_mask(lengths, time), samples, 0.0)
        padded = tf.pad(real, [[0, 0], [0, WINDOW]])[:, : most * HOP + WINDOW - HOP]
        frames = log_mel(tf.signal.frame(padded, WINDOW, HOP), self.bands)
        mask = tf.sequence_mask(frames_of(lengths), most)
        return tf.where(mask[..., None], frames, 0.0), mask

    def compute_output_spec(self, samples, lengths):
        shape = (samples.shape[0], None)
        return keras.KerasTensor((*shape, self.bands), "float32"), keras.KerasTensor(shape, "bool")

    def get_config(self) -> dict:
        return {**super().get_config(), "bands": self.bands}


def frames_of(samples: tf.Tensor) -> tf.Tensor:
    """The number of frames of so many samples."""
    return -(-samples // HOP)


def log_mel(frames: tf.Tensor, bands: int) -> tf.Tensor:
    """Frames `(..., WINDOW)` of samples -> the logarithm of their power in each mel band, `(..., bands)` float32.

    The transform is in float64: in float32 the rounding of a loud tone is heard in bands that are quiet.
    """
    windowed = tf.cast(frames, tf.float64) * hann_window()
    # With `fft_length` there is an error where there are no frames.
    spectrum = tf.signal.rfft(tf.pad(windowed, [[0, 0]] * (len(frames.shape) - 1) + [[0, FFT - WINDOW]]))
    power = tf.cast(tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2, tf.float32)
    return tf.math.log(tf.matmul(power, tf.constant(mel_filters(bands))) + FLOOR)


def hann_window() -> np.ndarray:
    """A periodic Hann window, `(WINDOW,)`."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def mel_filters(bands: int) -> np.ndarray:
    """Triangles of height 1 that overlap by half on the mel scale, `(FFT // 2 + 1, bands)` float32."""
    lowest, highest = (2595 * np.log10(1 + hertz / 700) for hertz in (LOWEST, HIGHEST))
    edges = 700 * (10 ** (np.linspace(lowest, highest, bands + 2) / 2595) - 1)
    bins = np.arange(FFT // 2 + 1)[:, None] * RATE / FFT
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(np.minimum(rising, falling), 0).astype(np.float32)
