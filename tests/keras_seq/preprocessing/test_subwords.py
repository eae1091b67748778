"""Text in pieces, and pieces back to text."""

import hashlib
import tempfile
import time
import unicodedata

import keras
import numpy as np
import pytest
import sentencepiece
import tensorflow as tf

from keras_seq.errors import DataError
from keras_seq.preprocessing import subwords
from keras_seq.preprocessing.subwords import (
    END_ID,
    RESERVED_IDS,
    UNKNOWN_ID,
    Subwords,
    learn_subwords,
    normalized,
)

TEXTS = [
    "Ein Mann läuft über die Straße.",
    "Zwei Frauen laufen über eine Brücke.",
    "A man is running across the street (slowly).",
    "Two women are running over a bridge, aren't they?",
    "L'été, les garçons mangent « ici ».",
]


@pytest.fixture(scope="module")
def layer():
    return Subwords(learn_subwords(TEXTS * 20, 120))


def pieces(layer, texts):
    return {name: tensor.numpy() for name, tensor in layer(tf.constant(texts)).items()}


def test_text_comes_back_from_its_pieces_character_for_character(layer):
    texts = [*TEXTS, "Straße der Mann", "  two   men ", "été", "日本語 and 🙂!", "A", "x" * 50]
    expected = [" ".join(unicodedata.normalize("NFC", text).split()) for text in texts]
    assert [text.decode() for text in layer.text_of(layer(tf.constant(texts))["pieces"]).numpy()] == expected


def test_known_text_comes_back_from_its_ids(layer):
    ids = layer(tf.constant(TEXTS))["ids"]
    assert UNKNOWN_ID not in ids.numpy()
    assert [text.decode() for text in layer.text_of(layer.pieces_of(ids)).numpy()] == TEXTS


def test_ids_are_those_of_sentencepiece_with_the_end_behind(layer):
    processor = sentencepiece.SentencePieceProcessor(model_proto=layer.model)
    found = pieces(layer, TEXTS)["ids"]
    for row, expected in zip(found, processor.encode(TEXTS), strict=True):
        assert [number for number in row if number] == [*expected, END_ID]
    assert found.min() == 0
    assert layer.pieces[RESERVED_IDS - 1 : RESERVED_IDS] == ["</s>"]


def test_a_piece_that_is_not_known_keeps_its_text(layer):
    found = pieces(layer, ["Mann 🙂"])
    place = list(found["ids"][0]).index(UNKNOWN_ID)
    assert found["pieces"][0][place].decode() == "🙂"
    assert layer.pieces_of(tf.constant([UNKNOWN_ID])).numpy()[0] == b"<unk>"


def test_a_text_without_pieces_is_an_end_alone(layer):
    for text in ("", " ", "\n\t\u00a0", "\x00"):
        assert pieces(layer, [text])["ids"].tolist() == [[END_ID]]
    for tensor in layer(tf.constant([], tf.string)).values():
        assert tensor.shape == (0, 1)


def test_pieces_past_the_most_are_left_out():
    short = Subwords(learn_subwords(TEXTS * 20, 120), max_pieces=3)
    found = pieces(short, [TEXTS[0], "A"])
    assert found["ids"].shape == (2, 4)
    assert found["ids"][0, 3] == END_ID
    assert [bool(piece) for piece in found["pieces"][0]] == [True, True, True, False]


def test_bytes_that_are_no_text_and_zeros_do_no_harm(layer):
    texts = tf.constant([b"\xff\xfe Mann", b"Mann\x00Frau", b"\xed\xa0\x80"])
    assert layer.text_of(layer(texts)["pieces"]).numpy()[1].decode() == "Mann Frau"
    assert normalized(texts).numpy()[0].decode() == "�� Mann"


def test_a_long_run_of_combining_marks_takes_no_time(layer):
    started = time.process_time()
    layer(tf.constant(["e" + "\u0301\u0323" * 100_000]))
    assert time.process_time() - started < 5


def test_a_text_is_the_same_alone_and_beside_a_longer_one(layer):
    alone, both = pieces(layer, TEXTS[:1]), pieces(layer, TEXTS)
    width = alone["ids"].shape[1]
    np.testing.assert_array_equal(both["ids"][0, :width], alone["ids"][0])
    assert not both["ids"][0, width:].any()


