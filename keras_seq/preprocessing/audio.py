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
FRAMES_AT_ONCE = 3000  # of each sound: 30 s
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
        count = frames_of(time)
        frames = self._frames(tf.where(tf.sequence_mask(lengths, time), samples, 0.0), count)
        mask = tf.sequence_mask(frames_of(lengths), count)
        return tf.where(mask[..., None], frames, 0.0), mask

    def compute_output_spec(self, samples, lengths):
        shape = (samples.shape[0], None)
        return keras.KerasTensor((*shape, self.bands), "float32"), keras.KerasTensor(shape, "bool")

    def get_config(self) -> dict:
        return {**super().get_config(), "bands": self.bands}

    def _frames(self, samples: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        """Their first frames, so many; a part after the other, since a long sound's at once would fill the memory."""
        at_once = tf.clip_by_value(count, 1, FRAMES_AT_ONCE)
        parts = tf.maximum(-(-count // at_once), 1)
        step, more = at_once * HOP, WINDOW - HOP
        padded = tf.pad(samples, [[0, 0], [0, parts * step + more - tf.shape(samples)[1]]])

        def frames_of_part(part: tf.Tensor) -> tf.Tensor:
            sound = padded[:, part * step : (part + 1) * step + more]
            return log_mel(tf.signal.frame(sound, WINDOW, HOP), self.bands)

        signature = tf.TensorSpec([None, None, self.bands])
        found = tf.map_fn(
            frames_of_part, tf.range(parts), parallel_iterations=1, fn_output_signature=signature
        )
        shape = [tf.shape(samples)[0], parts * at_once, self.bands]
        return tf.reshape(tf.transpose(found, [1, 0, 2, 3]), shape)[:, :count]


def frames_of(samples: tf.Tensor) -> tf.Tensor:
    """The number of frames of so many samples."""
    return -(-samples // HOP)


def log_mel(frames: tf.Tensor, bands: int) -> tf.Tensor:
    """Frames `(..., WINDOW)` of samples -> the logarithm of their power in each mel band, `(..., bands)` float32.

    The transform is in float64: in float32 the rounding of a loud tone is heard in bands that are quiet.
    """
    behind = FFT - WINDOW
    frames = tf.pad(frames, [[0, 0]] * (len(frames.shape) - 1) + [[0, behind]])
    spectrum = tf.signal.rfft(tf.cast(frames, tf.float64) * np.pad(hann_window(), [0, behind]))
    power = tf.cast(tf.square(tf.math.real(spectrum)) + tf.square(tf.math.imag(spectrum)), tf.float32)
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
