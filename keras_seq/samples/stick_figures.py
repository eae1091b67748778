"""A generated corpus of actions in video: stick figures in animated GIF files (48 x 48 pixels, grey, 12.5 frames
a second), a folder for each class, and a manifest of paths and labels for each split. `stick_figure_poses` has
the same figures as poses.

Figures differ in build, speed, amplitude, place, distance, turn and time, and clips in background, contrast,
noise and a camera that may drift. A single frame does not tell walking or running to the left from to the
right, nor sitting down from standing up. People of one split are in no other. It shows that everything works,
not how good a model is on real video, which is far more diverse.
"""

from __future__ import annotations

import csv
import functools
import pathlib
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_seq.samples.corpus import written

if TYPE_CHECKING:
    import numpy as np

    from keras_seq.samples.figure_skeleton import Person

VERSION = 2  # in the folder's name; a change of the corpus counts it up
SEED = 90
SIZES = {"train": 800, "validation": 100, "test": 200}
SUFFIX = ".csv"
PEOPLE = {"train": 60, "validation": 12, "test": 24}
LABELS = (
    *("walk_left", "walk_right", "run_left", "run_right", "sit_down"),
    *("stand_up", "jump", "wave", "bend", "clap"),
)


def write() -> pathlib.Path:
    """Write the corpus where it is not there yet, and return its folder: `train.csv`, `validation.csv`,
    `test.csv`, and a folder beside each with the class folders of GIF files.

    The folder is in `KERAS_SEQ_CACHE`, or in the user's cache folder.

    Raises:
        RecipeError: when it cannot be written there.
    """
    return written("stick_figures", VERSION, lambda folder: write_files(folder, SIZES))


def write_files(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Write a manifest for each split and a folder of clips, the first of them, as many as `sizes` says.

    A manifest has the columns `path`, relative to the manifest's folder, `label` and `person`.
    """
    from keras_seq import gif
    from keras_seq.samples.figure_actions import RATE

    def save(split: str, place: int, path: pathlib.Path) -> None:
        path.write_bytes(gif.encoded(clip(split, place), 1 / RATE))

    write_splits(folder, sizes, ".gif", save)


def write_splits(
    folder: pathlib.Path,
    sizes: dict[str, int],
    suffix: str,
    save: Callable[[str, int, pathlib.Path], None],
) -> None:
    """Write a manifest for each split, and the files that it names, `SPLIT/LABEL/0001` and so on.

    Args:
        folder: where to.
        sizes: how many of each split.
        suffix: of the files.
        save: writes the file of a split's figure at a place, from 0.
    """
    for split, size in sizes.items():
        with (folder / f"{split}{SUFFIX}").open("w", encoding="utf-8", newline="") as file:
            manifest = csv.writer(file, lineterminator="\n")
            manifest.writerow(["path", "label", "person"])
            for place in range(size):
                path = f"{split}/{label(place)}/{place + 1:04}{suffix}"
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                save(split, place, folder / path)
                manifest.writerow([path, label(place), person(split, place).name])


def label(place: int) -> str:
    """The class of a split's figure at a place: each in turn."""
    return LABELS[place % len(LABELS)]


def person(split: str, place: int) -> Person:
    """Who the figure at a place of a split is."""
    return random.Random(f"{SEED} person {split} {place}").choice(people(split))


@functools.cache
def people(split: str) -> list[Person]:
    """The people of a split; none is in another split."""
    from keras_seq.samples.figure_skeleton import Person

    generator = random.Random(f"{SEED} people")
    count = sum(PEOPLE.values())
    heights = [1.5 + 0.45 * place / (count - 1) for place in range(count)]
    generator.shuffle(heights)
    every = [
        Person(
            name=f"person_{number:02}",
            height=height,
            legs=generator.uniform(0.92, 1.08),
            arms=generator.uniform(0.9, 1.1),
            breadth=generator.uniform(0.8, 1.25),
            thickness=generator.uniform(0.035, 0.065),
        )
        for number, height in enumerate(heights, 1)
    ]
    before = list(PEOPLE)[: list(PEOPLE).index(split)]
    start = sum(PEOPLE[name] for name in before)
    return every[start : start + PEOPLE[split]]


def poses(split: str, place: int) -> np.ndarray:
    """The joints of the figure at a place of a split, `(time, 20, 3)` float32, in metres from the camera."""
    from keras_seq.samples.figure_actions import action

    return action(label(place), person(split, place), random.Random(f"{SEED} {split} {place}"))


def clip(split: str, place: int) -> np.ndarray:
    """The same figure as frames, `(time, 48, 48)` uint8."""
    from keras_seq.samples.figure_drawing import drawn, scene

    joints = poses(split, place)
    setting = scene(len(joints), scene_generator(split, place))
    return drawn(joints, person(split, place), setting)


def scene_generator(split: str, place: int) -> random.Random:
    """What draws all of a clip but its figure."""
    return random.Random(f"{SEED} scene {split} {place}")
