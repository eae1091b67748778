"""Pictures: any text is drawn as it is written, in our style."""

import matplotlib.image
import numpy as np
import pytest

from keras_seq import pictures
from keras_seq.answers.answering import Attention
from keras_seq.run import Run


def test_a_formula_is_drawn_as_it_is_written(tmp_path):
    run = Run(tmp_path)
    """`$x$` takes the room of three characters; a formula would be one."""
    wide = []
    for label in ("$xyz_{abc}$", "Wxyz_{abc}W"):
        pictures.confusion_matrix(run, [[1, 0], [0, 1]], [label, "b"])
        pixels = matplotlib.image.imread(run.confusion_matrix_file)[:, :, :3].min(axis=2)
        left = pixels[: len(pixels) // 2, : len(pixels) // 5]
        wide.append(np.flatnonzero(left.min(axis=0) < 0.5).size)
    assert wide[0] == pytest.approx(wide[1], rel=0.2)


def test_another_font_is_found_for_a_character_that_the_first_one_lacks():
    private = "\ue154"  # which a font of matplotlib's own has, and not the first one
    assert pictures._families(["abc"]) == [pictures.FONT]
    assert len(pictures._families(["abc", private])) == 2
    assert pictures._families(["\U000f0000"]) == [pictures.FONT], "what no font has is no error"


def test_a_picture_takes_any_piece_and_leaves_out_what_is_too_long(tmp_path):
    run = Run(tmp_path)
    money = Attention(["$_$", "</s>"], ["a_$$", "</s>"], [[1.0, 0.0], [0.0, 1.0]])
    long = Attention(["a"] * 700, ["b"], [[0.0] * 700])
    assert pictures.attention(run, [Attention(["</s>"], [], []), long]) == []
    assert pictures.attention(run, [money, long])
    assert run.attention_file.exists()
