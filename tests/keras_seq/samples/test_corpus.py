"""A built-in corpus is written whole or not at all, and where it cannot be, the folder is named."""

import pytest

from keras_seq.errors import RecipeError
from keras_seq.samples import corpus, film_reviews, news


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path / "file"))
    for sample in (film_reviews, news):
        with pytest.raises(RecipeError, match="KERAS_SEQ_CACHE names another folder"):
            sample.write()


def test_a_corpus_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_SEQ_CACHE", str(tmp_path))

    def fail(folder):
        (folder / "half").touch()
        raise OSError(28, "No space left on device")

    with pytest.raises(RecipeError, match="No space left on device"):
        corpus.written("x", 1, fail)
    assert not list(tmp_path.iterdir())

    def another_is_faster(folder):
        (folder / "mine").touch()
        corpus.written("x", 1, lambda other: (other / "theirs").touch())

    folder = corpus.written("x", 1, another_is_faster)
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")] == ["x_1", "x_1/theirs"]
    assert folder == tmp_path / "x_1"
    assert folder.stat().st_mode & 0o777 == 0o755
