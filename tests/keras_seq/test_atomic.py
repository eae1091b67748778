"""Files that are there whole or not at all."""

import pytest

from keras_seq.atomic import replace


def test_a_file_that_cannot_be_written_leaves_the_earlier_one(tmp_path):
    path = tmp_path / "f"
    replace(path, lambda part: part.write_text("first"))
    assert path.read_text() == "first"

    def half(part):
        part.write_text("sec")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        replace(path, half)
    assert caught.value.filename == str(path)
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path], "and nothing half is left"


def test_the_earlier_file_is_kept_where_that_is_asked(tmp_path):
    path, earlier = tmp_path / "f", tmp_path / "earlier"
    for text in ("first", "second", "third"):
        replace(path, lambda part, text=text: part.write_text(text), earlier=earlier)
    assert (path.read_text(), earlier.read_text()) == ("third", "second")
