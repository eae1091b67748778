"""What all models of generated texts have: scores of candidates, the end of a text, what is read to say one."""

import numpy as np
import pytest
import tensorflow as tf
from captioning import HEIGHT, WIDTH, captioning

from keras_seq.answers.generating import Candidate, GeneratedAnswering
from keras_seq.layers import SmoothedCrossEntropy
from keras_seq.preprocessing.subwords import START_ID

PICTURE = bytes(HEIGHT * WIDTH * 3)


def test_a_length_penalty_divides_the_log_probability_and_leaves_the_coverage():
    candidate = Candidate("le chat", -3.0, 7, -0.5)
    assert candidate.score(0.0) == -3.5
    assert candidate.score(1.0) == pytest.approx(-3.0 / 2 - 0.5)


def test_what_the_network_reads_is_made_of_raw_inputs_and_of_texts():
    model = captioning()
    assert set(model.preprocess([PICTURE])) == {"pixels"}
    read = model.preprocess([PICTURE], ["a dog"])
    assert set(read) == {"pixels", "target_ids"}
    assert read["target_ids"][0, 0] == START_ID
    np.testing.assert_array_equal(read["target_ids"][:, 1:], model.targets(["a dog"])[:, :-1])
    assert model.truths(["a dog"]).numpy().tolist() == [b"a dog"]
    with pytest.raises(TypeError, match="caption"):
        model.truths("a dog")
    assert isinstance(model.training_loss()[0], SmoothedCrossEntropy)


def test_a_model_is_trained_by_fit():
    model = captioning()
    model.compile("sgd")
    losses = model.fit([PICTURE] * 2, ["a dog", "a cat"], epochs=2, verbose=0).history["loss"]
    assert losses[1] < losses[0]


def test_a_candidates_score_with_the_layers_own_penalty_is_the_order_of_the_answers():
    model = captioning(beam_width=3, n_best=3, length_penalty=1.5, most_pieces=5)
    (row,) = model.candidates([PICTURE])
    assert [one.text.encode() for one in row] == model([PICTURE])["captions"][0].numpy().tolist()
    scores = [one.score(1.5) for one in row]
    assert scores == sorted(scores, reverse=True)
    assert [one.coverage for one in row] == pytest.approx([0] * 3, abs=1e-5)


def test_a_text_that_its_limit_cut_has_no_end():
    """Where no piece may stand twice, a text has to end when all were said."""
    for pieces, expected in ((1, 0), (60, 1)):
        model = captioning(most_pieces=pieces, no_repeat_ngram=1, beam_width=1)
        found = model.attend(tf.constant([PICTURE]))
        shown = [piece for piece in found["pieces"][0].numpy() if piece]
        assert shown.count(b"</s>") == expected


def test_an_answer_of_one_text_shows_it_once():
    model, answer = captioning(), {"caption": "a", "score": 0.0, "captions": ["a"], "scores": [0.0]}
    assert model.readable(b"", answer) == {"caption": "a", "score": 0.0}
    twice = {**answer, "captions": ["a", "b"], "scores": [0.0, -1.0]}
    assert set(model.readable(b"", twice)) == {"captions", "scores"}


def test_the_second_signature_is_the_application_s():
    with pytest.raises(NotImplementedError):
        GeneratedAnswering.attend(captioning(), tf.constant([PICTURE]))
