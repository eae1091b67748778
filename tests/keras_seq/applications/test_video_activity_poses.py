"""Activities of poses, from lists of files to answers."""

import pathlib

import keras
import numpy as np
import pose_clips
import pytest
import tensorflow as tf

from keras_seq import applications, pose_files
from keras_seq.contract import Known
from keras_seq.errors import DataError, RecipeError

poses = applications.functions("video_activity_poses")
SMALL = {"projection": 8, "units": 4, "layers": 1}
LISTS = {split: f"{split}.txt" for split in ("train", "validation", "test")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return pose_clips.write(tmp_path_factory.mktemp("poses"), {"train": 12, "validation": 6, "test": 6})


def read(folder, split="train", **data):
    return poses.read(split, **{**{key: str(folder / name) for key, name in LISTS.items()}, **data})


def prepared(folder, **keywords):
    return poses.prepare(read(folder), **{"layout": "kinect20", **keywords})


def test_a_list_names_clips_and_their_classes(folder):
    examples = list(read(folder))
    assert [one.truth for one in examples[:3]] == list(pose_clips.MOVES)
    assert examples[0].input.path.endswith("clips/swipe_left/train_0.npy")
    assert read(folder, "test", test=None) is None


def test_people_are_held_out_whole(folder):
    parts = [
        {one.input.path for one in read(folder, split, validation=0.3, group=r"train_(\d)")}
        for split in ("train", "validation")
    ]
    tens = [{path.rpartition("train_")[2][0] for path in part} for part in parts]
    assert all(tens)
    assert not set.intersection(*tens)


def test_what_is_learned_of_the_training_split(folder):
    preprocessing = prepared(folder, mirrored={"swipe_left": "swipe_right"})
    assert preprocessing.sizes == {"num_classes": 3, "joints": 20, "dimensions": 3}
    assert preprocessing.classes == ["raise", "swipe_left", "swipe_right"]
    assert preprocessing.weights["scores"][0].tolist() == [0, 2, 1]
    assert preprocessing.weights["mirror"][0][:8].tolist() == [0, 1, 2, 3, 8, 9, 10, 11]
    files = [preprocessing.contents(pathlib.Path(one.input.path).read_bytes()) for one in read(folder)]
    tensors = preprocessing.features_of(tf.constant(files))
    assert tensors["poses"].shape[2:] == (20, 3)
    assert preprocessing.problems_of([files[0], b"x"]) == ["", "not a .npy file of version 1.0"]
    inputs, targets = preprocessing.pair(tensors, tf.constant(["raise"] * 12))
    assert set(inputs) == {"poses", "valid", "lengths"}
    assert targets[0].numpy().tolist() == [1, 0, 0]


def test_plain_numbers_have_their_mean_and_deviation(folder):
    inputs = prepared(folder, layout="none").inputs
    frames = np.concatenate([np.load(one.input.path) for one in read(folder)]).reshape(-1, 60)
    np.testing.assert_allclose(inputs.mean, frames.mean(0), atol=1e-4)
    np.testing.assert_allclose(inputs.deviation, frames.std(0), atol=1e-4)


def test_what_does_not_fit_is_said(folder, tmp_path):
    with pytest.raises(DataError, match=r"60 numbers a frame; ntu25 has 25 joints, so 50, 75, 100"):
        prepared(folder, layout="ntu25")
    with pytest.raises(RecipeError, match=r"mirrored: no class 'swipe_up'"):
        prepared(folder, mirrored={"swipe_up": "raise"})
    for label in "ab":
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.npy").write_bytes(b"no pose")
    with pytest.raises(DataError, match=r"no clip of the training split can be read; .*a/1\.npy: expected a"):
        poses.prepare(read(folder, train=str(tmp_path)))
    with pytest.raises(DataError, match="one class only"):
        poses.prepare(read(folder, labels={"raise": "up"}))


@pytest.mark.parametrize(
    "keywords", [{"streams": "velocities", "pooling": "max"}, {"pooling": "mean", "mirror": 0.5}]
)
def test_a_network_takes_what_the_preprocessing_gives(folder, keywords):
    preprocessing = prepared(folder)
    network = poses.build(preprocessing.sizes, **SMALL, **keywords)
    tensors = preprocessing.features_of(tf.constant([pose_files.packed(pose_clips.clip("raise", 1))]))
    scores = network(tensors)
    np.testing.assert_allclose(tf.reduce_sum(scores, axis=1), [1], atol=1e-5)
    assert network(tensors, training=True).shape == (1, 3)


def test_the_network_learns_to_tell_directions_in_time(folder):
    preprocessing = prepared(folder)
    keras.utils.set_random_seed(1)
    network = poses.build(preprocessing.sizes, projection=16, units=16, layers=1, dropout=0.0, pooling="mean")
    model = poses.present(preprocessing, network)
    model.compile(keras.optimizers.Adam(0.02))
    clips = [np.load(one.input.path) for one in read(folder)]
    model.fit(clips, [one.truth for one in read(folder)], epochs=15, batch_size=6, verbose=0)
    tests = list(read(folder, "test"))
    answers = model.predict([np.load(one.input.path) for one in tests], verbose=0)["label"]
    assert np.mean([label.decode() == one.truth for label, one in zip(answers, tests, strict=True)]) >= 0.8


def test_training_goes_on_from_a_model_with_other_classes(folder):
    first = prepared(folder)
    model = poses.present(first, poses.build(first.sizes, **SMALL))
    carried = prepared(folder, known=Known(model)).carried["num_classes"]
    assert (carried.kept, carried.new) == (3, 0)
