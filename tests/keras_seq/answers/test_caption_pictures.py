"""Pictures with captions, and with the attention word by word."""

import numpy as np
import pytest
from PIL import Image

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


@pytest.mark.parametrize("number", [1, 7, 100])
def test_the_attention_is_drawn_for_every_word(number, tmp_path):
    made = of_attention(captioned(words=["犬"] * number))
    made.draw(tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert made.name == "attention_best_1"
    assert made.about.startswith("Best 1: ")


def test_a_word_is_light_where_the_model_looked(tmp_path):
    weights = np.zeros((2, 2, 3))
    weights[0, 0, 0] = weights[1, 1, 2] = 1.0
    black = captioned(words=["left", "right"])._replace(
        pixels=np.zeros((20, 30, 1), "uint8"), weights=weights
    )
    of_attention(black).draw(tmp_path / "one.png")
    drawn = np.asarray(Image.open(tmp_path / "one.png").convert("L")).astype(float)
    thirds = [part[part.shape[0] // 4 :] for part in np.array_split(drawn, 3, axis=1)]
    halves = [[half[half < 200] for half in np.array_split(third, 2, axis=1)] for third in thirds]
    assert max(map(len, halves[0])) > 1000, "the picture alone"
    assert max(half.max() for half in halves[0]) < 20
    assert halves[1][0].max() > 100 > 20 > np.percentile(halves[1][1], 50)
    assert halves[2][1].max() > 100 > 20 > np.percentile(halves[2][0], 50)


def test_an_empty_caption_and_one_without_truths_are_drawn(tmp_path):
    (made,) = of_captions([captioned(words=(), truths=())])
    made.draw(tmp_path / "one.png")
    assert (tmp_path / "one.png").exists()
