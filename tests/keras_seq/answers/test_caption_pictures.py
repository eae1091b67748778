"""Pictures with captions, and with the attention word by word."""

import numpy as np
import pytest

from keras_seq.answers.caption_pictures import Captioned, of_attention, of_captions

RANDOM = np.random.default_rng(1)


def captioned(name="best_1", colors=3, words=("a", "$dog_", "runs", "</s>"), truths=("a dog",)):
    pixels = RANDOM.integers(0, 256, (20, 30, colors)).astype("uint8")
    weights = RANDOM.dirichlet(np.ones(6), len(words)).reshape(-1, 2, 3)
    return Captioned(name, pixels, " ".join(words), truths, words, weights)


@pytest.mark.parametrize("colors", [1, 3])
@pytest.mark.parametrize("number", [1, 5])
def test_pictures_stand_in_rows_with_their_captions(number, colors, tmp_path):
    (made,) = of_captions([captioned(f"worst_{n}", colors) for n in range(number)])
    made.draw(tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert made.name == "captions"


def test_no_captions_make_no_picture():
    assert of_captions([]) == []


@pytest.mark.parametrize("number", [1, 7])
def test_the_attention_is_drawn_for_every_word(number, tmp_path):
    made = of_attention(captioned(words=["犬"] * number))
    made.draw(tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert made.name == "attention_best_1"
    assert made.about.startswith("Best 1: ")


def test_an_empty_caption_and_one_without_truths_are_drawn(tmp_path):
    (made,) = of_captions([captioned(words=(), truths=())])
    made.draw(tmp_path / "one.png")
    assert (tmp_path / "one.png").exists()
