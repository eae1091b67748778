"""Pictures of clips and of what a model makes of them."""

import numpy as np
import pytest

from keras_seq.answers.clip_pictures import Clip, picture

CLASSES = ["wave $_1", "walk", "sit", "run", "jump"]
SCORES = np.random.default_rng(1).dirichlet(np.ones(5), 12).astype("float32")
JOINTS = np.random.default_rng(2).normal(size=(12, 4, 2)).astype("float32")
JOINTS[3, 1] = np.nan
FRAMES = {
    "grey": np.full((12, 6, 8, 1), 90, "uint8"),
    "colour": np.full((12, 6, 8, 3), 90, "uint8"),
    "joints": JOINTS,
    "one": np.full((1, 6, 8, 1), 90, "uint8"),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_clips_of_every_kind_are_drawn(kind, tmp_path):
    frames = FRAMES[kind]
    made = picture("worst", Clip(frames, SCORES[: len(frames)], CLASSES, "walk", [(0, 1), (1, 2)]))
    made.draw(tmp_path / "clip.png")
    assert (tmp_path / "clip.png").read_bytes().startswith(b"\x89PNG")
    answer = CLASSES[int(SCORES[len(frames) - 1].argmax())]
    assert made.about == f"Worst: {answer}; true: walk."
    assert made.name == "worst"
