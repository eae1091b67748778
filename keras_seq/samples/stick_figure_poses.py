"""A generated corpus of actions as poses: the figures of `stick_figures`, the same under the same numbers, as `.npy`
files `(time, 20, 3)`, float32, in metres from the camera: x to the right, y up, z away; 12.5 frames a second.
The joints are `figure_skeleton.JOINTS`, in Kinect's order.
"""

from __future__ import annotations

import pathlib

from keras_seq.samples import stick_figures
from keras_seq.samples.corpus import written

VERSION = stick_figures.VERSION
SIZES = dict(stick_figures.SIZES)
SUFFIX = stick_figures.SUFFIX


def write() -> pathlib.Path:
    """Write the corpus where it is not there yet, and return its folder: `train.csv`, `validation.csv`,
    `test.csv`, and a folder beside each with the class folders of `.npy` files.

    The folder is in `KERAS_SEQ_CACHE`, or in the user's cache folder.

    Raises:
        RecipeError: when it cannot be written there.
    """
    return written("stick_figure_poses", VERSION, lambda folder: write_files(folder, SIZES))


def write_files(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Write a manifest for each split and a folder of poses, the first of them, as many as `sizes` says.

    A manifest has the columns `path`, relative to the manifest's folder, `label` and `person`.
    """
    import numpy as np

    def save(split: str, place: int, path: pathlib.Path) -> None:
        np.save(path, stick_figures.poses(split, place), allow_pickle=False)

    stick_figures.write_splits(folder, sizes, ".npy", save)
