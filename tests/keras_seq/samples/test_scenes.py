"""The scenes: the same on every machine, read by the common reader, with combinations held out of training."""

import collections
import hashlib
import json
import random

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.errors import RecipeError
from keras_seq.formats import Captions
from keras_seq.samples import scene_wording, scenes
from keras_seq.samples.scene_drawing import drawn
from keras_seq.samples.scene_wording import Group, Scene
from keras_seq.samples.scenes import SIZES, held_out

DIGESTS = {"train": "cc9bd63ffba571ea", "validation": "462bda85b500ef10", "test": "b24d05814c54f410"}
SMALL = {"train": 6, "validation": 3, "test": 4}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    scenes.write_files(folder, SMALL)
    return folder


@pytest.fixture(scope="module")
def every():
    return {split: [scenes.scene(split, place) for place in range(size)] for split, size in SIZES.items()}


def test_tables_are_read_by_the_common_reader_and_captions_are_true(written):
    for split, size in SMALL.items():
        table = written / f"{split}.jsonl"
        examples, depicted = list(Captions(str(table))), scenes.depicted(table)
        paths = [example.input.path for example in examples]
        assert paths == list(depicted) == sorted(map(str, (written / split).glob("*.png")))
        assert len(paths) == size
        for place, example in enumerate(examples):
            scene = depicted[example.input.path]
            assert scene == scenes.scene(split, place)
            assert example.truth == tuple(scenes.captions(split, place))
            assert all(scene_wording.is_true(caption, scene) for caption in example.truth)


def test_files_hold_the_drawn_pictures(written):
    for place, path in enumerate(sorted((written / "test").iterdir())):
        pixels = drawn(scenes.scene("test", place), random.Random(f"{scenes.SEED} drawing test {place}"))
        np.testing.assert_array_equal(tf.io.decode_png(path.read_bytes()).numpy(), pixels)


def test_the_scenes_are_the_same_everywhere(written):
    """A change of these numbers is a change of the corpus: count VERSION up with it."""
    found = {}
    for split in SMALL:
        digest = hashlib.sha256((written / f"{split}.jsonl").read_bytes())
        for path in sorted((written / split).iterdir()):
            digest.update(tf.io.decode_png(path.read_bytes()).numpy().tobytes())
        found[split] = digest.hexdigest()[:16]
    assert scenes.VERSION == 2
    assert found == DIGESTS


def test_what_stands_together_in_validation_and_test_never_does_in_training(every):
    found = {
        split: {scenes.combination(scene) for scene in of_split if scene.relation}
        for split, of_split in every.items()
    }
    assert found["train"].isdisjoint(held_out())
    for split, part in scenes.HELD_OUT.items():
        own = {one for one, of in held_out().items() if of == split}
        assert found[split] <= own
        assert len(own) == pytest.approx(part * 153, abs=1)
        assert len(found[split]) > 0.6 * len(own)


def test_training_has_every_word_and_every_single_shape_that_the_others_have(every):
    groups = {split: {group for scene in found for group in scene.groups} for split, found in every.items()}
    single = {split: {group for group in found if group.number == 1} for split, found in groups.items()}
    assert single["test"] <= single["train"]
    assert groups["test"] <= groups["train"]
    words = {
        split: {
            word for place in range(60) for text in scenes.captions(split, place) for word in text.split()
        }
        for split in ("train", "test")
    }
    assert words["test"] <= words["train"]


def test_a_scene_and_the_same_one_turned_have_the_same_combination():
    red, blue = Group(1, "small", "red", "circle"), Group(3, "small", "blue", "square")
    scene = Scene((red, blue), "below")
    assert scenes.combination(scene) == scenes.combination(scene.turned)
    assert scenes.combination(scene) == (("blue", "square"), ("red", "circle"))


def test_scenes_are_of_all_kinds_and_of_two_shapes_one_each_that_differ_in_more_than_size(every):
    for split, found in every.items():
        kinds = collections.Counter(scene.relation for scene in found)
        assert min(kinds.values()) > len(found) / 20
        assert set(kinds) == {"", *scene_wording.RELATIONS}, split
        pairs = [scene.groups for scene in found if scene.relation]
        assert all(first[2:] != second[2:] for first, second in pairs)
        assert all(first.number == second.number == 1 for first, second in pairs)


def test_training_has_every_word(every):
    said = {split: set() for split in SIZES}
    for split in SIZES:
        for place in range(min(SIZES[split], 300)):
            said[split].update(word for caption in scenes.captions(split, place) for word in caption.split())
    assert said["train"] >= said["validation"] | said["test"]
    assert len(said["train"]) < 50


def test_the_corpus_is_kept_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    monkeypatch.setattr(scenes, "SIZES", {"train": 2, "validation": 1, "test": 1})
    folder = scenes.write()
    assert folder == tmp_path / "scenes_2"
    names = ["test", "test.jsonl", "train", "train.jsonl", "validation", "validation.jsonl"]
    assert sorted(path.name for path in folder.iterdir()) == names
    row = json.loads((folder / "train.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert (row["image"], len(row["captions"])) == ("train/0001.png", 5)
    assert scenes.write() == folder
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(folder / "test.jsonl"))
    with pytest.raises(RecipeError, match="the sample corpus cannot be written"):
        scenes.write()
