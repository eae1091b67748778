"""Samples at one rate -> samples at another, in the graph; the rate may be known only when the graph runs.

A band-limited interpolation: each sample of the output is a sum of the input's samples around its time, with
the weights of a sinc, which cuts off the frequencies that either rate lacks, under a Kaiser window. Source:
Smith, "Digital Audio Resampling" (ccrma.stanford.edu/~jos/resample); Kaiser and Schafer 1980, "On the use of
the I0-sinh window for spectrum analysis", for the window's numbers.

Ops used: core TensorFlow. Of the lower of the two rates: up to 0.45 of it tones are kept, from its half on
they are weaker by 70 dB.
"""

from __future__ import annotations

import math

import tensorflow as tf

PASS, STOP = 0.45, 0.5  # where tones are kept up to, and are gone from; cycles a sample of the lower rate
ATTENUATION = 70.0  # dB, of what is above STOP; what is below PASS has a ripple of 0.003 dB
BETA = 0.1102 * (ATTENUATION - 8.7)  # of the window; Kaiser's formula for 50 dB and more
# To either side of its centre, in samples of the lower rate: 44, which at 16 kHz are 2.75 ms.
HALF_WIDTH = math.ceil((ATTENUATION - 8) / (2.285 * 2 * math.pi * (STOP - PASS)) / 2)
MOST_BLOCK = 40  # samples of the output that share one piece of the input


def resampled_counts(counts: tf.Tensor, rates: tf.Tensor, to_rate: int) -> tf.Tensor:
    """How many samples there are of so many at another rate, int64 of any shape: `ceil(counts * to_rate / rates)`."""
    counts, rates = tf.cast(counts, tf.int64), tf.cast(rates, tf.int64)
    return -(-counts * to_rate // rates)


def resampled(samples: tf.Tensor, rate: tf.Tensor, to_rate: int) -> tf.Tensor:
    """Samples `(time,)` float32 of one sound -> the same sound at another rate, `resampled_counts` of them.

    The first sample stays where it is, and there is silence before and after the sound. At the same rate the
    samples are those that were given, to the bit. A sound that is as loud as can be may become a little louder
    than 1. Whatever the rates are, it holds one more sound in memory; it is fastest where they have a large
    common divisor.

    Args:
        samples: of the sound.
        rate: in Hz, an integer scalar, at least 1.
        to_rate: in Hz.
    """
    same = tf.logical_or(tf.equal(tf.cast(rate, tf.int64), to_rate), tf.equal(tf.size(samples), 0))
    return tf.cond(same, lambda: samples, lambda: _filtered(samples, tf.cast(rate, tf.int64), to_rate))


def _filtered(samples: tf.Tensor, rate: tf.Tensor, to_rate: int) -> tf.Tensor:
    """Of rates in the ratio `down` to `up`, the weights repeat after `up` samples of the output.

    The output is computed in blocks. `phases` blocks, after which the weights repeat, follow each other in the
    time of `hop` samples of the input, a whole number: every `phases`th block is a product of one matrix of
    weights with pieces of the input, `hop` apart, which is a convolution over rows of `hop` samples.
    """
    divisor = _common_divisor(rate, to_rate)
    up, down = to_rate // divisor, rate // divisor
    block = max(_divisors(to_rate, MOST_BLOCK))
    phases = up // _common_divisor(up, block)
    hop = phases * block * down // up
    stretch = tf.maximum(down / up, 1.0)
    reach = tf.cast(tf.math.ceil(HALF_WIDTH * stretch), tf.int64)
    width = 2 * reach + block * down // up + 2  # samples of the input that a block is made of
    rows, columns = -(-width // hop), tf.minimum(width, hop)

    count = resampled_counts(tf.size(samples), rate, to_rate)
    repeats = -(-count // (phases * block))
    padded = tf.pad(samples, [[reach, (rows + 1) * hop]])

    def every(phase: tf.Tensor) -> tf.Tensor:
        start = phase * block * down // up
        pieces = tf.reshape(padded[start : start + (repeats + rows - 1) * hop], [1, -1, hop])[..., :columns]
        times = (tf.range(block, dtype=tf.int64) + phase * block) * down - start * up
        centres = times / up + tf.cast(reach, tf.float64)
        places = tf.range(tf.cast(rows * columns, tf.float64), dtype=tf.float64)
        weights = _weights((places[:, None] - centres) / stretch) / tf.cast(stretch, tf.float32)
        return tf.nn.conv1d(pieces, tf.reshape(weights, [rows, columns, block]), 1, "VALID")[0]

    used = tf.minimum(phases, -(-count // block))
    spec = tf.TensorSpec([None, block], tf.float32)
    # One at a time: each holds the input once more.
    blocks = tf.map_fn(every, tf.range(used), parallel_iterations=1, fn_output_signature=spec)
    return tf.reshape(tf.transpose(blocks, [1, 0, 2]), [-1])[:count]


def _weights(distances: tf.Tensor) -> tf.Tensor:
    """The windowed sinc at distances from its centre, float64 in samples of the lower rate -> float32."""
    distances = tf.cast(distances, tf.float32)
    angles = math.pi * (PASS + STOP) * distances  # it cuts off half-way between
    sinc = tf.math.divide_no_nan(tf.sin(angles), angles) + tf.cast(tf.equal(angles, 0), tf.float32)
    inside = tf.maximum(0.0, 1 - tf.square(distances / HALF_WIDTH))
    root = BETA * tf.sqrt(inside)
    window = tf.math.bessel_i0e(root) * tf.exp(root - BETA) / tf.math.bessel_i0e(BETA)
    return tf.where(inside > 0, (PASS + STOP) * sinc * window, 0.0)


def _common_divisor(numbers: tf.Tensor, constant: int) -> tf.Tensor:
    """The greatest common divisor of an integer scalar and a number that is known before the graph runs."""
    divisors = tf.constant(_divisors(constant, constant), numbers.dtype)
    return tf.reduce_max(tf.where(tf.equal(numbers % divisors, 0), divisors, 1))


def _divisors(number: int, most: int) -> list[int]:
    return [divisor for divisor in range(1, most + 1) if number % divisor == 0]
