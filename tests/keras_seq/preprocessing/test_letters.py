"""Letters: transcripts of any Unicode are written in one way, and their labels spell them."""

import string

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from properties import tried_on

from keras_seq.preprocessing.letters import Letters, learn_alphabet, written

LATIN = [" ", "'", *string.ascii_lowercase]
CASES = ["as_is", "lower", "upper"]


def labels_of(layer, *transcripts):
    return layer(tf.constant(list(transcripts), tf.string)).numpy().tolist()


def spelled(layer, *transcripts):
    labels = layer(tf.constant(list(transcripts), tf.string))
    return [text.decode() for text in layer.texts(labels).numpy()]


@pytest.mark.parametrize(
    ("case", "transcript", "expected"),
    [
        ("as_is", "The Cat", "The Cat"),
        ("lower", "The CAT", "the cat"),
        ("upper", "The cat", "THE CAT"),
        ("as_is", " \t two\n\n words\r\n", "two words"),
        ("as_is", "a\u00a0b\u2003c\u3000d\u2028e\x85f\x1cg\x0bh", "a b c d e f g h"),
        ("as_is", "\ufeffa\u200b b", "a b"),
        ("lower", "A\0B\0", "a b"),
        ("upper", "a\0b", "A B"),
        ("as_is", "\0", ""),
        ("as_is", "", ""),
        ("upper", " \n ", ""),
        ("upper", "straße", "STRASSE"),
        ("lower", "ΟΔΟΣ ΟΣΟ", "οδος οσο"),
        ("lower", "Iİı", "ii\u0307ı"),
        ("upper", "iİı", "IİI"),
        ("lower", "E\u0301É", "e\u0301é"),
        ("upper", "👩\u200d👧 ok", "👩\u200d👧 OK"),
        ("lower", "\U00010400", "\U00010428"),
    ],
)
def test_how_a_transcript_is_written(case, transcript, expected):
    assert written(transcript, case) == expected
    layer = Letters(learn_alphabet([transcript], case), case)
    assert layer.written(tf.constant([transcript])).numpy()[0].decode() == expected
    assert spelled(layer, transcript) == [expected]
    assert layer.alphabet == sorted({" ", *expected})


@pytest.mark.parametrize("case", ["as_is", "lower"])
def test_bytes_that_are_not_utf8_are_replacement_characters(case):
    layer = Letters(["a", "\ufffd"], case)
    assert layer.written(tf.constant([b"a\xffa\xc3"])).numpy()[0].decode() == "a\ufffda\ufffd"
    assert labels_of(layer, b"a\xffa", b"a") == [[1, 2, 1], [1, 0, 0]]


@given(transcripts=st.lists(st.text(), max_size=4), case=st.sampled_from(CASES))
@tried_on(40)
def test_labels_spell_any_transcript_as_it_is_written(transcripts, case):
    layer = Letters(learn_alphabet(transcripts, case), case)
    labels = layer(tf.constant(transcripts, tf.string, [len(transcripts)]))
    expected = [written(transcript, case) for transcript in transcripts]
    assert [text.decode() for text in layer.texts(labels).numpy()] == expected
    assert (labels.numpy() > 0).sum(axis=1).tolist() == [len(text) for text in expected]
    in_graph = layer.written(tf.constant(transcripts, tf.string, [len(transcripts)]))
    assert [text.decode() for text in in_graph.numpy()] == expected
    assert [written(text, case) for text in expected] == expected


@given(transcript=st.text(st.sampled_from(string.printable)), case=st.sampled_from(CASES))
@tried_on(100)
def test_plain_english_is_written_as_python_would(transcript, case):
    cased = {"as_is": str, "lower": str.lower, "upper": str.upper}[case](transcript)
    assert written(transcript, case) == " ".join(cased.split())


def test_labels_begin_at_1_and_0_pads():
    layer = Letters(LATIN)
    labels = layer(tf.constant(["ab a", "", "z'"]))
    assert labels.dtype == tf.int32
    np.testing.assert_array_equal(labels, [[3, 4, 1, 3], [0, 0, 0, 0], [28, 2, 0, 0]])
    assert layer.separator == 1
    assert Letters(["x", " "]).separator == 2
    assert Letters(["x"]).separator == -1


