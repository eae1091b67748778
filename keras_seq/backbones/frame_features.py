"""The frames of clips as vectors: what is seen in them, and what moves."""

from __future__ import annotations

import keras

from keras_seq.backbones.backbone import backbone as backbone_of
from keras_seq.backbones.image_features import ImageFeatures
from keras_seq.layers import FrameDifferences


def frame_features(
    frames: keras.KerasTensor,
    mask: keras.KerasTensor,
    backbone: str,
    weights: str,
    pooled: bool,
    motion: bool,
) -> keras.KerasTensor:
    """Frames `(batch, time, height, width, channels)` and a mask `(batch, time)` -> `(batch, time, features)`, by
    layers of a functional model: `features`, what a backbone sees in a frame, and with `motion` also in what differs
    from the frame before. "scratch" sees both at once; beside others a small network sees it, `motion_features`.

    Args:
        frames: symbolic.
        mask: symbolic.
        backbone: its name, and `weights`, as for `backbones.backbone`.
        weights: likewise.
        pooled: whether the mean over a frame's places is taken; else all of them stand one behind the other.
        motion: whether differences are seen.
    """
    shape = tuple(frames.shape[2:])
    if backbone == "scratch" and motion:  # it sees both at once
        frames = FrameDifferences(name="differences")(frames, mask)
        shape, motion = tuple(frames.shape[2:]), False
    of_frames, is_new = backbone_of(backbone, weights, shape), weights == "none"
    seen = [ImageFeatures(of_frames, pooled, is_new, name="features")(frames, mask)]
    if motion:
        moved = FrameDifferences(name="differences")(frames, mask)
        small = backbone_of("scratch", None, tuple(moved.shape[2:]))
        seen.append(ImageFeatures(small, pooled, True, name="motion_features")(moved, mask))
    if not pooled:
        seen = [
            keras.layers.Reshape((-1, one.shape[2] * one.shape[3]), name=f"{name}_places")(one)
            for name, one in zip(("features", "motion"), seen, strict=False)
        ]
    return keras.layers.Concatenate(name="fusion")(seen) if len(seen) > 1 else seen[0]
