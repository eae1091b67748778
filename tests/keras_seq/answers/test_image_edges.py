"""Pictures at the edges: what is good has no problem, what is damaged has one, and no two are alike."""

import io

import numpy as np
import tensorflow as tf
from PIL import Image

from keras_seq.answers import image_edges
from keras_seq.preprocessing import Pictures


def test_good_pictures_are_read_and_damaged_ones_have_a_problem():
    good, damaged = image_edges.good(), image_edges.damaged()
    found = Pictures(8, 8)(tf.constant([*good, *damaged]))
    problems = found["problem"].numpy().tolist()
    assert set(problems[: len(good)]) == {b""}
    assert all(problems[len(good) :])
    assert not found["pixels"].numpy()[len(good) :].any()
    assert len({*good, *damaged}) == len(good) + len(damaged)


def test_a_flat_picture_is_a_whole_file_of_one_colour_whatever_its_size():
    for size in ((1, 1), (300, 250), (7, 400)):
        found = Image.open(io.BytesIO(image_edges.flat_png(*size)))
        assert found.size == size
        assert np.unique(np.array(found.convert("RGB")).reshape(-1, 3), axis=0).tolist() == [[200, 80, 40]]


def test_the_files_are_small_and_always_the_same():
    assert image_edges.good() == image_edges.good()
    sizes = sorted(map(len, [*image_edges.good((60, 40)), *image_edges.damaged()]))
    assert sizes[-2] < 5000
    assert sizes[-1] < 120_000  # the bomb
    assert sum(map(len, image_edges.good())) < 30_000
