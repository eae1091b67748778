"""`.npy` files with Python alone, compared with NumPy's."""

import io

import numpy as np
import pytest

from keras_seq import npy


def saved(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def test_rows_are_those_of_numpy_to_the_last_digit():
    numbers = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    numbers[0] = np.nan, np.inf, 1e-40
    found = npy.rows(saved(numbers))
    np.testing.assert_array_equal(np.array(found, "float32"), numbers)
    assert npy.packed(found) == saved(numbers)


def test_shorter_clips_get_frames_of_zeros():
    assert npy.padded([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]])[0] == [[1.0, 2.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text",
        saved(np.zeros((2, 3))),
        saved(np.zeros((2, 3), "f4"))[:-4],
        saved(np.zeros((2, 3), ">f4")),
    ],
    ids=["empty", "text", "float64", "cut off", "big endian"],
)
def test_another_file_is_refused(raw):
    with pytest.raises(ValueError, match="expected"):
        npy.rows(raw)
