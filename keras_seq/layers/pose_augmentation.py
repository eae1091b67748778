"""Poses that are changed in training, so that a network sees more than it is given; and what it reads of them.

All take `poses` `(batch, time, joints, dimensions)` and `valid` `(batch, time, joints)` float32, as
`preprocessing.NormalizedPoses` gives them: 0 behind the last of a row's frames, of which `lengths` `(batch,)` int32
tells the number.
"""

from __future__ import annotations

import math

import keras
import tensorflow as tf

from keras_seq.preprocessing.poses import at_places, turned

VELOCITY_SCALE = 10.0  # torsos a frame are small numbers beside torsos


@keras.saving.register_keras_serializable("keras_seq")
class PoseSpeed(keras.layers.Layer):
    """Poses, valid and lengths -> the same, in training each row faster or slower, and a part of it; by linear
    interpolation in time.

    Args:
        amount: speeds are drawn from 1 - amount to 1 + amount.
        cut: most of a row that is left out, at its ends together.
        seed: of the random numbers.
    """

    def __init__(self, amount: float, cut: float = 0.0, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.amount, self.cut, self.seed = amount, cut, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, poses: tf.Tensor, valid: tf.Tensor, lengths: tf.Tensor, training: bool = False):
        if not training or not (self.amount or self.cut):
            return poses, valid, lengths
        drawn = keras.random.uniform((3, tf.shape(lengths)[0]), seed=self.seed_generator)
        frames = tf.cast(lengths, tf.float32)
        left_out = self.cut * drawn[0] * frames
        speeds = 1 - self.amount + 2 * self.amount * drawn[1]
        new_lengths = tf.maximum(tf.cast((frames - left_out) / speeds, tf.int32), 1)
        real = tf.sequence_mask(new_lengths, dtype=tf.float32)
        times = tf.cast(tf.range(tf.shape(real)[1]), tf.float32)
        places = (left_out * drawn[2])[:, None] + times * speeds[:, None]
        poses = at_places(poses, places, lengths) * real[..., None, None]
        return poses, at_places(valid, places, lengths, nearest=True) * real[..., None], new_lengths

    def compute_output_spec(self, poses, valid, lengths, training=False):
        batch = poses.shape[0]
        return (
            keras.KerasTensor((batch, None, *poses.shape[2:]), "float32"),
            keras.KerasTensor((batch, None, valid.shape[2]), "float32"),
            keras.KerasTensor(lengths.shape, "int32"),
        )

    def get_config(self) -> dict:
        names = ("amount", "cut", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("keras_seq")
class PoseJitter(keras.layers.Layer):
    """Poses -> the same, in training seen from another side, larger or smaller, moved, and less exact.

    Poses in a plane are made narrower, as if seen from the side.

    Args:
        rotation: most degrees about the vertical axis, to either side.
        scale: each axis is multiplied by a number from 1 - scale to 1 + scale.
        shift: deviation of the place, in torsos.
        noise: deviation of every coordinate of every frame, in torsos.
        seed: of the random numbers.
    """

    def __init__(
        self,
        rotation: float = 0.0,
        scale: float = 0.0,
        shift: float = 0.0,
        noise: float = 0.0,
        seed: int | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.rotation, self.scale, self.shift, self.noise, self.seed = rotation, scale, shift, noise, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(
        self, poses: tf.Tensor, valid: tf.Tensor, lengths: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        if not training or not (self.rotation or self.scale or self.shift or self.noise):
            return poses
        batch, time, _, dims = tf.unstack(tf.shape(poses))
        size = (batch, 1, 1, dims)
        changed = self._seen_from_elsewhere(poses, batch)
        changed *= keras.random.uniform(size, 1 - self.scale, 1 + self.scale, seed=self.seed_generator)
        changed += self.shift * keras.random.normal(size, seed=self.seed_generator)
        changed += self.noise * keras.random.normal(tf.shape(poses), seed=self.seed_generator)
        real = tf.sequence_mask(lengths, time, tf.float32)[..., None]
        known = real * tf.reduce_max(valid, axis=1, keepdims=True)
        return changed * known[..., None]

    def _seen_from_elsewhere(self, poses: tf.Tensor, batch: tf.Tensor) -> tf.Tensor:
        most = math.radians(self.rotation)
        angles = keras.random.uniform((batch,), -most, most, seed=self.seed_generator)
        cosine, sine = tf.cos(angles), tf.sin(angles)
        if poses.shape[3] == 3:
            return turned(poses, cosine, sine)
        if poses.shape[3] == 2:
            return poses * tf.stack([cosine, tf.ones_like(cosine)], axis=1)[:, None, None]
        return poses

    def compute_output_spec(self, poses, valid, lengths, training=False):
        return keras.KerasTensor(poses.shape, "float32")

    def get_config(self) -> dict:
        names = ("rotation", "scale", "shift", "noise", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("keras_seq")
class PoseMirror(keras.layers.Layer):
    """Poses and valid -> the same, in training some rows as in a mirror, with left and right joints exchanged; and
    which rows these are, `(batch,)` float32, 1 where it is one.

    The weight `partners` `(joints,)` int32 has the mirror image of each joint; at first each its own.

    Args:
        rate: the part of the rows.
        seed: of the random numbers.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.rate, self.seed = rate, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, poses_shape, valid_shape=None) -> None:
        self.partners = self.add_weight(
            shape=(poses_shape[2],), dtype="int32", initializer=_in_order, trainable=False, name="partners"
        )

    def call(self, poses: tf.Tensor, valid: tf.Tensor, training: bool = False):
        batch = tf.shape(poses)[0]
        if not training or not self.rate:
            return poses, valid, tf.zeros([batch], tf.float32)
        chosen = keras.random.uniform((batch,), seed=self.seed_generator) < self.rate
        partners = tf.convert_to_tensor(self.partners)
        sides = tf.constant([-1.0] + [1.0] * (poses.shape[3] - 1))
        mirrored = tf.gather(poses, partners, axis=2) * sides
        mirrored_valid = tf.gather(valid, partners, axis=2)
        return (
            tf.where(chosen[:, None, None, None], mirrored, poses),
            tf.where(chosen[:, None, None], mirrored_valid, valid),
            tf.cast(chosen, tf.float32),
        )

    def compute_output_spec(self, poses, valid, training=False):
        flags = keras.KerasTensor(poses.shape[:1], "float32")
        return keras.KerasTensor(poses.shape, "float32"), keras.KerasTensor(valid.shape, "float32"), flags

    def get_config(self) -> dict:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable("keras_seq")
class JointDropout(keras.layers.Layer):
    """Poses and valid -> the same, in training some joints missing in all frames of a row, and all joints in some
    frames.

    Args:
        joints: the part of the joints.
        frames: the part of the frames.
        seed: of the random numbers.
    """

    def __init__(self, joints: float, frames: float = 0.0, seed: int | None = None, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.joints, self.frames, self.seed = joints, frames, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, poses: tf.Tensor, valid: tf.Tensor, training: bool = False):
        if not training or not (self.joints or self.frames):
            return poses, valid
        batch, time, joints = tf.unstack(tf.shape(valid))
        of_joints = keras.random.uniform((batch, 1, joints), seed=self.seed_generator) >= self.joints
        of_frames = keras.random.uniform((batch, time, 1), seed=self.seed_generator) >= self.frames
        kept = tf.cast(of_joints & of_frames, tf.float32)
        return poses * kept[..., None], valid * kept

    def compute_output_spec(self, poses, valid, training=False):
        return keras.KerasTensor(poses.shape, "float32"), keras.KerasTensor(valid.shape, "float32")

    def get_config(self) -> dict:
        names = ("joints", "frames", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("keras_seq")
class PoseStreams(keras.layers.Layer):
    """Poses, valid and lengths -> what a network reads in each frame: `positions` `(batch, time, numbers)`, the
    coordinates of all joints and which of them were seen; `velocities` `(batch, time, numbers)`, what the coordinates
    differ by from the frame before, 0 where a joint was missing in one of both; and the mask `(batch, time)` bool.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.built = True

    def call(self, poses: tf.Tensor, valid: tf.Tensor, lengths: tf.Tensor):
        batch, time, joints, dims = tf.unstack(tf.shape(poses))
        change = (poses[:, 1:] - poses[:, :-1]) * (valid[:, 1:] * valid[:, :-1])[..., None]
        change = tf.pad(change, [[0, 0], [1, 0], [0, 0], [0, 0]]) * VELOCITY_SCALE
        flat = [batch, time, joints * dims]
        positions = tf.concat([tf.reshape(poses, flat), valid], axis=2)
        return positions, tf.reshape(change, flat), tf.sequence_mask(lengths, time)

    def compute_output_spec(self, poses, valid, lengths):
        batch, time, joints, dims = poses.shape
        return (
            keras.KerasTensor((batch, time, joints * dims + joints), "float32"),
            keras.KerasTensor((batch, time, joints * dims), "float32"),
            keras.KerasTensor((batch, time), "bool"),
        )


def _in_order(shape, dtype=None):
    return tf.range(shape[0], dtype=dtype)
