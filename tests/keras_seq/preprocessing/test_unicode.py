"""The one cleaner of text: the same words, tokens and pieces on every TF-Text that TensorFlow Serving links."""

import pytest
import tensorflow as tf
import tensorflow_text as tf_text

from keras_seq.preprocessing import regex_split, unicode
from keras_seq.preprocessing.subwords import Subwords, learn_subwords
from keras_seq.preprocessing.tokens import TokenFeatures
from keras_seq.preprocessing.words import WordIds

TEXTS = ["good\0bad film", "\0", "\0\0good\0 \0film\0", "e\0\u0301", "\u0301\0" * 40, "ok"]


KINDS = {
    "words": lambda: WordIds().split,
    "tokens": TokenFeatures,
    "words of tokens": lambda: TokenFeatures().words_of,
    "characters": lambda: TokenFeatures().characters_of,
    "pieces": lambda: Subwords(learn_subwords(["good bad film ok"] * 9, 30)),
}


@pytest.fixture(params=KINDS)
def preprocess(request):
    return KINDS[request.param]()


@pytest.fixture
def seen(monkeypatch):
    """Every text that an op of TF-Text is given."""
    found = []

    def watch(owner, name, place):
        real = getattr(owner, name)

        def watched(*arguments, **options):
            found.extend(tf.reshape(arguments[place], [-1]).numpy().tolist())
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, watched)

    for name in ("normalize_utf8", "case_fold_utf8"):
        watch(tf_text, name, 0)
    watch(regex_split.gen_regex_split_ops, "regex_split_with_offsets", 0)
    watch(tf_text.SentencepieceTokenizer, "tokenize", 1)
    tf.config.run_functions_eagerly(True)
    yield found
    tf.config.run_functions_eagerly(False)


def test_no_nul_meets_an_op_of_tf_text(preprocess, seen):
    """Up to TensorFlow Serving 2.19 some of them take it for the end of the text."""
    preprocess(tf.constant(TEXTS))
    assert len(seen) >= len(TEXTS)
    assert not [text for text in seen if b"\0" in text]


def test_a_nul_is_a_space(preprocess):
    found, expected = (
        preprocess(tf.constant(texts)) for texts in (TEXTS, [text.replace("\0", " ") for text in TEXTS])
    )
    parts = (tf.nest.flatten(each, expand_composites=True) for each in (found, expected))
    for one, other in zip(*parts, strict=True):
        assert one.numpy().tolist() == other.numpy().tolist()


def test_every_character_but_nul_passes_and_what_is_none_is_replaced():
    texts = [chr(n) for n in range(1, 0x3000)]
    assert [text.decode() for text in unicode.valid(tf.constant(texts)).numpy()] == texts
    damaged = unicode.valid(tf.constant([b"a\xffb\0c", b"\xc3", b"\xed\xa0\x80"])).numpy()
    assert damaged[0].decode() == "a\ufffdb c"
    assert set(damaged[1].decode()) == set(damaged[2].decode()) == {"\ufffd"}


def test_a_nul_stays_where_core_tensorflow_alone_reads_on():
    assert unicode.valid_with_nul(tf.constant([b"a\0\xff"])).numpy()[0].decode() == "a\0\ufffd"


def test_normal_forms_and_long_runs_of_marks():
    texts = tf.constant(["e\u0301\ufb01", "e" + "\u0323" * 50])
    composed, compatible = (unicode.normalized(texts, form).numpy() for form in ("NFC", "NFKC"))
    assert [text.decode() for text in (composed[0], compatible[0])] == ["\u00e9\ufb01", "\u00e9fi"]
    assert len(compatible[1].decode()) == unicode.MOST_MARKS
    whole = unicode.normalized(texts, "NFKC", most_marks=None).numpy()[1].decode()
    assert len(whole) == 1 + 50 - 1  # the first mark joins the letter
    folded = unicode.normalized(tf.constant(["Ma\u00df \u2160"]), "NFKC", fold_case=True).numpy()[0].decode()
    assert folded == "mass i"
