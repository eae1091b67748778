"""How inputs are shown."""

from keras_seq.answers.presentation import input_text
from keras_seq.formats import File


def test_a_file_is_shown_by_its_path_and_never_by_its_bytes():
    assert input_text(File("/x.wav", 9)) == "/x.wav"
    assert input_text(b"RIFF") == "4 bytes"
    assert input_text("a text") == "a text"
