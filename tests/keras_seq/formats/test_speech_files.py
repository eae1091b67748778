"""Sounds as examples' inputs: where they are, and how long."""

import math
import pathlib

import pytest

from keras_seq.errors import DataError
from keras_seq.formats.speech_files import milliseconds, placed, sound


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1.5, 1500), (2, 2000), (0.0004, 0), (0, 0), (None, None), (10**400, 10**403)],
    ids=["part", "whole", "less than one", "none of it", "nothing", "without end"],
)
def test_a_duration_is_in_milliseconds(seconds, expected):
    assert milliseconds(seconds, "m:1") == expected


@pytest.mark.parametrize("seconds", ["1.5", True, math.nan, math.inf, -0.1, [1]])
def test_what_is_no_number_of_seconds_is_refused(seconds):
    with pytest.raises(DataError, match=r"m:1: duration .*: expected a number of seconds"):
        milliseconds(seconds, "m:1")


def test_a_length_that_is_not_known_is_estimated_from_the_size_in_the_same_unit(tmp_path):
    """A second of 16-bit samples at 16 kHz, as it is and as FLAC would have it."""
    for name, size in {"a.wav": 32000, "a.FLAC": 16000}.items():
        (tmp_path / name).write_bytes(bytes(size))
        assert sound(tmp_path / name) == (str(tmp_path / name), 1000)
    assert sound("none.wav", size=64000).length == 2000
    assert sound("none.wav", milliseconds=7, size=64000).length == 7
    assert sound("none.wav").length == 0


def test_a_path_starts_at_the_folder_unless_it_is_whole():
    folder = pathlib.Path("data", "set")
    assert placed(folder, " a/b.wav ", "m:1") == folder / "a" / "b.wav"
    assert placed(folder, "/a/b.wav", "m:1") == pathlib.Path("/a/b.wav")
    with pytest.raises(DataError, match=r"m:1: the path of the sound is empty"):
        placed(folder, " ", "m:1")
    with pytest.raises(DataError, match=r"m:1: the path has half of a surrogate pair"):
        placed(folder, "a\ud800.wav", "m:1")
