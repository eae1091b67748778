"""Poses in the graph: `.npy` files -> numbers; and numbers -> joints that are whole, centred, of one size and turned
one way.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_seq.preprocessing import pose_layouts
from keras_seq.preprocessing.pose_layouts import LAYOUTS

LEAST_LENGTH = 1e-6  # of a torso, or of a line from right to left, that says anything
Tensors = dict[str, tf.Tensor]


@keras.saving.register_keras_serializable("keras_seq")
class NormalizedPoses(keras.layers.Layer):
    """Numbers of frames `(batch, time, features)` float32, padded with frames of zeros at the end -> joints.

    `poses` `(batch, frames, joints, dimensions)` float32; `valid` `(batch, frames, joints)` float32, 1 where a joint
    was seen; `lengths` `(batch,)` int32, the frames of each, one at least. What is behind them is 0.

    A joint that is NaN, infinite or all 0, or has no confidence, is missing: it is where a line in time from the
    last frame that has it to the next one is, or where the nearest one has it. More than `max_frames` frames become
    so many, evenly spaced, by linear interpolation. Then the centre is at 0, the torso, averaged over the clip, is
    1 long, and of poses in space the line from the right shoulders and hips to the left ones, averaged over the
    clip, points along x; the second axis is the vertical one.

    Args:
        features: numbers of a frame.
        layout: which joints they are, a key of `pose_layouts.LAYOUTS`; "none": plain numbers.
        max_frames: most of a clip.
        centre: of each frame, or the mean of the clip's, which keeps where a body goes.
        turn: whether poses in space are turned.
        mean, deviation: of each number, where they are plain numbers.
    """

    def __init__(
        self,
        features: int,
        layout: str = "none",
        max_frames: int = 128,
        centre: str = "clip",
        turn: bool = True,
        mean: list[float] | None = None,
        deviation: list[float] | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.features, self.layout, self.max_frames = features, layout, max_frames
        self.centre, self.turn = centre, turn
        self.mean, self.deviation = mean, deviation
        self.columns = pose_layouts.columns(layout, features)
        self.joints, self.dims = len(self.columns.coordinates), len(self.columns.coordinates[0])
        self.built = True

    def call(self, numbers: tf.Tensor) -> Tensors:
        poses, valid, lengths = self._seen(numbers)
        poses = filled(poses, valid)
        poses, valid, lengths = resampled(poses, valid, lengths, self.max_frames)
        poses = self._standardised(poses) if self.layout == "none" else self._placed(poses, valid)
        # A joint that no frame has is at the centre; what is behind the last frame is 0.
        real = tf.sequence_mask(lengths, tf.shape(poses)[1], tf.float32)[..., None]
        known = real * tf.reduce_max(valid, axis=1, keepdims=True)
        return {"poses": poses * known[..., None], "valid": valid, "lengths": lengths}

    def _seen(self, numbers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Coordinates, 0 where they are missing; 1 where they are not; and the frames of each clip."""
        numbers = tf.pad(numbers, [[0, 0], [0, tf.cast(tf.shape(numbers)[1] == 0, tf.int32)], [0, 0]])
        finite = tf.math.is_finite(numbers)
        is_frame = tf.reduce_any(~finite | (numbers != 0), axis=2)
        lengths = tf.reduce_max(tf.where(is_frame, tf.range(tf.shape(numbers)[1]) + 1, 1), axis=1)
        where = tf.constant(self.columns.coordinates)
        poses = tf.gather(numbers, where, axis=2)
        valid = tf.reduce_all(tf.gather(finite, where, axis=2), axis=3)
        if self.layout != "none":
            valid &= tf.reduce_any(poses != 0, axis=3)
        if max(self.columns.scores) >= 0:
            scores = tf.gather(numbers, tf.maximum(self.columns.scores, 0), axis=2)
            valid &= (scores > 0) | (tf.constant(self.columns.scores) < 0)
        valid &= tf.sequence_mask(lengths, tf.shape(numbers)[1])[..., None]
        return tf.where(valid[..., None], poses, 0.0), tf.cast(valid, tf.float32), lengths

    def _standardised(self, poses: tf.Tensor) -> tf.Tensor:
        mean = tf.constant(self.mean or [0.0] * self.features)[:, None]
        deviation = tf.constant(self.deviation or [1.0] * self.features)[:, None]
        return (poses - mean) / deviation

    def _placed(self, poses: tf.Tensor, valid: tf.Tensor) -> tf.Tensor:
        layout = LAYOUTS[self.layout]
        hips, hips_seen = _mean_of(poses, valid, layout.hips)
        shoulders, shoulders_seen = _mean_of(poses, valid, layout.shoulders)
        centre = hips if self.centre == "frame" else _over_time(hips, hips_seen)
        poses -= centre[:, :, None]
        torso = tf.norm(shoulders - hips, axis=2, keepdims=True)
        torso = _over_time(torso, hips_seen * shoulders_seen)[..., None]
        poses /= tf.where(torso > LEAST_LENGTH, torso, 1.0)
        if self.dims != 3 or not self.turn:
            return poses
        left, left_seen = _mean_of(poses, valid, tuple(left for left, _ in layout.facing))
        right, right_seen = _mean_of(poses, valid, tuple(right for _, right in layout.facing))
        across = _over_time(left - right, left_seen * right_seen)[:, 0]
        length = tf.sqrt(across[:, 0] ** 2 + across[:, 2] ** 2)
        known = length > LEAST_LENGTH
        length = tf.where(known, length, 1.0)
        cosine = tf.where(known, across[:, 0] / length, 1.0)
        return turned(poses, cosine, tf.where(known, across[:, 2] / length, 0.0))

    def compute_output_spec(self, numbers: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        batch = numbers.shape[0]
        return {
            "poses": keras.KerasTensor((batch, None, self.joints, self.dims), "float32"),
            "valid": keras.KerasTensor((batch, None, self.joints), "float32"),
            "lengths": keras.KerasTensor((batch,), "int32"),
        }

    def get_config(self) -> dict:
        names = ("features", "layout", "max_frames", "centre", "turn", "mean", "deviation")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def filled(poses: tf.Tensor, valid: tf.Tensor) -> tf.Tensor:
    """Poses with missing joints where a line in time from the last frame that has them to the next one is; before
    the first and after the last where those have them, and at 0 where no frame has them.

    Args:
        poses: `(batch, time, joints, dimensions)`, 0 where a joint is missing.
        valid: `(batch, time, joints)`, 1 where it is not, 0 behind the last frame.
    """
    seen = tf.transpose(valid > 0, [0, 2, 1])
    time = tf.shape(seen)[2]
    times = tf.range(time)
    # The frames that have a joint, in order, come first: the k-th of them is at place k.
    places = tf.sort(tf.where(seen, times, times + time), axis=2) % tf.maximum(time, 1)
    upto = tf.cumsum(tf.cast(seen, tf.int32), axis=2)
    total = upto[..., -1:]
    before = tf.gather(places, tf.maximum(upto - 1, 0), batch_dims=2)
    after_place = tf.minimum(upto - tf.cast(seen, tf.int32), tf.maximum(total - 1, 0))
    after = tf.gather(places, after_place, batch_dims=2)
    span = tf.cast(after - before, tf.float32)
    share = tf.cast(times - before, tf.float32) / tf.where(span > 0, span, 1.0)
    share = tf.where(span > 0, share, 0.0)[..., None]
    by_joint = tf.transpose(poses, [0, 2, 1, 3])
    first = tf.gather(by_joint, before, batch_dims=2)
    last = tf.gather(by_joint, after, batch_dims=2)
    return tf.transpose(first + share * (last - first), [0, 2, 1, 3])


def resampled(
    poses: tf.Tensor, valid: tf.Tensor, lengths: tf.Tensor, most: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Clips of more than `most` frames as so many, evenly spaced from the first to the last; others as they are."""
    new_lengths = tf.minimum(lengths, most)
    steps = tf.cast(tf.maximum(new_lengths - 1, 1), tf.float32)
    stride = tf.where(lengths > most, tf.cast(lengths - 1, tf.float32) / steps, 1.0)
    time = tf.minimum(tf.shape(poses)[1], most)
    places = tf.cast(tf.range(time), tf.float32) * stride[:, None]
    real = tf.sequence_mask(new_lengths, time, tf.float32)[..., None]
    return at_places(poses, places, lengths), at_places(valid, places, lengths, True) * real, new_lengths


def at_places(values: tf.Tensor, places: tf.Tensor, lengths: tf.Tensor, nearest: bool = False) -> tf.Tensor:
    """Values between frames, by linear interpolation.

    Args:
        values: `(batch, time, ...)`.
        places: `(batch, frames)` float32, in frames; behind a row's last frame that one counts.
        lengths: frames of each row, `(batch,)` int32.
        nearest: whether the nearest frame's is taken instead.
    """
    last = tf.maximum(lengths - 1, 0)[:, None]
    if nearest:
        return tf.gather(values, tf.minimum(tf.cast(places + 0.5, tf.int32), last), batch_dims=1)
    left = tf.cast(places, tf.int32)
    at_left = tf.gather(values, tf.minimum(left, last), batch_dims=1)
    at_right = tf.gather(values, tf.minimum(left + 1, last), batch_dims=1)
    share = places - tf.cast(left, tf.float32)
    share = tf.reshape(share, tf.concat([tf.shape(share), tf.ones(values.shape.rank - 2, tf.int32)], 0))
    return at_left + share * (at_right - at_left)


def turned(poses: tf.Tensor, cosine: tf.Tensor, sine: tf.Tensor) -> tf.Tensor:
    """Poses in space `(batch, time, joints, 3)` turned about the second axis, by an angle a row: what points along
    (cosine, 0, sine) points along x then.
    """
    x, y, z = tf.unstack(poses, axis=3)
    cosine, sine = cosine[:, None, None], sine[:, None, None]
    return tf.stack([cosine * x + sine * z, y, cosine * z - sine * x], axis=3)


def _mean_of(poses: tf.Tensor, valid: tf.Tensor, joints: tuple[int, ...]) -> tuple[tf.Tensor, tf.Tensor]:
    """The mean of some joints in each frame `(batch, time, dimensions)`, and 1 where all of them were seen."""
    mean = tf.reduce_mean(tf.gather(poses, joints, axis=2), axis=2)
    return mean, tf.reduce_min(tf.gather(valid, joints, axis=2), axis=2)


def _over_time(values: tf.Tensor, seen: tf.Tensor) -> tf.Tensor:
    """The mean of values `(batch, time, n)` over the frames that are seen, `(batch, 1, n)`; 0 where none is."""
    total = tf.reduce_sum(values * seen[..., None], axis=1, keepdims=True)
    return total / tf.maximum(tf.reduce_sum(seen, axis=1)[:, None, None], 1.0)
