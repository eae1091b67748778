"""A network of speech that looks back only, run over one block of a sound after the other."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_seq.answers.stream_sound import State
from keras_seq.layers import LSTM
from keras_seq.layers.ctc import CTCScores
from keras_seq.layers.frame_convolution import FrameConvolution, subsampling
from keras_seq.layers.frame_normalization import FrameNormalization
from keras_seq.layers.sound_augmentation import AddedNoise, QuietStart, SpecAugment, SpeedPerturbation
from keras_seq.preprocessing.audio import HOP, WINDOW, LogMel, log_mel

TRAINING_ONLY = (
    keras.layers.InputLayer,
    SpeedPerturbation,
    AddedNoise,
    SpecAugment,
    QuietStart,
    keras.layers.Dropout,
)
STEPWISE = (keras.layers.Reshape, keras.layers.LayerNormalization, keras.layers.Dense)
AHEAD = (keras.layers.Bidirectional,)  # layers that wait for the end


class BlockNetwork:
    """The layers of a network, in their order, as one function of a block of samples and a state.

    Args:
        network: samples and lengths -> CTC scores, a chain of layers that look back only.

    Attributes:
        stride: frames to a step of its scores.

    Raises:
        TypeError: when a layer is of a kind that no stream can run through.
    """

    def __init__(self, network: keras.Model) -> None:
        self._layers = [layer for layer in network.layers if not isinstance(layer, TRAINING_ONLY)]
        known = (LogMel, CTCScores, LSTM, FrameNormalization, FrameConvolution, *STEPWISE)
        for layer in self._layers:
            if not isinstance(layer, known) or looks_ahead(layer):
                raise TypeError(f"a stream cannot run through layer {layer.name!r}, {type(layer).__name__}")
        self._names = self._names_of_states()
        self.stride = subsampling(network)

    def start(self, batch: int | tf.Tensor) -> State:
        """The state before the first block of so many streams, float32."""
        found: State = {}
        for layer, names in self._names.items():
            state = layer.stream_start(batch)
            found |= zip(names, state if isinstance(state, tuple) else (state,), strict=True)
        return {name: tf.cast(value, tf.float32) for name, value in found.items()}

    def step(self, state: State, samples: tf.Tensor, mask: tf.Tensor) -> tuple[State, tf.Tensor, tf.Tensor]:
        """A block: the state after it, its scores `(batch, steps, classes)`, and which steps are no padding.

        Args:
            state: as the last call gave it.
            samples: of the block's frames and the 15 ms behind them, `(batch, time)` in -1..1.
            mask: `(batch, frames)` bool, True where a frame is none of padding.
        """
        found, x = dict(state), samples
        for layer in self._layers:
            if isinstance(layer, LogMel):
                x = log_mel(tf.signal.frame(x, WINDOW, HOP), layer.bands)
            elif isinstance(layer, CTCScores):
                x = layer(x, mask=mask)
            elif layer not in self._names:
                x = layer(x, training=False)
            else:
                if isinstance(layer, FrameConvolution):
                    x, mask = (
                        tf.where(mask[..., None, None], x, tf.zeros([], x.dtype)),
                        mask[:, :: layer.stride],
                    )
                x = self._streamed(layer, found, x)
        return found, x, mask

    def _streamed(self, layer: Any, state: State, x: tf.Tensor) -> tf.Tensor:
        """A layer's output; its part of the state is replaced."""
        names = self._names[layer]
        before = [tf.cast(state[name], layer.compute_dtype) for name in names]
        is_pair = len(names) > 1
        after, x = layer.stream_step(tuple(before) if is_pair else before[0], tf.cast(x, layer.compute_dtype))
        values = after if is_pair else (after,)
        state |= {name: tf.cast(value, tf.float32) for name, value in zip(names, values, strict=True)}
        return x

    def _names_of_states(self) -> dict[Any, tuple[str, ...]]:
        """The layers that have a state, and what its tensors are called."""
        normalization = dict.fromkeys(self._of(FrameNormalization), ("normalization",))
        convolutions = {one: (f"convolution_{n}",) for n, one in enumerate(self._of(FrameConvolution), 1)}
        lstms = {one: (f"hidden_{n}", f"cell_{n}") for n, one in enumerate(self._of(LSTM), 1)}
        return {**normalization, **convolutions, **lstms}

    def _of(self, kind: type) -> list[Any]:
        return [layer for layer in self._layers if isinstance(layer, kind)]


def looks_ahead(layer: keras.Layer) -> bool:
    """Whether a layer's output at a step depends on later ones."""
    is_whole = isinstance(layer, FrameNormalization) and not layer.running
    return is_whole or isinstance(layer, AHEAD) or (isinstance(layer, LSTM) and layer.go_backwards)
