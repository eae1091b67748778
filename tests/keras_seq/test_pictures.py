"""Pictures: any text is drawn as it is written, in our style."""

import matplotlib.image
import numpy as np
import pytest

from keras_seq import pictures
from keras_seq.pictures import Attention


def test_a_formula_is_drawn_as_it_is_written(tmp_path):
    """`$x$` takes the room of three characters; a formula would be one."""
    wide = []
    for label in ("$xyz_{abc}$", "Wxyz_{abc}W"):
        pictures.confusion_matrix([[1, 0], [0, 1]], [label, "b"]).draw(tmp_path / "matrix.png")
        pixels = matplotlib.image.imread(tmp_path / "matrix.png")[:, :, :3].min(axis=2)
        left = pixels[: len(pixels) // 2, : len(pixels) // 5]
        wide.append(np.flatnonzero(left.min(axis=0) < 0.5).size)
    assert wide[0] == pytest.approx(wide[1], rel=0.2)


@pytest.mark.parametrize(("number", "rows"), [(1, 1), (6, 1), (7, 2)])
def test_the_curves_of_many_scores_stand_in_rows(number, rows, tmp_path):
    history = [{"epoch": n, **{f"val_score_{k}": n * k for k in range(number)}} for n in (1, 2)]
    pictures.learning_curves(history).draw(tmp_path / "curves.png")
    height, width, _ = matplotlib.image.imread(tmp_path / "curves.png").shape
    assert (height, width) == (384 * rows, 540 * min(number, 6))


def test_another_font_is_found_for_a_character_that_the_first_one_lacks():
    private = "\ue154"  # which a font of matplotlib's own has, and not the first one
    assert pictures._families(["abc"]) == [pictures.FONT]
    assert len(pictures._families(["abc", private])) == 2
    assert pictures._families(["\U000f0000"]) == [pictures.FONT], "what no font has is no error"


def test_a_picture_takes_any_piece_and_leaves_out_what_is_too_long(tmp_path):
    money = Attention(["$_$", "</s>"], ["a_$$", "</s>"], [[1.0, 0.0], [0.0, 1.0]])
    long = Attention(["a"] * 700, ["b"], [[0.0] * 700])
    assert pictures.attention([Attention(["</s>"], [], []), long]) == []
    (picture,) = pictures.attention([money, long])
    picture.draw(tmp_path / "attention.png")
    assert (tmp_path / "attention.png").stat().st_size > 1000
