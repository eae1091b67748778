"""Texts of the training data as fingerprints: the same answers to `in`, and no text to be read off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_seq import seen

TEXTS = {"Anna Berg", "", "東京", "half a \ud800 pair"}


def test_fingerprints_know_what_the_texts_know():
    known = seen.fingerprints(TEXTS)
    assert len(known) == len(TEXTS)
    assert all(text in known for text in TEXTS)
    assert not any(text in known for text in ("anna berg", "Anna", " ", None, next(iter(known))))
    assert seen.fingerprints(known) is known


def test_a_fingerprint_is_the_beginning_of_sha256():
    assert seen.fingerprint("abc") == "ba7816bf8f01cfea"


def test_no_text_stands_in_what_is_written():
    written = seen.encoded(seen.fingerprints({"Anna Berg", "Oslo"}))
    assert "Anna" not in written
    assert "Oslo" not in written


@given(st.sets(st.text()), st.text())
def test_both_kinds_are_read_back(texts, other):
    assert seen.decoded(seen.encoded(texts)) == texts
    known = seen.decoded(seen.encoded(seen.fingerprints(texts)))
    assert all(text in known for text in texts)
    assert (other in known) == (other in texts)


@pytest.mark.parametrize("text", ["{", "{}", "3"])
def test_what_is_no_such_file_is_an_error(text):
    with pytest.raises((ValueError, KeyError, TypeError)):
        seen.decoded(text)
