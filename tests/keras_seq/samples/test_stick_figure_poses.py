"""The poses: file for file the figures of the clips."""

import hashlib

import numpy as np
import pytest

from keras_seq.samples import stick_figure_poses, stick_figures
from keras_seq.samples.figure_drawing import SIDE, projected, scene

DIGEST = "98cfd6d6e4097a47"
SMALL = {"train": 20, "validation": 10, "test": 10}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poses")
    stick_figure_poses.write_files(folder, SMALL)
    return folder


def test_a_pose_has_the_name_the_label_and_the_person_of_its_clip(written, tmp_path):
    stick_figures.write_files(tmp_path, {"train": 20})
    clips = (tmp_path / "train.csv").read_text(encoding="utf-8")
    assert (written / "train.csv").read_text(encoding="utf-8") == clips.replace(".gif", ".npy")
    assert stick_figure_poses.SIZES == stick_figures.SIZES


def test_files_hold_joints_in_metres(written):
    for path in sorted(written.glob("*/*/*.npy")):
        joints = np.load(path, allow_pickle=False)
        assert (joints.dtype, joints.shape[1:]) == (np.float32, (20, 3))
        assert 15 <= len(joints) <= 50
        assert 1.2 < np.ptp(joints[0, :, 1]) < 2.6 or "sit" in str(path) or "stand" in str(path)
        assert (joints[:, 3, 2] > 2).all()


def test_poses_are_where_the_clip_has_its_figure():
    """Pixels at the joints differ from those at places by chance."""
    for place in range(10):
        joints, frames = stick_figures.poses("test", place), stick_figures.clip("test", place).astype(float)
        generator = stick_figures.scene_generator("test", place)
        setting = scene(len(joints), generator)
        pixels = np.round(projected(joints, setting.moves)).astype(int)
        time, joint = np.nonzero(((pixels >= 0) & (pixels < SIDE)).all(-1))
        assert len(time) > 0.8 * joints.shape[0] * joints.shape[1]
        values = frames[time, pixels[time, joint, 1], pixels[time, joint, 0]]
        ground = np.median(frames)
        towards = (values - ground) / (setting.figure - ground)  # 1 on the figure
        assert np.mean(towards > 0.5) > 0.85


def test_poses_are_the_same_everywhere(written):
    """A change of this number is a change of the corpus: count VERSION up with it."""
    data = (written / "test" / "stand_up" / "0006.npy").read_bytes()
    assert stick_figure_poses.VERSION == 2
    assert hashlib.sha256(data).hexdigest()[:16] == DIGEST


def test_the_corpus_is_kept_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))
    monkeypatch.setattr(stick_figure_poses, "SIZES", {"train": 2, "validation": 1, "test": 1})
    folder = stick_figure_poses.write()
    assert folder == tmp_path / "stick_figure_poses_2"
    assert (folder / "train" / "walk_right" / "0002.npy").exists()
