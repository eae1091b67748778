"""A SentencePiece model with another name of its rules is the same in all else."""

import sentencepiece

from keras_seq.preprocessing.sentencepiece_model import with_rules_name
from keras_seq.preprocessing.subwords import RULES_NAME, learn_subwords

TEXTS = ["Ein Mann läuft über die Straße.", "A man is running across the street (slowly)."]


def test_the_name_of_the_rules_is_all_that_changes_in_a_model():
    model = learn_subwords(TEXTS * 5, 60)
    other = with_rules_name(model, "other")
    assert other != model
    assert b"other" in other
    assert with_rules_name(other, RULES_NAME) == model
    found, expected = (sentencepiece.SentencePieceProcessor(model_proto=each) for each in (other, model))
    assert found.encode(TEXTS) == expected.encode(TEXTS)
