"""The file of a SentencePiece model: one field is changed, and the model stays what it is."""

import sentencepiece

from keras_seq.preprocessing.sentencepiece_model import with_rules_name
from keras_seq.preprocessing.subwords import learn_subwords


def test_the_name_of_the_rules_is_all_that_changes():
    model = learn_subwords(["a fine film", "a fine day"], 20)
    named = with_rules_name(model, "a_file_of_rules.tsv")
    assert named != model
    assert b"a_file_of_rules.tsv" in named
    assert with_rules_name(named, "x") == with_rules_name(model, "x")
    before, after = (sentencepiece.SentencePieceProcessor(model_proto=one) for one in (model, named))
    assert after.encode("a fine film") == before.encode("a fine film")
    assert after.get_piece_size() == before.get_piece_size()
