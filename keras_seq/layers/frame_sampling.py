"""Which frames of a clip a network sees."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_seq")
class FrameSampling(keras.layers.Layer):
    """Frames `(batch, time, ...)`, or features of them, and a mask `(batch, time)`, True on the left -> fewer of both.

    A clip is cut into equal parts, one for each frame that is wanted: the middle one of each part is taken, in
    training any one of it (Wang et al. 2016, "Temporal Segment Networks", section 3.1). A clip that has no more frames
    than are wanted keeps them all: none is repeated, what is missing is masked, and 0.

    Args:
        frames: most frames of a clip.
        speed: in training, of how much of a clip nothing is seen, at most: a part that is drawn from 1 - speed to 1 is
            left of it, anywhere, so that what happens in it seems to be slower. Below 1.
        seed: of the random numbers.
    """

    def __init__(self, frames: int, speed: float = 0.0, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.frames, self.speed, self.seed = frames, speed, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, frames: tf.Tensor, mask: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        start, span = self._span(lengths) if training else (tf.zeros_like(lengths), lengths)
        most = tf.minimum(self.frames, tf.shape(frames)[1])
        count = tf.minimum(span, most)
        parts = tf.range(most)
        first = parts * span[:, None] // tf.maximum(count, 1)[:, None]
        if training:
            after = (parts + 1) * span[:, None] // tf.maximum(count, 1)[:, None]
            drawn = keras.random.uniform(tf.shape(first), seed=self.seed_generator)
            places = first + tf.minimum(
                tf.cast(drawn * tf.cast(after - first, tf.float32), tf.int32), after - first - 1
            )
        else:
            places = (2 * parts + 1) * span[:, None] // tf.maximum(2 * count, 1)[:, None]
        new_mask = parts < count[:, None]
        taken = tf.gather(frames, tf.where(new_mask, start[:, None] + places, 0), batch_dims=1)
        kept = tf.reshape(new_mask, [-1, most, *(1 for _ in range(taken.shape.rank - 2))])
        return tf.where(kept, taken, tf.zeros([], taken.dtype)), new_mask

    def compute_output_spec(self, frames, mask, training=False):
        most = None if frames.shape[1] is None else min(self.frames, frames.shape[1])
        spec = keras.KerasTensor((frames.shape[0], most, *frames.shape[2:]), frames.dtype)
        return spec, keras.KerasTensor((frames.shape[0], most), "bool")

    def get_config(self) -> dict:
        return {**super().get_config(), "frames": self.frames, "speed": self.speed, "seed": self.seed}

    def _span(self, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Where what is seen of each clip begins, and of how many frames it is."""
        if not self.speed:
            return tf.zeros_like(lengths), lengths
        drawn = keras.random.uniform((2, tf.shape(lengths)[0]), seed=self.seed_generator)
        part = 1 - self.speed * drawn[0]
        span = tf.cast(tf.math.ceil(part * tf.cast(lengths, tf.float32)), tf.int32)
        span = tf.minimum(span, lengths)
        start = tf.cast(drawn[1] * tf.cast(lengths - span + 1, tf.float32), tf.int32)
        return tf.minimum(start, lengths - span), span
