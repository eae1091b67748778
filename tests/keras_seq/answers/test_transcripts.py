"""Scores of letters -> transcripts, words with times and scores: on a network whose scores are its input."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_seq.answers import Problems
from keras_seq.answers.transcripts import SpeechAnswering, Transcripts
from keras_seq.answers.wav_edges import RATE, wav
from keras_seq.layers import CTCScores
from keras_seq.preprocessing import Letters, WavSamples
from keras_seq.preprocessing.letters import TranscriptLabels

ALPHABET = " abc"
CLASSES = len(ALPHABET) + 1
SURE, STEP = 8.0, 0.01  # the logit of what a step says; its seconds


@pytest.fixture(scope="module")
def network():
    """`samples`, which are logits of one step after the other, -> scores."""
    samples = keras.Input((None,), name="samples")
    lengths = keras.Input((), dtype="int32", name="lengths")
    logits = keras.layers.Reshape((-1, CLASSES))(samples)
    return keras.Model({"samples": samples, "lengths": lengths}, CTCScores()(logits))


def logits(path, time):
    """Of the steps of a path, "-" being the blank; and steps of sure blanks up to `time`."""
    columns = ["-" + ALPHABET]
    rows = [SURE * np.eye(CLASSES)[columns[0].index(letter)] for letter in path]
    return np.concatenate([*rows, *[np.eye(CLASSES)[0] * 1e6] * (time - len(path))]).astype("float32")


def answers(network, *paths, letters=None, **options):
    time = max(map(len, paths))
    layer = Transcripts(network, letters or Letters(ALPHABET, "as_is"), **options)
    lengths = np.array([len(path) * STEP * RATE for path in paths], "int32")
    found = layer({"samples": np.stack([logits(path, time) for path in paths]), "lengths": lengths})
    return {name: tensor.numpy() for name, tensor in found.items()}


def test_the_best_path_is_spelled_and_its_words_have_times(network):
    found = answers(network, "--aab-b- cc--", "-----", "a  --  b")
    assert found["transcript"].tolist() == [b"abb c", b"", b"a b"]
    assert found["words"].tolist() == [[b"abb", b"c"], [b"", b""], [b"a", b"b"]]
    np.testing.assert_allclose(found["starts"], [[0.02, 0.09], [0, 0], [0, 0.07]], atol=1e-6)
    np.testing.assert_allclose(found["ends"], [[0.07, 0.11], [0, 0], [0.01, 0.08]], atol=1e-6)


class OfPieces(TranscriptLabels):
    """What " abc" calls labels are pieces: the space, one that begins a word with an a, and two others."""

    def __init__(self):
        super().__init__(["\u2581", "\u2581a", "b", "c"], " abc", "as_is", None)
        self.label_texts, self.separator, self.openers = ["", " ", " a", "b", "c"], 1, (2,)


@pytest.mark.parametrize("beam_width", [1, 4])
def test_words_of_pieces_have_the_times_that_their_letters_have(network, beam_width):
    pieces = answers(network, "-aab-a-cc b-", "a a -  c", letters=OfPieces(), beam_width=beam_width)
    letters = answers(network, "-aab-   cc b-", "a     c", beam_width=beam_width)
    assert pieces["transcript"].tolist() == [b"ab ac b", b"a a c"]
    assert pieces["words"].tolist() == [[b"ab", b"ac", b"b"], [b"a", b"a", b"c"]]
    np.testing.assert_allclose(pieces["starts"], [[0.01, 0.05, 0.10], [0, 0.02, 0.07]], atol=1e-6)
    np.testing.assert_allclose(pieces["ends"], [[0.04, 0.09, 0.11], [0.01, 0.03, 0.08]], atol=1e-6)
    for name in ("starts", "ends", "word_scores"):
        np.testing.assert_allclose(pieces[name][0, 0], letters[name][0, 0], rtol=1e-4)


def test_scores_are_probabilities_of_letters_and_0_behind_the_words(network):
    found = answers(network, "-a-", "a b c")
    sure = np.exp(SURE) / (np.exp(SURE) + CLASSES - 1)
    np.testing.assert_allclose(found["word_scores"], [[sure, 0, 0], [sure] * 3], rtol=1e-4)
    assert (found["score"] > 0.98).all()
    assert (found["score"] <= 1).all()


def test_the_end_of_the_last_word_is_no_later_than_that_of_the_sound(network):
    layer = Transcripts(network, Letters(ALPHABET))
    found = layer({"samples": logits("-aa", 3)[None], "lengths": np.array([400], "int32")})
    np.testing.assert_allclose(found["ends"], [[400 / RATE]])


def test_an_answer_is_the_same_alone_and_in_a_batch(network):
    paths = ["-aab- c", "b", "abc abc abc", "---"]
    together = answers(network, *paths)
    for row, path in enumerate(paths):
        for name, values in answers(network, path).items():
            width = values.shape[-1] if values.ndim > 1 else None
            batch = together[name][row] if width is None else together[name][row, :width]
            if values.dtype == object:
                assert np.all(values[0] == batch), name
            else:
                np.testing.assert_allclose(values[0], batch, atol=1e-5, err_msg=name)


def test_a_row_for_each_word_is_read_by_people(network):
    audio = keras.Input((), dtype="string", name="audio")
    sound = WavSamples(name="wav")(audio)
    of_sound = Transcripts(network, Letters(ALPHABET), name="answers")
    named = of_sound({name: sound[name] for name in ("samples", "lengths")})
    model = SpeechAnswering(audio, Problems()(named, sound["problem"]))
    answer = {
        "transcript": "ab c",
        "score": 0.9,
        "words": ["ab", "c", ""],
        "starts": [0.1, 0.3, 0.0],
        "ends": [0.2, 0.4, 0.0],
        "word_scores": [0.5, 0.6, 0.0],
        "problem": "",
    }
    readable = model.readable(b"", answer)
    assert json.loads(json.dumps(readable)) == {
        "transcript": "ab c",
        "score": 0.9,
        "problem": "",
        "words": [
            {"word": "ab", "start": 0.1, "end": 0.2, "score": 0.5},
            {"word": "c", "start": 0.3, "end": 0.4, "score": 0.6},
        ],
    }
    assert model.summary(answer) == "ab c"
    assert model.targets(["a  b", "x"]).numpy().tolist() == [[2, 1, 3], [0, 0, 0]]
    heard = model([wav([0.0] * CLASSES * 3), b"no sound"])
    assert heard["problem"].numpy().tolist() == [b"", b"not a WAV file"]
    assert heard["score"].numpy()[1] == 0
    tf.debugging.assert_equal(heard["words"][1:], [[""] * heard["words"].shape[1]])
