"""How inputs are shown."""

from keras_seq.answers.presentation import decoded, input_text, known
from keras_seq.formats import File


def test_a_file_is_shown_by_its_path_and_never_by_its_bytes():
    assert input_text(File("/x.wav", 9)) == "/x.wav"
    assert input_text(b"RIFF") == "4 bytes"
    assert input_text("a text") == "a text"


def test_bytes_become_text_whatever_they_are():
    assert decoded("é") == decoded("é".encode()) == "é"
    assert decoded(b"a\xff") == "a\ufffd"


def test_names_are_shown_with_the_nearest_one():
    assert known("persn", ["date", "person"]) == "'date', 'person'; did you mean 'person'?"
    assert known("x", ["date"]) == "'date'"
    assert known("x", [f"name{n}" for n in range(30)]).endswith("'name19', ...")