def test_the_layer_outlives_a_change_of_the_random_seed(layer):
    """TensorFlow throws away then what its eager ops own."""
    before = pieces(layer, TEXTS)["ids"]
    graph = tf.function(layer.ids_of, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    graph(tf.constant(TEXTS))
    keras.utils.set_random_seed(7)
    np.testing.assert_array_equal(pieces(layer, TEXTS)["ids"], before)
    np.testing.assert_array_equal(graph(tf.constant(TEXTS)), before)


def test_two_models_in_one_graph_do_not_mix(layer):
    other = Subwords(learn_subwords(TEXTS * 20, 90))
    both = tf.function(lambda texts: (layer.ids_of(texts), other.ids_of(texts)), autograph=False)
    for found, one in zip(both(tf.constant(TEXTS)), (layer, other), strict=True):
        np.testing.assert_array_equal(found, one.ids_of(tf.constant(TEXTS)))


def test_the_same_texts_give_the_same_model_and_few_texts_fewer_pieces(tmp_path, monkeypatch):
    model = learn_subwords(TEXTS * 20, 120)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert model == learn_subwords(TEXTS * 20, 120)
    assert tempfile.gettempdir().encode() not in model
    assert len(Subwords(model).pieces) == 120
    assert len(Subwords(learn_subwords(TEXTS, 8000)).pieces) < 400


def test_a_temporary_folder_may_have_any_name(tmp_path, monkeypatch):
    model = learn_subwords(TEXTS * 20, 120)
    (tmp_path / "é ü").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "é ü"))
    assert learn_subwords(TEXTS * 20, 120) == model
    (tmp_path / ("x" * 250)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("x" * 250)))
    assert learn_subwords(TEXTS * 20, 120) == model


def test_a_model_keeps_its_bytes_from_release_to_release():
    """A run that was stopped goes on only if its pieces are those it began with."""
    digest = hashlib.sha256(learn_subwords(TEXTS * 20, 120)).hexdigest()
    assert digest == "8b4ebee5ca41eeade94642ea2fc7b03681ac24cd1146bbd72ffbdfaad20078bf"


def test_of_many_texts_a_sample_is_learned_from():
    texts = [str(number) for number in range(1000)]
    kept = subwords._sample(texts, 100)
    assert len(kept) == len(set(kept)) == 100
    assert kept == subwords._sample(iter(texts), 100)
    assert 350 < np.mean([int(text) for text in kept]) < 650
    assert subwords._sample(texts, 2000) == texts


def test_the_rarest_characters_are_unknown_as_far_as_asked():
    texts = ["abab"] * 200 + ["é"]
    assert UNKNOWN_ID in Subwords(learn_subwords(texts, 40, 0.99)).ids_of(tf.constant(["é"])).numpy()
    assert UNKNOWN_ID not in Subwords(learn_subwords(texts, 40, 0.99999)).ids_of(tf.constant(["é"])).numpy()


def test_what_cannot_be_learned_from_is_said():
    with pytest.raises(DataError, match="no subword pieces can be learned"):
        learn_subwords(["", " "], 100)
    with pytest.raises(DataError, match=r"4 are reserved; raise prepare\.vocabulary_size"):
        learn_subwords(["a"], 4)
    with pytest.raises(DataError, match=r"alone are 3\d pieces, more than .*: 10; raise it"):
        learn_subwords(["abcdefghijklmnopqrstuvwxyz"], 10)


def test_pieces_follow_the_number_of_pairs():
    """A piece that is seen once is not learned; but every character is a piece."""
    assert subwords.size_for(200, TEXTS) == 400
    assert subwords.size_for(100_000, TEXTS) == subwords.MOST_PIECES
    alphabet = "".join(map(chr, range(0x4E00, 0x4E00 + 600)))
    assert subwords.size_for(10, [alphabet]) > 600 + RESERVED_IDS
    assert (
        len(Subwords(learn_subwords([alphabet, *TEXTS], subwords.size_for(10, [alphabet, *TEXTS]))).pieces)
        > 600
    )
