"""What several tests share: a tiny corpus, and one tiny trained run."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest
from corpora import TINY, write_corpus
from hypothesis import settings
from properties import tried_on  # noqa: F401  (registers the profiles)

settings.load_profile("fixed")


@pytest.fixture
def corpus(tmp_path):
    return write_corpus(tmp_path / "corpus")


@pytest.fixture
def recipe_file(tmp_path, corpus):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY % corpus, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """A finished run on a tiny corpus; not to be changed."""
    from keras_seq import train

    folder = tmp_path_factory.mktemp("tiny")
    recipe = folder / "tiny.yaml"
    recipe.write_text(TINY % write_corpus(folder / "corpus"), encoding="utf-8")
    assert train.main([str(recipe), "--run", str(folder / "runs" / "tiny")]) == 0
    return folder / "runs" / "tiny"
