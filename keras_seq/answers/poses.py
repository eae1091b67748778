"""The answering model of poses: raw inputs are files or arrays, and the graph takes numbers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq import pose_files
from keras_seq.answers import clip_pictures
from keras_seq.answers.answering import Answering
from keras_seq.answers.edge_inputs import EdgeInputs
from keras_seq.answers.without_order import SHUFFLED, SINGLE_FRAME, middle, shuffled
from keras_seq.errors import DataError
from keras_seq.formats import Example
from keras_seq.pictures import Picture
from keras_seq.preprocessing import npy
from keras_seq.preprocessing.pose_layouts import BONES, UPWARDS

LONG_FRAMES = 1000  # of an edge input


@keras.saving.register_keras_serializable("keras_seq")
class PoseAnswering(Answering):
    """`Answering` of poses: `poses` `(batch, time, features)` float32, padded with frames of zeros at the end.

    A call, `predict` and `fit` take that array, or `(batch, time, joints, dimensions)`, a list of arrays of unlike
    lengths, or the bytes of files in any format of `pose_files`.

    Example:
        >>> model = keras_seq.load("video_activity_poses_utd_mhad")
        >>> model([numpy.load("clip.npy")])["label"]
        <tf.Tensor: shape=(1,), dtype=string, numpy=array([b'wave'], dtype=object)>
    """

    takes_files = True

    @property
    def features(self) -> int:
        """Numbers of a frame."""
        return self.inputs[0].shape[-1]

    def file_contents(self, raw: bytes) -> bytes:
        """The `.npy` file, float32 `(time, features)`, of a file in any format of `pose_files`."""
        found = pose_files.as_poses(raw)
        _, features = pose_files.shape(found)
        if features != self.features:
            raise DataError(f"{features} numbers a frame, the model takes {self.features}")
        return found

    def graph_input(self, raw: tf.Tensor) -> tf.Tensor:
        """`.npy` files -> the numbers of their frames; numbers stay."""
        return npy.numbers(raw, self.features)[0] if raw.dtype == tf.string else raw

    def as_raw(self, given: Any) -> Any:
        """Arrays of numbers, and files in any format -> `.npy` files."""
        name = self.inputs[0].name
        if isinstance(given, dict) and list(given) == [name]:
            given = given[name]
        clips = _arrays(given, name)
        if clips is not None:
            return [self.file_contents(pose_files.packed(clip)) for clip in clips]
        if tf.is_tensor(given) and given.dtype == tf.string:
            given = given.numpy().tolist()
        if isinstance(given, list | tuple) and all(isinstance(one, bytes) for one in given):
            return [self.file_contents(one) for one in given]
        return given

    def score_truths(self, inputs: list, truths: list[str]) -> dict[str, tf.Tensor]:
        """What the model says of the middle frame alone, and of the frames in a random order: what it would know
        without their order.
        """
        graph = self._as_graph("without_order", self._without_order, [tf.TensorSpec([None], tf.string)])
        return graph(self.strings(inputs))

    def edge_inputs(self, examples: list[str | bytes]) -> EdgeInputs:
        """Poses of one frame, of many, of nobody, with numbers that are none, and without single numbers; none is
        damaged, as numbers are.
        """
        frames = pose_files.unpacked(min((one for one in examples if isinstance(one, bytes)), key=len))
        many = np.resize(frames, (LONG_FRAMES, self.features))
        gap, without, infinite = frames.copy(), frames.copy(), frames.copy()
        gap[len(gap) // 3 : len(gap) // 2] = np.nan
        without[:, :3] = 0
        infinite[0, -1] = np.inf
        nobody = np.zeros_like(frames)
        odd = [frames[:1], many, nobody, nobody[:1], gap, without, infinite, 1e6 * frames]
        return EdgeInputs([pose_files.packed(one) for one in odd], [], [])

    def pictures_of(self, examples: list[tuple[str, Example, str | bytes]]) -> list[Picture]:
        """Skeletons of some clips, and their scores as the clips go on; none of plain numbers."""
        if self.preprocessing.layout not in BONES:
            return []
        return [self._picture(*one) for one in examples]

    def _picture(self, name: str, example: Example, raw: str | bytes) -> Picture:
        numbers = self.graph_input(tf.constant([raw]))
        count = min(int(numbers.shape[1]), self.preprocessing.max_frames)
        ends = np.linspace(1, numbers.shape[1], count).round().astype("int32")
        begun = tf.where(tf.sequence_mask(ends, numbers.shape[1])[..., None], numbers, 0.0)
        scores = self.network(self._network_inputs(self.preprocessing(begun))).numpy()
        tensors = self.preprocessing(numbers)
        layout = self.preprocessing.layout
        joints = tensors["poses"].numpy()[0, :, :, :2] * ((1, 1) if layout in UPWARDS else (1, -1))
        shown = clip_pictures.Clip(joints[:count], scores, self.classes, example.truths[0], BONES[layout])
        return clip_pictures.picture(name, shown)

    def _without_order(self, raw: tf.Tensor) -> dict[str, tf.Tensor]:
        numbers = self.graph_input(raw)
        time = tf.shape(numbers)[1]
        is_frame = tf.reduce_any(numbers != 0, axis=2)
        lengths = tf.reduce_max(tf.where(is_frame, tf.range(time) + 1, 1), axis=1)
        return {
            SINGLE_FRAME: self(middle(numbers, lengths)[0], training=False)["label"],
            SHUFFLED: self(shuffled(numbers, lengths)[0], training=False)["label"],
        }


def _arrays(given: Any, name: str) -> list[np.ndarray] | None:
    """Clips of numbers, however they are given; None for what is no numbers."""
    if tf.is_tensor(given) and given.dtype != tf.string:
        given = given.numpy()
    if isinstance(given, list | tuple):
        given = [one.numpy() if tf.is_tensor(one) else one for one in given]
        if not given or not all(_is_numbers(one) for one in given):
            return None
        if given[0].ndim == 1:
            given = np.stack(given)
    elif not _is_numbers(given):
        return None
    if isinstance(given, np.ndarray) and given.ndim not in (3, 4):
        raise DataError(
            f"expected a list of {name}, or an array (batch, time, features) or (batch, time, joints, dimensions); "
            f"given an array of shape {given.shape}"
            + ("; write [poses] for one clip" if given.ndim == 2 else "")
        )
    return list(given)


def _is_numbers(given: Any) -> bool:
    return isinstance(given, np.ndarray) and given.dtype.kind in "fiub"
