"""A generated corpus of pictures and their captions: coloured shapes, small or large, one to three alike or two that
differ (64 x 64 pixels, PNG files), with five captions each, every one in other words.

What stands together in a picture of test, or of validation, never does so in training: two kinds of shapes, such as a
red circle and a blue square, however large and however they stand to each other. Shapes that are alone there are of all
kinds. Training has more pairs, which are harder to learn. `scene_wording.is_true` tells whether a caption is true of a
picture. It shows that everything works, not how good a model is on photographs.
"""

from __future__ import annotations

import functools
import itertools
import json
import pathlib
import random

from keras_seq.formats.lines import json_lines
from keras_seq.samples import scene_wording
from keras_seq.samples.corpus import written
from keras_seq.samples.scene_wording import COLOURS, NUMBERS, OPPOSITES, SHAPES, Group, Scene

VERSION = 2  # in the folder's name; a change of the corpus counts it up
SEED = 64
SIZES = {"train": 6000, "validation": 150, "test": 200}
SUFFIX = ".jsonl"
HELD_OUT = {"validation": 0.1, "test": 0.15}  # part of all combinations
ALONE = {"train": 0.35, "validation": 0.5, "test": 0.5}  # part of the scenes that have one group

Kind = tuple[str, str]  # colour, shape
Combination = tuple[Kind, Kind]  # in alphabetical order


def write() -> pathlib.Path:
    """Write the corpus where it is not there yet, and return its folder: `train.jsonl`, `validation.jsonl`,
    `test.jsonl`, and a folder beside each with the pictures.

    The folder is in `KERAS_SEQ_CACHE`, or in the user's cache folder.

    Raises:
        RecipeError: when it cannot be written there.
    """
    return written("scenes", VERSION, lambda folder: write_files(folder, SIZES))


def write_files(folder: pathlib.Path, sizes: dict[str, int]) -> None:
    """Write a table for each split and a folder of pictures, the first of them, as many as `sizes` says.

    A line of a table is `{"image": "train/0001.png", "captions": [...], "scene": {...}}`, the path relative to the
    table's folder.
    """
    from keras_seq import png
    from keras_seq.samples.scene_drawing import drawn

    for split, size in sizes.items():
        (folder / split).mkdir()
        with (folder / f"{split}{SUFFIX}").open("w", encoding="utf-8") as file:
            for place in range(size):
                name, what = f"{split}/{place + 1:04}.png", scene(split, place)
                pixels = drawn(what, random.Random(f"{SEED} drawing {split} {place}"))
                (folder / name).write_bytes(png.encoded(pixels))
                row = {"image": name, "captions": captions(split, place), "scene": what.as_dict()}
                file.write(json.dumps(row) + "\n")


def captions(split: str, place: int) -> list[str]:
    """The captions of a split's picture at a place, from 0."""
    return scene_wording.captions(scene(split, place), random.Random(f"{SEED} wording {split} {place}"))


def scene(split: str, place: int) -> Scene:
    """What is in a split's picture at a place, from 0."""
    generator = random.Random(f"{SEED} {split} {place}")
    if generator.random() < ALONE[split]:
        return Scene((_group(generator, generator.choice(list(NUMBERS))),))
    while True:
        found = _pair(generator)
        if held_out().get(combination(found), "train") == split:
            return found


def depicted(table: pathlib.Path) -> dict[str, Scene]:
    """Path of a picture -> its scene, of the table of a split.

    Raises:
        DataError: when it cannot be read.
    """
    return {str(table.parent / row["image"]): Scene.of_dict(row["scene"]) for _, row in json_lines(table)}


def combination(pair: Scene) -> Combination:
    """What stands together in a scene of two shapes."""
    first, second = sorted(group[2:] for group in pair.groups)
    return first, second


@functools.cache
def held_out() -> dict[Combination, str]:
    """Combinations that training never has -> the split, validation or test, that has them."""
    pairs = list(itertools.combinations(sorted(itertools.product(COLOURS, SHAPES)), 2))
    random.Random(SEED).shuffle(pairs)
    found: dict[Combination, str] = {}
    for split, part in HELD_OUT.items():
        count = round(part * len(pairs))
        found |= dict.fromkeys(pairs[len(found) : len(found) + count], split)
    return found


def _pair(generator: random.Random) -> Scene:
    """Two shapes that differ in colour or shape."""
    while True:
        first, second = _group(generator, 1), _group(generator, 1)
        if second[2:] != first[2:]:
            return Scene((first, second), generator.choice(list(OPPOSITES)))


def _group(generator: random.Random, number: int) -> Group:
    size = generator.choice(list(scene_wording.SIZES))
    return Group(number, size, generator.choice(COLOURS), generator.choice(SHAPES))
