"""The picture of a sound: a file is drawn whatever the letters and the words are, with the sound beside it."""

import numpy as np
import pytest

from keras_seq.answers.sound_pictures import Sound, picture

LETTERS = ["", " ", "a", "$"]


def sound(frames, steps, words):
    generator = np.random.default_rng(1)
    scores = np.log(generator.dirichlet(np.ones(len(LETTERS)), steps) + 1e-9)
    return Sound(generator.normal(size=(frames, 80)), scores.reshape(steps, 4), LETTERS, words, "a $x$")


@pytest.mark.parametrize(
    ("frames", "steps", "words"),
    [
        (120, 40, [{"word": "$a_$", "start": 0.1, "end": 0.4}, {"word": "a", "start": 0.6, "end": 0.7}]),
        (1, 1, []),
        (5000, 1700, []),
    ],
    ids=["words", "one frame", "long"],
)
def test_a_picture_is_drawn_and_has_its_sound(frames, steps, words, tmp_path):
    drawn = picture("median", sound(frames, steps, words), b"RIFF")
    drawn.draw(tmp_path / "median.png")
    assert (tmp_path / "median.png").read_bytes().startswith(b"\x89PNG")
    assert drawn.sound == b"RIFF"
    said = " ".join(word["word"] for word in words) or "(nothing)"
    assert drawn.about == f"Median: {said}; true: a $x$."
