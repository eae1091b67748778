"""Clips -> what happens in them, and what there is to see of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_seq import video_files
from keras_seq.answers import clip_edges, clip_pictures, windows
from keras_seq.answers.answering import Answering
from keras_seq.answers.edge_inputs import EdgeInputs
from keras_seq.answers.signatures import Signature
from keras_seq.answers.without_order import SHUFFLED, SINGLE_FRAME, middle, shuffled
from keras_seq.formats import Example
from keras_seq.pictures import Picture
from keras_seq.preprocessing.clips import ClipFrames

SAMPLING = "sampling"  # the signature that tells clients how large a clip has to be


@keras.saving.register_keras_serializable("keras_seq")
class ClipAnswering(Answering):
    """`Answering` with labels of clips: animated GIFs, or strips of JPEG files; of other videos
    `video_files.as_clip` makes such.

    Example:
        >>> model = keras_seq.load("runs/video_activity")
        >>> model([pathlib.Path("walk.gif").read_bytes()])["label"]
        <tf.Tensor: shape=(1,), dtype=string, numpy=array([b'walk_left'], dtype=object)>
    """

    takes_files = True

    @property
    def clips(self) -> ClipFrames:
        """The layer that makes frames of clips."""
        return self.preprocessing

    def file_contents(self, raw: bytes) -> bytes:
        """The clip of a video file, of a folder of frames, or of a clip itself."""
        return video_files.as_clip(raw, self.clips.frames, self.clips.side)

    def edge_inputs(self, examples: list[str | bytes]) -> EdgeInputs:
        """Clips of every kind that is read, and files that are none; see `Answering.edge_inputs`."""
        of_files = super().edge_inputs(examples)
        return of_files._replace(
            good=[*of_files.good, *clip_edges.good()],
            damaged=[*of_files.damaged, *clip_edges.damaged()],
            either=[*of_files.either, *clip_edges.either()],
        )

    def signatures(self) -> dict[str, Signature]:
        """`serving_default`, and `sampling`: any clip -> how many frames a clip needs, `frames`, and how long the
        shorter of their sides, `side`; more of either is of no use.
        """
        frames, side = self.clips.frames, self.clips.side

        def sampling(clips: tf.Tensor) -> dict[str, tf.Tensor]:
            count = tf.shape(clips)
            return {"frames": tf.fill(count, frames), "side": tf.fill(count, side)}

        spec = tf.TensorSpec([None], tf.string, name=self.inputs[0].name)
        return super().signatures() | {SAMPLING: Signature(sampling, spec, lambda raw: raw)}

    def score_truths(self, inputs: list, truths: list[str]) -> dict[str, tf.Tensor]:
        """What the network says of the middle frame of each clip alone, `single_frame_label`, and of its frames in
        another order, `shuffled_label`: what order is worth.
        """

        def labels(raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            tensors = self.preprocess(raw)
            changed = (
                middle(tensors["frames"], tensors["lengths"]),
                shuffled(tensors["frames"], tensors["lengths"]),
            )
            return tuple(self._labels(frames, lengths) for frames, lengths in changed)

        graph = self._as_graph("without_order", labels, [tf.TensorSpec([None], tf.string)])
        return dict(zip((SINGLE_FRAME, SHUFFLED), graph(tf.constant(inputs)), strict=True))

    def _labels(self, frames: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        scores = self.network({"frames": frames, "lengths": lengths})
        return tf.gather(tf.constant(self.classes), tf.argmax(scores, axis=1))

    def labels_of_windows(self, path: str, window: float, step: float) -> Iterator[dict[str, Any]]:
        """See `Answering.labels_of_windows`; what keeps labels from flickering is in `answers.windows`."""
        parts = video_files.windows(path, window, step, self.clips.frames, self.clips.side)
        asked, asked_too = itertools.tee(parts)
        labels = windows.steady(self._scores(one.raw) for one in asked)
        for one, (place, score) in zip(asked_too, labels, strict=True):
            yield {
                "start": round(one.start, 3),
                "end": round(one.end, 3),
                "label": self.classes[place],
                "score": score,
            }

    def _scores(self, clip: bytes) -> list[float]:
        """The scores of the classes, in their order."""
        answer = self([clip])
        found = dict(
            zip(answer["labels"][0].numpy().tolist(), answer["scores"][0].numpy().tolist(), strict=True)
        )
        return [found.get(name.encode(), 0.0) for name in self.classes]

    def pictures_of(self, examples: list[tuple[str, Example, str | bytes]]) -> list[Picture]:
        """Strips of frames of some clips, and their scores as the clips go on."""
        return [self._picture(*one) for one in examples]

    def _picture(self, name: str, example: Example, raw: str | bytes) -> Picture:
        tensors = self.preprocess([raw])
        count = max(int(tensors["lengths"][0]), 1)
        begun = {
            "frames": tf.repeat(tensors["frames"][:, :count], count, axis=0),
            "lengths": tf.range(1, count + 1),
        }
        scores = np.asarray(self.network(begun))
        shown = clip_pictures.Clip(
            tensors["frames"][0, :count].numpy(), scores, self.classes, example.truths[0]
        )
        return clip_pictures.picture(name, shown)
