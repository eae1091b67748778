"""The stick figures: the same on every machine, no person of one split in another, and pairs of classes that
single frames do not tell apart.
"""

import collections
import hashlib

import numpy as np
import pytest
import tensorflow as tf

from keras_seq.formats import Referenced, Table
from keras_seq.samples import stick_figures
from keras_seq.samples.stick_figures import LABELS, PEOPLE, SIZES

DIGESTS = {"train": "09382446701468f9", "validation": "d5c8e4f8becdf327", "test": "9ae8cdd6862e95d7"}
SMALL = {"train": 20, "validation": 10, "test": 10}
PAIRED = LABELS[:6]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    stick_figures.write_files(folder, SMALL)
    return folder


def test_manifests_are_read_by_the_common_reader_and_classes_are_balanced(written):
    for split, size in SMALL.items():
        examples = list(Referenced(Table(str(written / f"{split}.csv"), "path", "label"), str(written)))
        assert [example.truth for example in examples] == [*LABELS * (size // 10)]
        paths = [example.input.path for example in examples]
        assert sorted(paths) == sorted(map(str, (written / split).glob("*/*.gif")))
        for example, path in zip(examples, paths, strict=True):
            assert f"/{example.truth}/" in path
    assert all(size % len(LABELS) == 0 for size in SIZES.values())


def test_files_hold_exactly_the_drawn_frames(written):
    for place in (0, 7):
        path = written / "train" / LABELS[place] / f"{place + 1:04}.gif"
        frames = stick_figures.clip("train", place)
        assert len(frames) == len(stick_figures.poses("train", place))
        decoded = tf.io.decode_gif(path.read_bytes()).numpy()
        np.testing.assert_array_equal(decoded, np.repeat(frames[..., None], 3, -1))


def test_clips_are_the_same_everywhere():
    """A change of these numbers is a change of the corpus: count VERSION up with it."""
    found = {
        split: hashlib.sha256(stick_figures.clip(split, 4).tobytes()).hexdigest()[:16] for split in SIZES
    }
    assert stick_figures.VERSION == 2
    assert found == DIGESTS


def test_people_differ_and_no_split_shares_one():
    every = {split: stick_figures.people(split) for split in SIZES}
    assert {split: len(people) for split, people in every.items()} == PEOPLE
    flat = [person for people in every.values() for person in people]
    assert len({person.name for person in flat}) == len({person.height for person in flat}) == len(flat)
    used = collections.Counter(stick_figures.person("test", place).name for place in range(SIZES["test"]))
    assert set(used) == {person.name for person in every["test"]}


def test_the_corpus_is_kept_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    monkeypatch.setattr(stick_figures, "SIZES", {"train": 2, "validation": 1, "test": 1})
    folder = stick_figures.write()
    assert folder == tmp_path / "stick_figures_2"
    names = ["test", "test.csv", "train", "train.csv", "validation", "validation.csv"]
    assert sorted(path.name for path in folder.iterdir()) == names
    lines = (folder / "train.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["path,label,person", f"train/walk_left/0001.gif,walk_left,{lines[1].split(',')[2]}"]
    assert stick_figures.write() == folder


@pytest.fixture(scope="module")
def figures():
    """Poses around the hips, at 16 times, or in one moment, of training and of test."""
    found = {}
    for split, size in (("train", 400), ("test", 100)):
        joints = [stick_figures.poses(split, place) for place in range(size)]
        around = [one - one[:, 3:4].mean(0) for one in joints]
        times = [np.round(np.linspace(0, len(one) - 1, 16)).astype(int) for one in joints]
        middles = [one[(7 * place) % len(one)] for place, one in enumerate(joints)]
        found[split] = {
            "clip": np.array([one[at].ravel() for one, at in zip(around, times, strict=True)]),
            "frame": np.array([(one - one[3] * [0, 0, 1]).ravel() for one in middles]),
            "label": np.array([stick_figures.label(place) for place in range(size)]),
        }
    return found


def nearest(figures, what):
    """The label of the training clip that is nearest to each test clip."""
    known, asked = figures["train"][what], figures["test"][what]
    distances = (asked**2).sum(1)[:, None] - 2 * asked @ known.T + (known**2).sum(1)
    return figures["train"]["label"][distances.argmin(1)]


def test_actions_of_new_people_are_told_by_the_nearest_known_clip(figures):
    assert np.mean(nearest(figures, "clip") == figures["test"]["label"]) > 0.95


def test_a_single_frame_does_not_tell_a_pair_apart(figures):
    truth, answers = figures["test"]["label"], nearest(figures, "frame")
    partner = {label: PAIRED[place ^ 1] for place, label in enumerate(PAIRED)}
    right = sum(answers == truth)
    swapped = sum(partner.get(label) == answer for label, answer in zip(truth, answers, strict=True))
    paired = np.isin(truth, PAIRED)
    among = sum((answers == truth)[paired])
    assert 0.3 < among / (among + swapped) < 0.7
    assert right > 40  # of 100: what is no pair is seen