def test_letters_outside_the_alphabet_are_left_out_and_no_spaces_with_them():
    layer = Letters(LATIN, "lower")
    assert spelled(layer, "naïve é café", "ÉÉ a", "a ÉÉ", "é è", "1 2") == ["nave caf", "a", "a", "", ""]
    assert labels_of(layer, "é a 漢 b 字") == labels_of(layer, "a b")


def test_an_alphabet_may_be_without_a_space_and_hold_what_patterns_are_made_of():
    assert labels_of(Letters(["漢", "字"]), "漢 字!") == [[1, 2]]
    letters = list("^-]\\[.$*{}()|?+ ")
    transcript = "".join(letters).strip()
    assert labels_of(Letters(letters), f"a{transcript}b") == [list(range(1, len(letters)))]


def test_an_alphabet_of_a_writing_of_thousands():
    letters = [chr(code) for code in range(0x4E00, 0x9000, 2)]
    assert labels_of(Letters(letters), f"{letters[-1]}\u4e01{letters[0]}") == [[len(letters), 1]]


def test_no_rows_and_only_empty_ones():
    layer = Letters(LATIN, "upper")
    assert layer(tf.constant([], tf.string)).shape == (0, 0)
    assert layer(tf.constant(["", " "])).shape == (2, 0)
    assert layer.texts(tf.zeros([2, 0], tf.int32)).numpy().tolist() == [b"", b""]
    assert layer.texts(tf.zeros([0, 3], tf.int32)).shape == (0,)


def test_texts_have_single_spaces_whatever_the_labels():
    assert Letters(LATIN).texts(tf.constant([[1, 3, 1, 1, 4, 1], [0, 3, 0, 4, 0, 0]])).numpy().tolist() == [
        b"a b",
        b"ab",
    ]


def test_a_row_does_not_depend_on_others():
    layer = Letters(LATIN)
    alone, together = labels_of(layer, "abc"), labels_of(layer, "abc", "a longer one", "\0é")
    assert together[0][:3] == alone[0]
    assert not any(together[0][3:])


def test_the_alphabet_is_that_of_all_transcripts(monkeypatch):
    monkeypatch.setattr("keras_seq.preprocessing.letters.CHUNK_TRANSCRIPTS", 2)
    transcripts = ["Ba", "ab", "", "  c", "É"]
    assert learn_alphabet(iter(transcripts), "lower") == [" ", "a", "b", "c", "é"]
    assert learn_alphabet(transcripts, "as_is") == [" ", "B", "a", "b", "c", "É"]
    assert learn_alphabet([], "lower") == [" "]


def test_the_table_is_saved_and_loaded(tmp_path):
    transcripts = keras.Input((), dtype="string", name="transcripts")
    model = keras.Model(transcripts, Letters(["é", " ", "x"], "lower", name="letters")(transcripts))
    model.save(tmp_path / "letters.keras")
    model.export(str(tmp_path / "servable"), verbose=False)
    asked = tf.constant(["X É", "", "\0x\xe9"])
    expected = [[3, 2, 1], [0, 0, 0], [3, 1, 0]]
    for answer in (
        model,
        keras.saving.load_model(tmp_path / "letters.keras"),
        tf.saved_model.load(str(tmp_path / "servable")).serve,
    ):
        np.testing.assert_array_equal(answer(asked), expected)
    assert keras.saving.load_model(tmp_path / "letters.keras").get_layer("letters").alphabet == [
        "é",
        " ",
        "x",
    ]


@pytest.mark.parametrize(("case", "letters"), [("lower", "Iİ"), ("upper", "i")])
def test_the_locale_of_a_process_changes_no_letter(case, letters, monkeypatch):
    """TensorFlow asks ICU, and ICU the locale: in a Turkish process lower and upper case of I and i are others."""
    given, change = [], getattr(tf.strings, case)

    def watched(texts, encoding):
        given.append(texts.numpy())
        return change(texts, encoding)

    monkeypatch.setattr(tf.strings, case, watched)
    assert written("Title İ ı", case) == {"lower": "title i\u0307 ı", "upper": "TITLE İ I"}[case]
    assert given
    assert not set(letters) & set(b"".join(given).decode())
