"""What keeps an utterance from being trained on: its text, and its length for it."""

import pytest

from keras_seq.formats import Example, File
from keras_seq.formats.speech_faults import UtteranceFaults, steps_needed

EXACT = {"exact.wav": 500.0, "short.wav": 90.0, "long.wav": 9000.0, "unknown.wav": None}


def fault(transcript, path="exact.wav", length=1000):
    asked = []

    def milliseconds(path):
        asked.append(path)
        return EXACT[path]

    of_text = (" abc", lambda text: " ".join(text.lower().split()), lambda text: [*map(" abc".index, text)])
    faults = UtteranceFaults(*of_text, milliseconds, 30, 8000)
    found = faults(Example(File(path, length), transcript, "a:1"))
    assert faults(Example(File(path, length), transcript, "a:1")) == found
    assert len(asked) <= 1, "a file is looked into once"
    return found, bool(asked)


@pytest.mark.parametrize(
    ("transcript", "path", "length", "expected", "looked"),
    [
        ("a b", "exact.wav", 1000, "", False),
        (" \t", "exact.wav", 1000, "without a transcript", False),
        ("a dx", "exact.wav", 1000, "with characters outside the alphabet: d x", False),
        ("A  B", "exact.wav", 1000, "", False),
        ("abc", "short.wav", 100, "", True),
        ("abb", "short.wav", 100, "too short for its transcript: 90 of 120 ms", True),
        ("abb", "short.wav", 0, "too short for its transcript: 90 of 120 ms", True),
        ("a", "long.wav", 3000, "longer than 8 s: 9.0 s", True),
        ("abb", "unknown.wav", 10, "", True),
    ],
)
def test_a_fault_is_named_and_a_file_is_looked_into_where_its_length_matters(
    transcript, path, length, expected, looked
):
    assert fault(transcript, path, length) == (expected, looked)


def test_labels_that_are_alike_need_a_step_between_them():
    assert [steps_needed(one) for one in ([], [1], [1, 1], [1, 2, 1], [1, 2, 3, 4, 4])] == [0, 1, 3, 3, 6]


def test_pieces_count_and_not_their_letters():
    pieces = {"abc abc": [7, 7], "abc b": [7, 2]}
    faults = UtteranceFaults(" abc", str, pieces.get, lambda path: 60.0, 30, 8000)
    assert faults(Example(File("a.wav", 60), "abc b", "a:1")) == ""
    assert faults(Example(File("a.wav", 60), "abc abc", "a:1")).endswith(": 60 of 90 ms")
